#pragma once

#include "wasm64/text/name_writer.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

WASM64_INLINE const module_printer::names& module_printer::space_of(extern_kind kind) const {
  switch (kind) {
    case extern_kind::func: return funcs_;
    case extern_kind::table: return tables_;
    case extern_kind::memory: return memories_;
    case extern_kind::global: return globals_;
    case extern_kind::tag: break;
  }
  return tags_;
}

namespace detail {

inline constexpr std::string_view extern_words[] = {"func", "table", "memory", "global", "tag"};

}  // namespace detail

WASM64_INLINE void module_printer::put_imports() {
  std::uint32_t met[std::size(detail::extern_words)] = {};
  for (const import_desc& import : module_.imports) {
    if (is_full_) return;
    const auto kind = static_cast<std::size_t>(import.kind);
    const std::uint32_t index = met[kind]++;
    new_line(1);
    put("(import");
    put_name(import.module);
    put_name(import.name);
    put(" (");
    put(detail::extern_words[kind]);
    put_definition(space_of(import.kind), index);
    switch (import.kind) {
      case extern_kind::func: {
        names params;
        const bool known = import.func_type < module_.types.size();
        const vector<name_map_entry>* named = known ? names_of(section_.locals, index) : nullptr;
        if (named != nullptr) resolve(*named, module_.types[import.func_type].func.params.size(), params);
        put_type_use(import.func_type, params);
        break;
      }
      case extern_kind::table: put_table_type(import.table); break;
      case extern_kind::memory: put_memory_type(import.memory); break;
      case extern_kind::global: put_global_type(import.global); break;
      case extern_kind::tag: put_type_use(import.tag.type, {}); break;
    }
    put("))");
  }
}

WASM64_INLINE void module_printer::put_tables() {
  for (std::uint32_t i = module_.imported_tables; i < module_.tables.size() && !is_full_; ++i) {
    const table_def& table = module_.tables[i];
    begin_field("table", tables_, i);
    put_table_type(table.type);
    if (table.has_init && !put_const_expr(table.init)) return;
    put(")");
  }
}

WASM64_INLINE void module_printer::put_memories() {
  for (std::uint32_t i = module_.imported_memories; i < module_.memories.size() && !is_full_; ++i) {
    begin_field("memory", memories_, i);
    put_memory_type(module_.memories[i]);
    put(")");
  }
}

WASM64_INLINE void module_printer::put_tags() {
  for (std::uint32_t i = module_.imported_tags; i < module_.tags.size() && !is_full_; ++i) {
    begin_field("tag", tags_, i);
    put_type_use(module_.tags[i].type, {});
    put(")");
  }
}

WASM64_INLINE void module_printer::put_globals() {
  for (std::uint32_t i = module_.imported_globals; i < module_.globals.size() && !is_full_; ++i) {
    begin_field("global", globals_, i);
    put_global_type(module_.globals[i].type);
    if (!put_const_expr(module_.globals[i].init)) return;
    put(")");
  }
}

WASM64_INLINE void module_printer::put_exports() {
  for (const export_desc& e : module_.exports) {
    if (is_full_) return;
    new_line(1);
    put("(export");
    put_name(e.name);
    put(" (");
    put(detail::extern_words[static_cast<std::size_t>(e.kind)]);
    put_index(space_of(e.kind), e.index);
    put("))");
  }
}

WASM64_INLINE void module_printer::put_start() {
  if (!module_.has_start) return;
  new_line(1);
  put("(start");
  put_index(funcs_, module_.start);
  put(")");
}

/// The instructions of a constant expression, each in parentheses, without the `end`.
WASM64_INLINE bool module_printer::put_const_expr(const_expr expr) {
  reader in(view_of(module_.bytes), expr.offset, expr.size);
  for (;;) {
    const instruction next = read_instruction(in);
    if (failed(in)) return false;
    if (next.code == op::end) return true;
    put(" (");
    put_instruction(next);
    put(")");
  }
}

/// One instruction stands for itself; several, or none, are wrapped: `(offset ...)`, `(item ...)`.
WASM64_INLINE bool module_printer::put_wrapped_expr(std::string_view wrapper, const_expr expr) {
  reader in(view_of(module_.bytes), expr.offset, expr.size);
  const bool is_empty = read_instruction(in).code == op::end;
  const bool is_single = !is_empty && read_instruction(in).code == op::end;
  if (is_single) return put_const_expr(expr);
  put(" (");
  put(wrapper);
  if (!put_const_expr(expr)) return false;
  put(")");
  return true;
}

WASM64_INLINE void module_printer::put_elems() {
  for (std::uint32_t i = 0; i < module_.elems.size() && !is_full_; ++i) {
    const elem_segment& segment = module_.elems[i];
    begin_field("elem", elems_, i);
    if (segment.mode == segment_mode::declarative) put(" declare");
    if (segment.mode == segment_mode::active) {
      if (segment.table != 0) {
        put(" (table");
        put_index(tables_, segment.table);
        put(")");
      }
      if (!put_wrapped_expr("offset", segment.offset)) return;
    }
    put(" ");
    if (segment.is_indices) put("func");
    else put_val_type(segment.type);
    for (const std::uint32_t func : segment.indices) {
      if (is_full_) return;
      put_index(funcs_, func);
    }
    for (const const_expr& expr : segment.exprs) {
      if (is_full_ || !put_wrapped_expr("item", expr)) return;
    }
    put(")");
  }
}

WASM64_INLINE void module_printer::put_datas() {
  for (std::uint32_t i = 0; i < module_.datas.size() && !is_full_; ++i) {
    const data_segment& segment = module_.datas[i];
    begin_field("data", datas_, i);
    if (segment.mode == segment_mode::active) {
      if (segment.memory != 0) {
        put(" (memory");
        put_index(memories_, segment.memory);
        put(")");
      }
      if (!put_wrapped_expr("offset", segment.offset)) return;
    }
    put_bytes(segment.init);
    put(")");
  }
}

/// The section is there for instructions that name segments; some tools always write it.
WASM64_INLINE void module_printer::put_data_count() {
  if (!module_.has_data_count || needs_data_count_) return;
  new_line(1);
  put("(@");
  put(data_count_annotation);
  put(")");
}

}  // namespace wasm64::text
