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

/// The bottom of an abstract heap type's hierarchy: what only null has.
constexpr heap_type bottom_of(heap_type type) noexcept {
  const heap_type top = top_of(type);
  if (top == heap::exn) return heap::noexn;
  if (top == heap::extern_) return heap::noextern;
  return top == heap::func ? heap::nofunc : heap::none;
}

/// Subtyping between abstract heap types: bottom <: anything of its hierarchy <: top; i31, struct, array <: eq <: any.
constexpr bool is_abstract_subtype(heap_type sub, heap_type super) noexcept {
  if (sub == super) return true;
  if (top_of(sub) != top_of(super)) return false;
  if (super == top_of(super)) return true;
  if (sub == bottom_of(sub)) return true;
  return super == heap::eq && (sub == heap::i31 || sub == heap::struct_ || sub == heap::array);
}

/// The abstract type right above a defined type.
constexpr heap_type abstraction_of(comp_kind kind) noexcept {
  return kind == comp_kind::func ? heap::func : kind == comp_kind::struct_ ? heap::struct_ : heap::array;
}

/// Subtyping of heap types (specification 3.3.3) whose type indices are canonical ids.
inline bool is_subtype(const type_registry& defined, heap_type sub, heap_type super) noexcept {
  if (sub == super || sub == heap::bottom) return true;
  if (sub.is_index() && super.is_index()) return defined.is_subtype(sub.index(), super.index());
  if (sub.is_index()) return is_abstract_subtype(abstraction_of(defined.kind(sub.index())), super);
  if (super.is_index()) return sub == bottom_of(abstraction_of(defined.kind(super.index())));
  return is_abstract_subtype(sub, super);
}

/// Subtyping of value types (specification 3.3.5) whose type indices are canonical ids. The validator's bottom matches
/// everything.
inline bool is_subtype(const type_registry& defined, val_type sub, val_type super) noexcept {
  if (sub == super || sub == types::bottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  return (!sub.nullable || super.nullable) && is_subtype(defined, sub.heap, super.heap);
}

/// Subtyping of value types with type indices of a module, the types of which have been validated.
inline bool is_subtype(const module& m, val_type sub, val_type super) noexcept {
  return sub == super || is_subtype(m.canonical_types, canonical(sub, m.type_ids), canonical(super, m.type_ids));
}

/// Subtyping of function types (specification 3.3.7): parameters the other way round.
inline bool func_matches(const module& m, const func_type& sub, const func_type& super) noexcept {
  if (sub.params.size() != super.params.size() || sub.results.size() != super.results.size()) return false;
  for (std::size_t i = 0; i < sub.params.size(); ++i) {
    if (!is_subtype(m, super.params[i], sub.params[i])) return false;
  }
  for (std::size_t i = 0; i < sub.results.size(); ++i) {
    if (!is_subtype(m, sub.results[i], super.results[i])) return false;
  }
  return true;
}

/// Subtyping of fields (specification 3.3.7): of what can be written, both ways.
inline bool field_matches(const module& m, const field_type& sub, const field_type& super) noexcept {
  return sub.is_mutable == super.is_mutable && is_subtype(m, sub.type, super.type) &&
         (!sub.is_mutable || is_subtype(m, super.type, sub.type));
}

}  // namespace wasm64
