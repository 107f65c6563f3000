#pragma once

// definition_validator: types (specification 3.2).

#include <string>

#include "wasm64/config.hpp"
#include "wasm64/valid/definitions.hpp"
#include "wasm64/valid/features.hpp"
#include "wasm64/valid/matching.hpp"

namespace wasm64::detail {

WASM64_INLINE result<void> definition_validator::all_types() {
  const vector<sub_type>& defined = module_.types;
  vector<std::uint8_t> depths(defined.size());
  for (std::size_t i = 0; i < defined.size(); ++i) {
    WASM64_CHECK(defined_type(i));
    bool& has_default = module_.types[i].has_default = true;
    for (const field_type& field : defined[i].fields) has_default = has_default && field.type.has_default();
    if (defined[i].supers.empty()) continue;
    const std::uint32_t depth = depths[defined[i].supers[0]] + 1u;
    if (depth > type_registry::max_depth) return fail(errc::implementation_limit, "chain of supertypes");
    depths[i] = static_cast<std::uint8_t>(depth);
  }
  // Matching goes by canonical ids, so these come before whatever compares types.
  module_.canonical_types = type_registry();
  module_.type_ids = module_.canonical_types.add(defined);
  for (std::size_t i = 0; i < defined.size(); ++i) {
    if (!defined[i].supers.empty()) WASM64_CHECK(super_type(i));
  }
  return success();
}

/// A type may refer to the types before it and to those of its own recursive group; its supertype comes before it.
WASM64_INLINE result<void> definition_validator::defined_type(std::size_t index) const {
  const sub_type& type = module_.types[index];
  const std::size_t known = std::size_t{type.group_begin} + type.group_size;
  const bool needs_gc = type.kind != comp_kind::func || type.group_size != 1 || !type.supers.empty() || !type.is_final;
  if (needs_gc && !features_.gc) return fail(errc::unsupported_feature, "gc");
  if (type.supers.size() > 1) return fail(errc::invalid_sub_type, "more than one supertype");
  if (!type.supers.empty() && type.supers[0] >= index) return fail(errc::unknown_type, "supertype");
  for (const val_type t : type.func.params) WASM64_CHECK(value_type(t, known));
  for (const val_type t : type.func.results) WASM64_CHECK(value_type(t, known));
  for (const field_type& field : type.fields) WASM64_CHECK(value_type(field.type, known));
  return success();
}

/// A declared supertype must be open, and match structurally (specification 3.2.12, 3.3.7).
WASM64_INLINE result<void> definition_validator::super_type(std::size_t index) const {
  const sub_type& type = module_.types[index];
  const sub_type& super = module_.types[type.supers[0]];
  const auto mismatch = [&](const char* what) {
    return fail(errc::invalid_sub_type, "type " + std::to_string(index) + ": " + what);
  };
  if (super.is_final) return mismatch("the supertype is final");
  if (type.kind != super.kind) return mismatch("the supertype is of another kind");
  if (type.kind == comp_kind::func) {
    if (!func_matches(module_, type.func, super.func)) return mismatch("function types do not match");
    return success();
  }
  if (type.fields.size() < super.fields.size()) return mismatch("fields of the supertype are missing");
  for (std::size_t i = 0; i < super.fields.size(); ++i) {
    if (!field_matches(module_, type.fields[i], super.fields[i])) return mismatch("fields do not match");
  }
  return success();
}

/// A type that may refer to the first `known` types.
WASM64_INLINE result<void> definition_validator::value_type(val_type type, std::size_t known) const {
  if (type.is_ref() && type.heap.is_index() && type.heap.index() >= known) {
    return fail(errc::unknown_type, std::to_string(type.heap.index()));
  }
  if (const char* missing = missing_feature(type, features_)) return fail(errc::unsupported_feature, missing);
  return success();
}

WASM64_INLINE result<void> definition_validator::value_type(val_type type) const {
  return value_type(type, module_.types.size());
}

WASM64_INLINE result<void> definition_validator::func_type_index(std::uint32_t index) const {
  if (index >= module_.types.size() || module_.types[index].kind != comp_kind::func) return fail(errc::unknown_type);
  return success();
}

WASM64_INLINE result<void> definition_validator::table(const table_type& type) const {
  WASM64_CHECK(value_type(type.element));
  const limits_type& limits = type.limits;
  if (!limits.is_64 && (limits.min > 0xFFFF'FFFF || (limits.has_max && limits.max > 0xFFFF'FFFF))) {
    return fail(errc::table_size_limit);
  }
  if (limits.has_max && limits.min > limits.max) return fail(errc::size_minimum_greater);
  return success();
}

WASM64_INLINE result<void> definition_validator::memory(const memory_type& type) const {
  if (type.page_size_log2 != 16) {
    if (!features_.custom_page_sizes) return fail(errc::unsupported_feature, "custom page sizes");
    if (type.page_size_log2 != 0) return fail(errc::invalid_page_size);
  }
  const limits_type& limits = type.limits;
  if (const std::uint64_t most = max_pages(type); limits.min > most || (limits.has_max && limits.max > most)) {
    return fail(errc::memory_size_limit);
  }
  if (limits.has_max && limits.min > limits.max) return fail(errc::size_minimum_greater);
  if (limits.is_shared) {
    if (!features_.threads) return fail(errc::unsupported_feature, "threads");
    if (!limits.has_max) return fail(errc::shared_memory_maximum);
  }
  return success();
}

WASM64_INLINE result<void> definition_validator::tag(const tag_type& type) const {
  WASM64_CHECK(func_type_index(type.type));
  if (!module_.types[type.type].func.results.empty()) return fail(errc::non_empty_tag_result);
  return success();
}

}  // namespace wasm64::detail
