#pragma once

#include <utility>

#include "wasm64/runtime/caller.hpp"
#include "wasm64/runtime/convert.hpp"

// What the host does with references to structures, arrays and exceptions. A store holds every such reference that it
// hands out as a `value` until the innermost `reference_scope` ends, or as long as the store where there is none. A
// function wrapped by `untyped_host_func` runs in a scope of its own. `rooted` keeps one reference longer. `machine&`
// is `store.vm()` or, in a host function, `caller.vm()`.

namespace wasm64 {

/// Releases the references that come up in its lifetime. Scopes of a store end in the reverse order.
class reference_scope {
 public:
  explicit reference_scope(machine& vm) noexcept : roots_(vm.roots), mark_(vm.roots.mark()) {}
  reference_scope(const reference_scope&) = delete;
  reference_scope& operator=(const reference_scope&) = delete;
  ~reference_scope() { roots_.close(mark_); }

 private:
  root_table& roots_;
  std::size_t mark_;
};

/// Owns a reference independently of scopes. Ends before its store does.
class rooted {
 public:
  rooted() noexcept = default;
  rooted(rooted&& other) noexcept : vm_(std::exchange(other.vm_, nullptr)), value_(other.value_) {}
  rooted& operator=(rooted&& other) noexcept {
    std::swap(vm_, other.vm_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~rooted() {
    if (vm_ != nullptr) vm_->roots.release(value_);
  }

  /// Takes hold of a value; numbers and references to anything else are kept as they are. Fails with
  /// `stale_reference`.
  static result<rooted> hold(machine& vm, const value& v) {
    rooted made;
    made.value_ = v;
    if (!v.type.is_ref() || v.reference_form() != value::form::object) return made;
    const std::uint64_t* const reference = vm.roots.reference(v);
    if (reference == nullptr) return fail(errc::stale_reference);
    made.value_ = vm.roots.add_owned(v.type, *reference);
    made.vm_ = &vm;
    return made;
  }
  const value& get() const noexcept { return value_; }

 private:
  machine* vm_ = nullptr;
  value value_;
};

/// What an object is; `none` for every other value.
enum class object_class : std::uint8_t { none, structure, array, exception };

namespace detail {

inline result<word> object_of(const machine& vm, const value& v) {
  if (!v.type.is_ref() || v.reference_form() != value::form::object) return fail(errc::argument_type_mismatch);
  const std::uint64_t* const held = vm.roots.reference(v);
  if (held == nullptr) return fail(errc::stale_reference);
  return *held;
}

inline result<word> object_of(const machine& vm, const value& v, object::kind kind) {
  WASM64_TRY(const word reference, object_of(vm, v));
  if (object::kind_of(object_heap::header_of(reference)) != kind) return fail(errc::argument_type_mismatch);
  return reference;
}

inline const object::layout& layout_of(const machine& vm, word header) noexcept {
  const std::uint32_t number = object::number_of(header);
  return object::kind_of(header) == object::kind::exception ? vm.heap.tags[number] : vm.heap.types[number];
}

/// What is stored at a place; packed numbers are zero-extended.
inline value read_stored(machine& vm, val_type storage, const std::uint8_t* at) {
  word halves[2] = {0, 0};
  std::memcpy(halves, at, std::size_t{1} << object::log2_size(storage));
  return to_value(vm, object::unpacked(storage), halves[0], halves[1]);
}

inline result<value> read_field(machine& vm, const value& v, object::kind kind, std::size_t index) {
  WASM64_TRY(const word reference, object_of(vm, v, kind));
  const object::layout& l = layout_of(vm, object_heap::header_of(reference));
  if (index >= l.types.size()) return fail(errc::out_of_bounds);
  return read_stored(vm, l.types[index], reinterpret_cast<const std::uint8_t*>(reference) + l.offsets[index]);
}

}  // namespace detail

/// Fails with `argument_type_mismatch` for a value that is no such object, and with `stale_reference`.
inline result<object_class> class_of(const machine& vm, const value& v) {
  if (!v.type.is_ref() || v.reference_form() != value::form::object) return object_class::none;
  WASM64_TRY(const word reference, detail::object_of(vm, v));
  switch (object::kind_of(object_heap::header_of(reference))) {
    case object::kind::struct_: return object_class::structure;
    case object::kind::array: return object_class::array;
    default: return object_class::exception;
  }
}

/// A field of a structure; packed ones are zero-extended. Fails as `class_of`, and with `out_of_bounds`.
inline result<value> struct_field(machine& vm, const value& v, std::size_t index) {
  return detail::read_field(vm, v, object::kind::struct_, index);
}

/// The length of an array.
inline result<std::uint32_t> array_length(const machine& vm, const value& v) {
  WASM64_TRY(const word reference, detail::object_of(vm, v, object::kind::array));
  return object::length_of(object_heap::header_of(reference));
}

/// An element of an array; packed ones are zero-extended. Fails as `class_of`, and with `out_of_bounds`.
inline result<value> array_element(machine& vm, const value& v, std::uint32_t index) {
  WASM64_TRY(const word reference, detail::object_of(vm, v, object::kind::array));
  const word header = object_heap::header_of(reference);
  if (index >= object::length_of(header)) return fail(errc::out_of_bounds);
  const object::layout& l = detail::layout_of(vm, header);
  return detail::read_stored(
      vm, l.types[0],
      reinterpret_cast<const std::uint8_t*>(reference) + object::header_size + (std::size_t{index} << l.log2_element));
}

/// A value that an exception carries. Fails as `class_of`, and with `out_of_bounds`.
inline result<value> exception_value(machine& vm, const value& v, std::size_t index) {
  return detail::read_field(vm, v, object::kind::exception, index);
}
/// The tag of an exception.
inline result<const tag_instance*> exception_tag(const machine& vm, const value& v) {
  WASM64_TRY(const word reference, detail::object_of(vm, v, object::kind::exception));
  return vm.all_tags[object::number_of(object_heap::header_of(reference))];
}

/// Whether two references are to the same thing (specification 4.6.3, ref.eq). Fails with `stale_reference`.
inline result<bool> is_same_reference(const machine& vm, const value& a, const value& b) {
  if (a.reference_form() != value::form::object || b.reference_form() != value::form::object) return a == b;
  WASM64_TRY(const word first, detail::object_of(vm, a));
  WASM64_TRY(const word second, detail::object_of(vm, b));
  return first == second;
}

}  // namespace wasm64
