#pragma once

#include "wasm64/module/module.hpp"

namespace wasm64 {

/// The top of an abstract heap type's hierarchy (specification 3.3.3).
constexpr heap_type top_of(heap_type type) noexcept {
  if (type == heap::noexn || type == heap::exn) return heap::exn;
  if (type == heap::noextern || type == heap::extern_) return heap::extern_;
  if (type == heap::nofunc || type == heap::func) return heap::func;
  return heap::any;
}

/// Subtyping between abstract heap types: bottom <: anything of its hierarchy <: top; i31, struct, array <: eq <: any.
constexpr bool is_abstract_subtype(heap_type sub, heap_type super) noexcept {
  if (sub == super) return true;
  if (top_of(sub) != top_of(super)) return false;
  if (super == top_of(super)) return true;
  if (sub == heap::none || sub == heap::nofunc || sub == heap::noextern || sub == heap::noexn) return true;
  return super == heap::eq && (sub == heap::i31 || sub == heap::struct_ || sub == heap::array);
}

/// The abstract type right above a defined type.
constexpr heap_type abstraction_of(comp_kind kind) noexcept {
  return kind == comp_kind::func ? heap::func : kind == comp_kind::struct_ ? heap::struct_ : heap::array;
}

/// True when two type indices stand for the same function type: equal by structure, as single types are.
inline bool is_same_type(const vector<sub_type>& defined, std::uint32_t a, std::uint32_t b) noexcept {
  if (a == b) return true;
  return defined[a].kind == comp_kind::func && defined[b].kind == comp_kind::func && defined[a].func == defined[b].func;
}

/// Subtyping of heap types (specification 3.3.3). Type indices are known to be in range.
inline bool is_subtype(const vector<sub_type>& defined, heap_type sub, heap_type super) noexcept {
  if (!sub.is_index() && !super.is_index()) return is_abstract_subtype(sub, super);
  if (sub.is_index() && super.is_index()) return is_same_type(defined, sub.index(), super.index());
  if (sub.is_index()) return is_abstract_subtype(abstraction_of(defined[sub.index()].kind), super);
  const comp_kind kind = defined[super.index()].kind;
  return sub == (kind == comp_kind::func ? heap::nofunc : heap::none);
}

/// Subtyping of value types (specification 3.3.5): the validator's bottom matches everything.
inline bool is_subtype(const vector<sub_type>& defined, val_type sub, val_type super) noexcept {
  if (sub == super || sub == types::bottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  return (!sub.nullable || super.nullable) && is_subtype(defined, sub.heap, super.heap);
}

}  // namespace wasm64
