#pragma once

#include <cstdint>
#include <span>

#include "wasm64/aot/translator_vector.hpp"
#include "wasm64/valid/function.hpp"

namespace wasm64::aot {

/// A sink that finds out whether the translator knows all of a function. What it does not know is interpreted.
template <class E>
class support_scan : public null_sink {
 public:
  explicit support_scan(const E& e) noexcept : e_(e) {}

  bool is_supported() const noexcept { return supported_; }
  std::uint64_t operations() const noexcept { return operations_; }
  void at(op, std::uint32_t) noexcept { ++operations_; }
  void begin(const func_type&, std::span<const val_type> locals) {
    if (locals.size() > most_locals) supported_ = false;
  }

  void on_numeric(op o) {
    if (info(o).prefix == 0xFD) vector(o);
  }
  void on_load(op o, const memarg&) {
    if (info(o).prefix == 0xFD) vector(o);
  }
  void on_v128_const(std::uint64_t, std::uint64_t) { vector(op::v128_const); }
  void on_shuffle(std::uint64_t, std::uint64_t) { vector(op::i8x16_shuffle); }
  void on_lane_op(op o, std::uint8_t) { vector(o); }
  void on_lane_access(op o, const memarg&, std::uint8_t) { vector(o); }

 private:
  static constexpr std::size_t most_locals = 4096;

  void vector(op o) {
    if (!vectors_) {
      vectors_ = true;
      for (const op needed : detail::always_asked_for) supported_ = supported_ && e_.can(needed);
    }
    const op asked = detail::asked_for(o);
    supported_ = supported_ && (asked == op::count_ || e_.can(asked));
  }

  const E& e_;
  bool supported_ = true;
  std::uint64_t operations_ = 0;
  bool vectors_ = false;
};

}  // namespace wasm64::aot
