#pragma once

#include <cstdlib>
#include <map>
#include <memory>

#include "wasm64/runtime/suspension.hpp"
#include "wasm64/snapshot/format.hpp"
#include "wasm64/snapshot/hooks.hpp"
#include "wasm64/snapshot/type_numbers.hpp"

namespace wasm64::detail {

/// Writes the state of a store as one string (snapshot/format.hpp). The store is not changed.
class state_writer {
 public:
  state_writer(store_base& of, const snapshot_hooks& hooks) : store_(of), vm_(of.vm()), hooks_(hooks), types_(vm_) {}

  /// Fails with `snapshot_incompatible` for what cannot be written, with `out_of_memory`, and as hooks do.
  result<byte_vector> write();

 private:
  struct released {
    void operator()(std::uint32_t* memory) const noexcept { std::free(memory); }
  };

  void put(std::uint64_t word) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof word, boost::container::default_init);
    store_le(out_.data() + at, word);
  }
  void put_text(bytes_view bytes) {
    put(bytes.size());
    put_padded(bytes);
  }
  void put_padded(bytes_view bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    out_.resize(object::rounded(out_.size()), 0);
  }
  void put_number(val_type type, word bits, word high) {
    put(object::log2_size(type) == 2 ? bits & 0xffffffff : bits);
    if (type.is_vec()) put(high);
  }
  result<void> put_reference(word bits, bool is_func) {
    WASM64_TRY(const word written, reference_to(bits, is_func));
    put(written);
    return success();
  }

  result<void> put_roots();
  result<void> put_segments(const instance& in);
  result<void> put_call();
  result<void> put_values(const vector<suspended_value>& values);
  result<void> put_object(word address);
  result<void> put_parts();
  result<word> reference_to(word bits, bool is_func);
  result<word> number_of_object(word address);
  result<word> number_of_host(std::uint64_t handle);
  bool is_func(val_type type) const noexcept;
  error unfit(std::string why) const;

  store_base& store_;
  machine& vm_;
  const snapshot_hooks& hooks_;
  type_numbers types_;
  byte_vector out_;

  vector<word> objects_;  ///< addresses by number
  std::unique_ptr<std::uint32_t[], released> numbers_;  ///< of objects, plus 1, by their place in the heap
  std::map<std::uint64_t, std::uint64_t> hosts_;  ///< numbers by handle
  std::map<byte_vector, std::uint64_t> meanings_;  ///< numbers by what they mean
  vector<const byte_vector*> meaning_of_;  ///< by number

  // What is being written, for errors.
  const char* place_ = "";
  std::size_t index_ = 0;
};

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/state_writer_impl.hpp"
#endif
