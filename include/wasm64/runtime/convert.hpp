#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/runtime/collect.hpp"
#include "wasm64/valid/matching.hpp"

// Values of the host to slots and back. Type indices are canonical ids of the machine.

namespace wasm64 {

/// The top of a type's hierarchy: `any`, `func`, `extern_` or `exn`.
inline heap_type hierarchy_of(const machine& vm, heap_type type) noexcept {
  if (type.is_index()) return vm.types.kind(type.index()) == comp_kind::func ? heap::func : heap::any;
  return top_of(type);
}

/// Whether a reference of `type`'s hierarchy has the type (specification 4.5.2).
inline bool has_type(const machine& vm, word reference, val_type type) noexcept {
  if (reference == 0) return type.nullable;
  if (type.heap.is_index()) {
    const std::uint32_t id = type.heap.index();
    if (vm.types.kind(id) == comp_kind::func) {
      return vm.types.is_subtype(reinterpret_cast<const func_instance*>(reference)->type_id, id);
    }
    return reference::is_address(reference) &&
           vm.types.is_subtype(object::number_of(object_heap::header_of(reference)), id);
  }
  if (type.heap == top_of(type.heap)) return true;
  if (type.heap == heap::i31) return reference::is_i31(reference);
  if (type.heap == heap::eq) return !reference::is_host(reference);
  if (type.heap != heap::struct_ && type.heap != heap::array) return false;
  if (!reference::is_address(reference)) return false;
  const object::kind kind = object::kind_of(object_heap::header_of(reference));
  return kind == (type.heap == heap::array ? object::kind::array : object::kind::struct_);
}

/// The reference a value stands for where `expected` is wanted. Null may come with a type index, whatever it means.
/// Fails with `argument_type_mismatch`, with `argument_out_of_range` for handles of more than 62 bits, and with
/// `stale_reference`.
inline result<word> to_reference(const machine& vm, const value& v, val_type expected) {
  if (!v.type.is_ref() || !expected.is_ref()) return fail(errc::argument_type_mismatch);
  const heap_type top = hierarchy_of(vm, expected.heap);
  if (v.type.heap.is_index() ? !v.is_null() : top_of(v.type.heap) != top) return fail(errc::argument_type_mismatch);
  word made = v.bits;
  switch (v.reference_form()) {
    case value::form::plain:
      if (made == 0) break;
      if (top == heap::exn) return fail(errc::stale_reference);
      if (top == heap::func) {
        const instance* const owner = reinterpret_cast<const func_instance*>(made)->owner;
        if (owner != nullptr && owner->vm != &vm) return fail(errc::stale_reference);
        break;
      }
      if (made >> reference::handle_bits != 0) return fail(errc::argument_out_of_range, "host reference");
      made = reference::from_host(made);
      break;
    case value::form::i31:
      if (top == heap::func || top == heap::exn) return fail(errc::argument_type_mismatch);
      made = reference::from_i31(static_cast<std::uint32_t>(made));
      break;
    default:
      const word* const held = vm.roots.reference(v);
      if (held == nullptr) return fail(errc::stale_reference);
      made = *held;
      const bool is_exception = object::kind_of(object_heap::header_of(made)) == object::kind::exception;
      if (top == heap::func || is_exception != (top == heap::exn)) return fail(errc::argument_type_mismatch);
  }
  if (!has_type(vm, made, expected)) return fail(errc::argument_type_mismatch);
  return made;
}

/// The value a slot holds, for the host. Objects are held for it until the innermost scope ends.
inline value to_value(machine& vm, val_type type, word bits, word high = 0) {
  if (!type.is_ref()) return {type, bits, type.is_vec() ? high : 0};
  const heap_type top = hierarchy_of(vm, type.heap);
  if (type.heap.is_index()) {
    const comp_kind kind = vm.types.kind(type.heap.index());
    type.heap = kind == comp_kind::func ? heap::func : kind == comp_kind::array ? heap::array : heap::struct_;
  }
  if (top == heap::func || bits == 0) return {type, bits, 0};
  if (reference::is_i31(bits)) {
    return {type, reference::i31_u(bits), static_cast<std::uint64_t>(value::form::i31)};
  }
  if (reference::is_host(bits)) return {type, reference::host_handle(bits), 0};
  return vm.roots.add(type, bits);
}

/// The type of a function's parameter or result with canonical ids for type indices.
inline val_type canonical_in(const machine& vm, const func_instance& f, bool is_param, std::size_t index) {
  const val_type type = is_param ? f.type->params[index] : f.type->results[index];
  if (!type.is_ref() || !type.heap.is_index()) return type;
  if (f.owner != nullptr) return canonical(type, f.owner->type_ids);
  const func_type known = vm.types.type(f.type_id).func;
  return is_param ? known.params[index] : known.results[index];
}

/// Writes a value where slots are expected and moves on behind it.
inline result<void> put_value(const machine& vm, const value& v, val_type expected, word*& to) {
  if (expected.is_ref()) {
    WASM64_TRY(*to++, to_reference(vm, v, expected));
    return success();
  }
  if (v.type.code != expected.code) return fail(errc::argument_type_mismatch);
  *to++ = v.slot();
  if (expected.is_vec()) *to++ = v.high;
  return success();
}

/// The results of a call, for the host.
inline void take_results(machine& vm, const func_instance& f, const word* from, vector<value>& results) {
  results.clear();
  for (std::size_t i = 0; i < f.type->results.size(); ++i) {
    const val_type type = canonical_in(vm, f, false, i);
    results.push_back(to_value(vm, type, from[0], type.is_vec() ? from[1] : 0));
    from += type.slots();
  }
}

}  // namespace wasm64
