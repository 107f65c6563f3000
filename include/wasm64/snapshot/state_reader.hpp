#pragma once

#include <optional>

#include "wasm64/runtime/suspension.hpp"
#include "wasm64/snapshot/format.hpp"
#include "wasm64/snapshot/hooks.hpp"
#include "wasm64/snapshot/type_numbers.hpp"

namespace wasm64::detail {

/// Puts a store into the state that a string says (snapshot/format.hpp), in two steps: the first checks everything and
/// changes nothing in the store, the second cannot fail.
class state_reader {
 public:
  /// The bytes may come from anybody. They are overwritten.
  state_reader(store_base& of, const snapshot_hooks& hooks, std::span<std::uint8_t> state)
      : store_(of), vm_(of.vm()), hooks_(hooks), types_(vm_), state_(state) {}

  /// Fails with a `snapshot_…` code, with `out_of_memory`, and as hooks do. Nothing may happen to the store between
  /// this and `apply`.
  result<void> check();
  void apply();

 private:
  struct part {
    const snapshot_part* of;
    bytes_view content;
  };

  error malformed() const { return {errc::snapshot_malformed, std::uint64_t{at_}}; }
  error unfit(const char* why) const;

  result<std::uint64_t> take();
  result<void> take_count(std::size_t expected, const char* what);
  result<bytes_view> take_text();
  result<bytes_view> take_padded(std::uint64_t size);

  result<void> check_hosts();
  result<void> check_parts();
  result<void> check_roots();
  result<void> check_global(const global_instance& g);
  result<void> check_table(const table_instance& t);
  result<void> check_segments(const instance& in);
  result<void> check_call();
  result<const func_instance*> take_function();
  result<void> take_values(vector<suspended_value>& to);
  result<void> check_object(std::size_t number);
  result<void> check_fields(std::size_t at, const object::layout& l);

  /// The next words, which are references that have to have the type. They become what slots of this store hold.
  result<void> take_references(std::uint64_t count, val_type type);
  /// What a slot of this store holds for a reference.
  result<word> resolve(word written);
  result<word> function_at(word written) const;
  result<void> find_object();
  /// Null when such a reference has the type, else what is wrong with it.
  const char* objection(word reference, val_type type) const noexcept;

  void apply_roots();

  store_base& store_;
  machine& vm_;
  const snapshot_hooks& hooks_;
  type_numbers types_;
  std::span<std::uint8_t> state_;
  std::size_t at_ = 0;

  std::uint64_t counted_ = 0;
  std::uint8_t* heap_ = nullptr;  ///< where the objects go
  std::size_t first_object_ = 0;  ///< where OBJECTS begin
  std::size_t behind_objects_ = 0;
  std::size_t next_object_ = 0;  ///< where the one is that was not referred to yet
  vector<std::size_t> objects_;  ///< where those are that were
  vector<std::uint64_t> hosts_;  ///< handles by number
  std::size_t hosts_found_ = 0;
  std::uint64_t table_elements_ = 0;
  vector<part> parts_;
  suspended_call call_;
  std::optional<call_restorer> restorer_;

  // What is being checked, for errors.
  const char* place_ = "";
  std::size_t index_ = 0;
};

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/state_reader_impl.hpp"
#endif
