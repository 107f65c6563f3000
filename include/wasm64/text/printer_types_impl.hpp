#pragma once

#include "wasm64/text/keywords.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

WASM64_INLINE void module_printer::put_types() {
  for (std::uint32_t i = 0; i < module_.types.size() && !is_full_;) {
    const std::uint32_t size = module_.types[i].group_size;
    if (size == 1) {
      put_type(i++, 1);
      continue;
    }
    new_line(1);
    put("(rec");
    for (const std::uint32_t end = i + size; i < end && !is_full_; ++i) put_type(i, 2);
    put(")");
  }
}

WASM64_INLINE void module_printer::put_type(std::uint32_t index, std::size_t depth) {
  const sub_type& type = module_.types[index];
  new_line(depth);
  put("(type");
  put_definition(types_, index);
  const bool is_sub = !type.is_final || !type.supers.empty();
  if (is_sub) put(type.is_final ? " (sub final" : " (sub");
  for (const std::uint32_t super : type.supers) put_index(types_, super);
  put_composite(index);
  put(is_sub ? "))" : ")");
}

WASM64_INLINE void module_printer::put_composite(std::uint32_t index) {
  const sub_type& type = module_.types[index];
  switch (type.kind) {
    case comp_kind::func:
      put(" (func");
      put_value_types("param", type.func.params);
      put_value_types("result", type.func.results);
      break;
    case comp_kind::struct_: {
      put(" (struct");
      const names& named = fields_[index];
      for (std::uint32_t i = 0; i < type.fields.size(); ++i) {
        put(" (field");
        if (i < named.size() && named[i].is_id) put_index(named, i);
        put_given_name(named, i);
        put_field_type(type.fields[i]);
        put(")");
      }
      break;
    }
    case comp_kind::array:
      put(" (array");
      put_field_type(type.fields[0]);
      break;
  }
  put(")");
}

/// `(type x)`, and parameters and results again for the reader's sake, where `x` is a function type.
WASM64_INLINE void module_printer::put_type_use(std::uint32_t type, const names& params) {
  put(" (type");
  put_index(types_, type);
  put(")");
  if (type >= module_.types.size() || module_.types[type].kind != comp_kind::func) return;
  const func_type& func = module_.types[type].func;
  put_members("param", func.params, params);
  put_value_types("result", func.results);
}

/// `(keyword t*)`, nothing when there are none.
WASM64_INLINE void module_printer::put_value_types(std::string_view keyword, const vector<val_type>& types) {
  put_members(keyword, types, {});
}

/// The same, with a group of its own for whatever has a name.
WASM64_INLINE void module_printer::put_members(std::string_view keyword, const vector<val_type>& types,
                                               const names& named) {
  bool is_open = false;
  for (std::uint32_t i = 0; i < types.size() && !is_full_; ++i) {
    const bool has_name = i < named.size() && named[i].is_named;
    if (is_open && has_name) put(")");
    if (!is_open || has_name) {
      put(" (");
      put(keyword);
    }
    if (has_name) {
      if (named[i].is_id) put_index(named, i);
      put_given_name(named, i);
    }
    put(" ");
    put_val_type(types[i]);
    if (has_name) put(")");
    is_open = !has_name;
  }
  if (is_open) put(")");
}

WASM64_INLINE void module_printer::put_val_type(val_type type) {
  for (const named_type& row : plain_types) {
    if (row.type == type) return put(row.name);
  }
  if (type.code == type_code::i8) return put("i8");
  if (type.code == type_code::i16) return put("i16");
  if (type.nullable && !type.heap.is_index()) {
    for (const named_heap_type& row : abstract_heap_types) {
      if (row.type == type.heap) return put(row.short_name);
    }
  }
  put(type.nullable ? "(ref null" : "(ref");
  put_heap_type(type.heap);
  put(")");
}

WASM64_INLINE void module_printer::put_heap_type(heap_type type) {
  if (type.is_index()) return put_index(types_, type.index());
  for (const named_heap_type& row : abstract_heap_types) {
    if (row.type != type) continue;
    put(" ");
    put(row.name);
  }
}

WASM64_INLINE void module_printer::put_field_type(const field_type& field) {
  put(field.is_mutable ? " (mut " : " ");
  put_val_type(field.type);
  if (field.is_mutable) put(")");
}

WASM64_INLINE void module_printer::put_limits(const limits_type& limits) {
  put(limits.is_64 ? " i64 " : " ");
  put_number(limits.min);
  if (limits.has_max) {
    put(" ");
    put_number(limits.max);
  }
  if (limits.is_shared) put(" shared");
}

WASM64_INLINE void module_printer::put_table_type(const table_type& table) {
  put_limits(table.limits);
  put(" ");
  put_val_type(table.element);
}

WASM64_INLINE void module_printer::put_memory_type(const memory_type& memory) {
  put_limits(memory.limits);
  if (memory.page_size_log2 == memory_type{}.page_size_log2) return;
  put(" (pagesize ");
  put_number(memory.page_size());
  put(")");
}

WASM64_INLINE void module_printer::put_global_type(const global_type& global) {
  put_field_type({global.type, global.is_mutable});
}

}  // namespace wasm64::text
