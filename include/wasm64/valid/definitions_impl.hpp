#pragma once

// definition_validator: everything but types and bodies (specification 3.5).

#include <algorithm>
#include <string_view>

#include "wasm64/config.hpp"
#include "wasm64/valid/const_expr.hpp"
#include "wasm64/valid/definitions.hpp"
#include "wasm64/valid/matching.hpp"

namespace wasm64::detail {

WASM64_INLINE result<void> definition_validator::run() {
  WASM64_CHECK(all_types());
  WASM64_CHECK(functions());
  WASM64_CHECK(tags());
  WASM64_CHECK(memories());
  WASM64_CHECK(globals());
  WASM64_CHECK(tables());
  WASM64_CHECK(exports());
  WASM64_CHECK(start());
  WASM64_CHECK(element_segments());
  return data_segments();
}

WASM64_INLINE result<void> definition_validator::functions() const {
  for (const std::uint32_t type : module_.func_types) WASM64_CHECK(func_type_index(type));
  return success();
}

WASM64_INLINE result<void> definition_validator::tables() {
  for (const table_def& def : module_.tables) {
    WASM64_CHECK(table(def.type));
    const bool is_imported = &def < module_.tables.data() + module_.imported_tables;
    if (def.has_init) {
      WASM64_CHECK(expression(def.init, def.type.element, module_.imported_globals));
    } else if (!is_imported && !def.type.element.has_default()) {
      return fail(errc::type_mismatch, "a table of non-null elements needs an initial value");
    }
  }
  if (module_.tables.size() > 1 && !features_.reference_types) return fail(errc::multiple_tables);
  return success();
}

WASM64_INLINE result<void> definition_validator::memories() const {
  for (const memory_type& type : module_.memories) WASM64_CHECK(memory(type));
  if (module_.memories.size() > 1 && !features_.multi_memory) return fail(errc::multiple_memories);
  return success();
}

/// The expression of a global may refer to the globals before it.
WASM64_INLINE result<void> definition_validator::globals() {
  for (std::size_t i = 0; i < module_.globals.size(); ++i) {
    const global_def& def = module_.globals[i];
    WASM64_CHECK(value_type(def.type.type));
    if (i >= module_.imported_globals) WASM64_CHECK(expression(def.init, def.type.type, i));
  }
  return success();
}

WASM64_INLINE result<void> definition_validator::tags() const {
  for (const tag_type& type : module_.tags) WASM64_CHECK(tag(type));
  return success();
}

WASM64_INLINE result<void> definition_validator::exports() {
  vector<std::string_view> names;
  names.reserve(module_.exports.size());
  for (const export_desc& e : module_.exports) {
    switch (e.kind) {
      case extern_kind::func:
        if (e.index >= module_.func_types.size()) return fail(errc::unknown_function, e.name);
        referenced_.push_back(e.index);
        break;
      case extern_kind::table:
        if (e.index >= module_.tables.size()) return fail(errc::unknown_table, e.name);
        break;
      case extern_kind::memory:
        if (e.index >= module_.memories.size()) return fail(errc::unknown_memory, e.name);
        break;
      case extern_kind::global:
        if (e.index >= module_.globals.size()) return fail(errc::unknown_global, e.name);
        break;
      case extern_kind::tag:
        if (e.index >= module_.tags.size()) return fail(errc::unknown_tag, e.name);
        break;
    }
    names.push_back(e.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) return fail(errc::duplicate_export, std::string(*twice));
  return success();
}

WASM64_INLINE result<void> definition_validator::start() const {
  if (!module_.has_start) return success();
  if (module_.start >= module_.func_types.size()) return fail(errc::unknown_function, "start");
  const func_type& type = module_.type_of_func(module_.start);
  if (!type.params.empty() || !type.results.empty()) return fail(errc::invalid_start_function);
  return success();
}

WASM64_INLINE result<void> definition_validator::element_segments() {
  const std::size_t globals = module_.globals.size();
  for (const elem_segment& segment : module_.elems) {
    if (!segment.is_indices) WASM64_CHECK(value_type(segment.type));
    for (const std::uint32_t func : segment.indices) {
      if (func >= module_.func_types.size()) return fail(errc::unknown_function, "element segment");
      referenced_.push_back(func);
    }
    for (const const_expr& e : segment.exprs) WASM64_CHECK(expression(e, segment.type, globals));
    if (segment.mode != segment_mode::active) continue;
    if (segment.table >= module_.tables.size()) return fail(errc::unknown_table, "element segment");
    const table_type& target = module_.tables[segment.table].type;
    if (!is_subtype(module_, segment.type, target.element)) return fail(errc::type_mismatch, "element segment");
    WASM64_CHECK(expression(segment.offset, target.limits.address_type(), globals));
  }
  return success();
}

WASM64_INLINE result<void> definition_validator::data_segments() {
  for (const data_segment& segment : module_.datas) {
    if (segment.mode != segment_mode::active) continue;
    if (segment.memory >= module_.memories.size()) return fail(errc::unknown_memory, "data segment");
    const val_type address = module_.memories[segment.memory].limits.address_type();
    WASM64_CHECK(expression(segment.offset, address, module_.globals.size()));
  }
  return success();
}

WASM64_INLINE result<void> definition_validator::expression(const_expr expression, val_type expected,
                                                            std::size_t visible_globals) {
  return validate_const_expr(module_, expression, expected, visible_globals, features_, referenced_);
}

}  // namespace wasm64::detail
