#pragma once

// definition_validator: types (specification 3.2).

#include "wasm64/config.hpp"
#include "wasm64/valid/definitions.hpp"
#include "wasm64/valid/features.hpp"

namespace wasm64::detail {

WASM64_INLINE result<void> definition_validator::all_types() const {
  for (std::size_t i = 0; i < module_.types.size(); ++i) WASM64_CHECK(defined_type(i));
  for (const sub_type& type : module_.types) {
    if (type.kind != comp_kind::func || type.group_size != 1 || !type.supers.empty() || !type.is_final) {
      return fail(errc::unsupported_feature, "gc");
    }
    for (const val_type param : type.func.params) WASM64_CHECK(value_type(param));
    for (const val_type result_type : type.func.results) WASM64_CHECK(value_type(result_type));
  }
  return success();
}

/// A type may refer to the types before it and to those of its own recursive group.
WASM64_INLINE result<void> definition_validator::defined_type(std::size_t index) const {
  const sub_type& type = module_.types[index];
  const std::size_t known = std::size_t{type.group_begin} + type.group_size;
  for (const std::uint32_t super : type.supers) {
    if (super >= index) return fail(errc::unknown_type);
  }
  for (const val_type param : type.func.params) WASM64_CHECK(type_is_known(param, known));
  for (const val_type result_type : type.func.results) WASM64_CHECK(type_is_known(result_type, known));
  for (const field_type& field : type.fields) WASM64_CHECK(type_is_known(field.type, known));
  return success();
}

WASM64_INLINE result<void> definition_validator::type_is_known(val_type type, std::size_t known) const {
  if (type.is_ref() && type.heap.is_index() && type.heap.index() >= known) return fail(errc::unknown_type);
  return success();
}

WASM64_INLINE result<void> definition_validator::value_type(val_type type) const {
  WASM64_CHECK(type_is_known(type, module_.types.size()));
  if (const char* missing = missing_feature(type, features_)) return fail(errc::unsupported_feature, missing);
  return success();
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
  if (type.page_size_log2 != 0 && type.page_size_log2 != 16) return fail(errc::invalid_page_size);
  const limits_type& limits = type.limits;
  const std::uint64_t pages = limits.is_64 ? std::uint64_t{1} << 48 : std::uint64_t{1} << (32 - type.page_size_log2);
  if (type.page_size_log2 == 16 || !limits.is_64) {
    if (limits.min > pages || (limits.has_max && limits.max > pages)) return fail(errc::memory_size_limit);
  }
  if (limits.has_max && limits.min > limits.max) return fail(errc::size_minimum_greater);
  if (limits.is_shared) return fail(errc::unsupported_feature, "threads");
  if (type.page_size_log2 != 16) return fail(errc::unsupported_feature, "custom page sizes");
  return success();
}

WASM64_INLINE result<void> definition_validator::tag(const tag_type& type) const {
  WASM64_CHECK(func_type_index(type.type));
  if (!module_.types[type.type].func.results.empty()) return fail(errc::non_empty_tag_result);
  return success();
}

}  // namespace wasm64::detail
