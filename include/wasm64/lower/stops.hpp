#pragma once

#include "wasm64/lower/aggregates.hpp"

namespace wasm64 {

/// Instructions that pay by size, and stop in front of themselves where the fuel does not suffice: maps have a point
/// there. The operands' types are those that the instruction asks for.
class stop_lowering : public aggregate_lowering {
 public:
  using aggregate_lowering::aggregate_lowering;

  void on_memory_op(op o, std::uint32_t a, std::uint32_t b) {
    switch (o) {
      case op::memory_fill: stop({address(a), types::i32, address(a)}); break;
      case op::memory_copy: stop({address(a), address(b), shorter(address(a), address(b))}); break;
      case op::memory_init: stop({address(a), types::i32, types::i32}); break;
      default: break;
    }
    aggregate_lowering::on_memory_op(o, a, b);
  }

  void on_table_op(op o, std::uint32_t a, std::uint32_t b) {
    switch (o) {
      case op::table_grow: stop({element(a), index(a)}); break;
      case op::table_fill: stop({index(a), element(a), index(a)}); break;
      case op::table_copy: stop({index(a), index(b), shorter(index(a), index(b))}); break;
      case op::table_init: stop({index(a), types::i32, types::i32}); break;
      default: break;
    }
    aggregate_lowering::on_table_op(o, a, b);
  }

  void on_array_op(op o, std::uint32_t type, std::uint32_t other) {
    const val_type array = val_type::ref_to(type, true);
    switch (o) {
      case op::array_new: stop({stored(type), types::i32}); break;
      case op::array_new_default: stop({types::i32}); break;
      case op::array_new_data:
      case op::array_new_elem: stop({types::i32, types::i32}); break;
      case op::array_fill: stop({array, types::i32, stored(type), types::i32}); break;
      case op::array_copy: stop({array, types::i32, val_type::ref_to(other, true), types::i32, types::i32}); break;
      case op::array_init_data:
      case op::array_init_elem: stop({array, types::i32, types::i32, types::i32}); break;
      default: break;
    }
    aggregate_lowering::on_array_op(o, type, other);
  }

 private:
  template <std::size_t N>
  void stop(const val_type (&asked)[N]) {
    instruction_point(asked);
  }
  static val_type shorter(val_type a, val_type b) noexcept {
    return a == types::i64 && b == types::i64 ? types::i64 : types::i32;
  }
  val_type address(std::uint32_t memory) const noexcept { return module_.memories[memory].limits.address_type(); }
  val_type index(std::uint32_t table) const noexcept { return module_.tables[table].type.limits.address_type(); }
  val_type element(std::uint32_t table) const noexcept { return module_.tables[table].type.element; }
  val_type stored(std::uint32_t type) const noexcept { return unpacked(module_.types[type].fields[0].type); }
};

}  // namespace wasm64
