#pragma once

#include "wasm64/text/parser.hpp"

namespace wasm64::text {

WASM64_INLINE index_space& module_parser::space_of(extern_kind kind) {
  switch (kind) {
    case extern_kind::func: return funcs_;
    case extern_kind::table: return tables_;
    case extern_kind::memory: return memories_;
    case extern_kind::global: return globals_;
    case extern_kind::tag: break;
  }
  return tags_;
}

WASM64_INLINE bool module_parser::parse_extern_kind(extern_kind& kind) {
  for (const extern_kind candidate :
       {extern_kind::func, extern_kind::table, extern_kind::memory, extern_kind::global, extern_kind::tag}) {
    if (!take_keyword(space_of(candidate).what)) continue;
    kind = candidate;
    return true;
  }
  return unexpected();
}

/// One field of the third pass, behind its opening parenthesis; types are done already.
WASM64_INLINE bool module_parser::parse_field() {
  if (at_keyword("type") || at_keyword("rec")) return true;
  if (take_keyword("import")) return parse_import();
  if (take_keyword("func")) return parse_func();
  if (take_keyword("table")) return parse_table();
  if (take_keyword("memory")) return parse_memory();
  if (take_keyword("global")) return parse_global();
  if (take_keyword("tag")) return parse_tag();
  if (take_keyword("export")) return parse_export();
  if (take_keyword("start")) return parse_start();
  if (take_keyword("elem")) return parse_elem();
  if (take_keyword("data")) return parse_data();
  return unexpected();
}

/// `(export "name")` inside a definition.
WASM64_INLINE bool module_parser::parse_exports_of(extern_kind kind, std::uint32_t index) {
  while (take_open("export")) {
    std::string name;
    if (!expect_name(name) || !expect_close()) return false;
    writer& entry = exports_.entry();
    entry.name(name);
    entry.byte(static_cast<std::uint8_t>(kind));
    entry.unsigned_leb(index);
  }
  return true;
}

WASM64_INLINE bool module_parser::parse_import_names(writer& out) {
  for (int i = 0; i < 2; ++i) {
    std::string name;
    if (!expect_name(name)) return false;
    out.name(name);
  }
  return true;
}

WASM64_INLINE bool module_parser::parse_import() {
  writer& entry = imports_.entry();
  if (!parse_import_names(entry)) return false;
  if (!at(token_kind::left_paren)) return unexpected();
  ++next_;
  extern_kind kind{};
  if (!parse_extern_kind(kind)) return false;
  std::uint32_t* met[] = {&met_funcs_, &met_tables_, &met_memories_, &met_globals_, &met_tags_};
  vector<name_map_entry>* names[] = {&names_.funcs, &names_.tables, &names_.memories, &names_.globals, &names_.tags};
  const std::uint32_t index = (*met[static_cast<std::size_t>(kind)])++;
  name_definition(*names[static_cast<std::size_t>(kind)], index);
  return parse_import_desc(kind, index, entry) && expect_close() && expect_close();
}

/// `(import "module" "name") desc` inside a definition, up to its closing parenthesis.
WASM64_INLINE bool module_parser::parse_inline_import(extern_kind kind, std::uint32_t index) {
  writer& entry = imports_.entry();
  next_ += 2;
  return parse_import_names(entry) && expect_close() && parse_import_desc(kind, index, entry) && expect_close();
}

WASM64_INLINE bool module_parser::parse_import_desc(extern_kind kind, std::uint32_t index, writer& out) {
  out.byte(static_cast<std::uint8_t>(kind));
  switch (kind) {
    case extern_kind::func:
    case extern_kind::tag: {
      detail::name_scope params;
      std::uint32_t type = 0;
      if (!parse_type_use(type, &params)) return false;
      if (kind == extern_kind::func && !params.names.empty()) {
        names_.locals.push_back({index, std::move(params.names)});
      }
      if (kind == extern_kind::tag) out.byte(0);
      out.unsigned_leb(type);
      return true;
    }
    case extern_kind::table: {
      table_type table;
      if (!parse_table_type(table)) return false;
      out.table(table);
      return true;
    }
    case extern_kind::memory: {
      memory_type memory;
      if (!parse_memory_type(memory)) return false;
      out.memory(memory);
      return true;
    }
    case extern_kind::global: {
      global_type global;
      if (!parse_global_type(global)) return false;
      out.global(global);
      return true;
    }
  }
  return false;
}

WASM64_INLINE bool module_parser::parse_func() {
  const std::uint32_t index = met_funcs_++;
  name_definition(names_.funcs, index);
  if (!parse_exports_of(extern_kind::func, index)) return false;
  if (at_open("import")) return parse_inline_import(extern_kind::func, index);
  locals_ = {};
  std::uint32_t type = 0;
  if (!parse_type_use(type, &locals_)) return false;
  const bool known = type < type_defs_.size() && type_defs_[type].kind == comp_kind::func;
  local_count_ = known ? static_cast<std::uint32_t>(type_defs_[type].func.params.size()) : 0;
  writer body;
  if (!parse_locals(body)) return false;
  if (const symbol_table::symbol* twice = locals_.ids.seal()) {
    failure_ = error(errc::duplicate_identifier, twice->at.packed(), "duplicate local $" + twice->name);
    return false;
  }
  met_labels_ = 0;
  body_hints_.clear();
  label_names_.clear();
  if (!parse_instructions(body, false) || !expect_close()) return false;
  body.opcode(op::end);
  func_section_.entry().unsigned_leb(type);
  code_section_.entry().sized(body);
  if (!locals_.names.empty()) names_.locals.push_back({index, std::move(locals_.names)});
  if (!label_names_.empty()) names_.labels.push_back({index, label_names_});
  if (!body_hints_.empty()) hints_.push_back({index, body_hints_});
  return true;
}

/// `(local ...)` groups, written as runs of equal types.
WASM64_INLINE bool module_parser::parse_locals(writer& body) {
  vector<val_type> types;
  while (take_open("local")) {
    if (name_member(locals_, local_count_ + static_cast<std::uint32_t>(types.size()))) {
      val_type type;
      if (!parse_val_type(type) || !expect_close()) return false;
      types.push_back(type);
    } else if (!parse_types_until_close(types)) {
      return false;
    }
  }
  section runs;
  for (std::size_t i = 0; i < types.size();) {
    std::size_t end = i + 1;
    while (end < types.size() && types[end] == types[i]) ++end;
    writer& run = runs.entry();
    run.unsigned_leb(end - i);
    run.type(types[i]);
    i = end;
  }
  body.unsigned_leb(runs.count);
  body.append(runs.content.bytes());
  return true;
}

WASM64_INLINE bool module_parser::parse_table() {
  const std::uint32_t index = met_tables_++;
  name_definition(names_.tables, index);
  if (!parse_exports_of(extern_kind::table, index)) return false;
  if (at_open("import")) return parse_inline_import(extern_kind::table, index);
  table_type table;
  if (!parse_address_type(table.limits)) return false;
  writer& entry = table_section_.entry();
  if (is_natural_at(0)) {
    if (!parse_limits(table.limits) || !parse_ref_type(table.element)) return false;
    if (take_close()) {
      entry.table(table);
      return true;
    }
    entry.byte(0x40);
    entry.byte(0x00);
    entry.table(table);
    return parse_const_expr(entry) && expect_close();
  }
  if (!parse_ref_type(table.element)) return false;
  writer segment;
  std::uint32_t count = 0;
  if (!parse_inline_elem(index, table, segment, count)) return false;
  table.limits.min = table.limits.max = count;
  table.limits.has_max = true;
  entry.table(table);
  elem_section_.entry().append(segment.bytes());
  return expect_close();
}

WASM64_INLINE bool module_parser::parse_memory() {
  const std::uint32_t index = met_memories_++;
  name_definition(names_.memories, index);
  if (!parse_exports_of(extern_kind::memory, index)) return false;
  if (at_open("import")) return parse_inline_import(extern_kind::memory, index);
  memory_type memory;
  if (!parse_address_type(memory.limits)) return false;
  if (!at_open("pagesize") && !at_open("data")) {
    if (!parse_limits(memory.limits)) return false;
    memory.limits.is_shared = take_keyword("shared");
    if (!parse_page_size(memory)) return false;
    memory_section_.entry().memory(memory);
    return expect_close();
  }
  if (!parse_page_size(memory) || !expect_open("data")) return false;
  const std::string bytes = take_strings();
  if (!expect_close()) return false;
  const std::uint64_t partial = bytes.size() % memory.page_size() != 0 ? 1 : 0;
  memory.limits.min = memory.limits.max = bytes.size() / memory.page_size() + partial;
  memory.limits.has_max = true;
  memory_section_.entry().memory(memory);
  writer& segment = data_section_.entry();
  segment.unsigned_leb(index == 0 ? 0 : 2);
  if (index != 0) segment.unsigned_leb(index);
  segment.opcode(memory.limits.is_64 ? op::i64_const : op::i32_const);
  segment.signed_leb(0);
  segment.opcode(op::end);
  segment.name(bytes);
  return expect_close();
}

WASM64_INLINE bool module_parser::parse_global() {
  const std::uint32_t index = met_globals_++;
  name_definition(names_.globals, index);
  if (!parse_exports_of(extern_kind::global, index)) return false;
  if (at_open("import")) return parse_inline_import(extern_kind::global, index);
  global_type global;
  if (!parse_global_type(global)) return false;
  writer& entry = global_section_.entry();
  entry.global(global);
  return parse_const_expr(entry) && expect_close();
}

WASM64_INLINE bool module_parser::parse_tag() {
  const std::uint32_t index = met_tags_++;
  name_definition(names_.tags, index);
  if (!parse_exports_of(extern_kind::tag, index)) return false;
  if (at_open("import")) return parse_inline_import(extern_kind::tag, index);
  detail::name_scope params;
  std::uint32_t type = 0;
  if (!parse_type_use(type, &params)) return false;
  writer& entry = tag_section_.entry();
  entry.byte(0);
  entry.unsigned_leb(type);
  return expect_close();
}

WASM64_INLINE bool module_parser::parse_export() {
  std::string name;
  if (!expect_name(name)) return false;
  if (!at(token_kind::left_paren)) return unexpected();
  ++next_;
  extern_kind kind{};
  std::uint32_t index = 0;
  if (!parse_extern_kind(kind) || !parse_index(space_of(kind), index)) return false;
  writer& entry = exports_.entry();
  entry.name(name);
  entry.byte(static_cast<std::uint8_t>(kind));
  entry.unsigned_leb(index);
  return expect_close() && expect_close();
}

WASM64_INLINE bool module_parser::parse_start() {
  if (has_start_) return fail_at(errc::multiple_start_sections, peek());
  has_start_ = true;
  return parse_index(funcs_, start_) && expect_close();
}

}  // namespace wasm64::text
