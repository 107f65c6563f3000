#pragma once

#include "wasm64/text/parser.hpp"

namespace wasm64::text {

/// Instructions up to the enclosing closing parenthesis, with their `end`.
WASM64_INLINE bool module_parser::parse_const_expr(writer& out) {
  locals_ = {};
  if (!parse_instructions(out, false)) return false;
  out.opcode(op::end);
  return true;
}

/// `(offset expr)`, or one folded instruction.
WASM64_INLINE bool module_parser::parse_offset(writer& out) {
  if (take_open("offset")) return parse_const_expr(out) && expect_close();
  locals_ = {};
  if (!at(token_kind::left_paren)) return unexpected();
  if (!parse_instructions(out, true)) return false;
  out.opcode(op::end);
  return true;
}

/// Function indices, written bare.
WASM64_INLINE bool module_parser::parse_elem_indices(writer& list, std::uint32_t& count) {
  for (count = 0; at_index(); ++count) {
    if (!write_index(funcs_, list)) return false;
  }
  return true;
}

/// `(item expr)` or folded instructions.
WASM64_INLINE bool module_parser::parse_elem_exprs(writer& list, std::uint32_t& count) {
  for (count = 0; at(token_kind::left_paren); ++count) {
    if (take_open("item")) {
      if (!parse_const_expr(list) || !expect_close()) return false;
    } else {
      locals_ = {};
      if (!parse_instructions(list, true)) return false;
      list.opcode(op::end);
    }
  }
  return true;
}

/// `func x*`, `reftype expr*`, or bare indices where an active segment may have them. `list` gets count and entries.
WASM64_INLINE bool module_parser::parse_elem_list(bool allow_bare_indices, writer& list, val_type& type,
                                                  bool& is_indices) {
  is_indices = take_keyword("func") || (allow_bare_indices && (at_index() || at(token_kind::right_paren)));
  writer entries;
  std::uint32_t count = 0;
  if (is_indices) {
    type = val_type::ref(heap::func, false);
    if (!parse_elem_indices(entries, count)) return false;
  } else if (!parse_ref_type(type) || !parse_elem_exprs(entries, count)) {
    return false;
  }
  list.unsigned_leb(count);
  list.append(entries.bytes());
  return true;
}

namespace detail {

/// An active segment up to its elements, in the shorter form where that says the same. Flags: bit 1 a table and a type,
/// bit 2 expressions.
WASM64_INLINE void write_active_elem(std::uint32_t table, const writer& offset, val_type type, bool is_indices,
                                     writer& out) {
  const bool is_short = table == 0 && (is_indices || type == types::funcref);
  out.byte(static_cast<std::uint8_t>((is_short ? 0 : 2) | (is_indices ? 0 : 4)));
  if (!is_short) out.unsigned_leb(table);
  out.append(offset.bytes());
  if (is_short) return;
  if (is_indices) out.byte(0);
  else out.type(type);
}

}  // namespace detail

/// `(elem ...)` behind its keyword (specification 6.6.9, 5.5.12).
WASM64_INLINE bool module_parser::parse_elem() {
  name_definition(names_.elems, elem_section_.count);
  const bool declarative = take_keyword("declare");
  std::uint32_t table = 0;
  const bool has_table = !declarative && take_open("table");
  if (has_table && (!parse_index(tables_, table) || !expect_close())) return false;
  const bool bare_table = !has_table && !declarative && is_natural_at(0);  // as WebAssembly 1.0 wrote it
  if (bare_table && !parse_index(tables_, table)) return false;
  const bool active = has_table || bare_table || (!declarative && at(token_kind::left_paren) && !at_open("ref"));
  writer offset;
  if (active && !parse_offset(offset)) return false;
  writer list;
  val_type type;
  bool is_indices = false;
  if (!parse_elem_list(active && !has_table, list, type, is_indices)) return false;

  writer& entry = elem_section_.entry();
  if (active) {
    detail::write_active_elem(table, offset, type, is_indices, entry);
  } else {
    entry.byte(static_cast<std::uint8_t>((declarative ? 3 : 1) | (is_indices ? 0 : 4)));
    if (is_indices) entry.byte(0);
    else entry.type(type);
  }
  entry.append(list.bytes());
  return expect_close();
}

/// `(elem ...)` inside a table definition: an active segment at 0.
WASM64_INLINE bool module_parser::parse_inline_elem(std::uint32_t table, const table_type& type, writer& segment,
                                                    std::uint32_t& count) {
  if (!expect_open("elem")) return false;
  writer entries;
  if (at_index()) {
    for (count = 0; at_index(); ++count) {
      entries.opcode(op::ref_func);
      if (!write_index(funcs_, entries)) return false;
      entries.opcode(op::end);
    }
  } else if (!parse_elem_exprs(entries, count)) {
    return false;
  }
  writer offset;
  offset.opcode(type.limits.is_64 ? op::i64_const : op::i32_const);
  offset.signed_leb(0);
  offset.opcode(op::end);
  detail::write_active_elem(table, offset, type.element, false, segment);
  segment.unsigned_leb(count);
  segment.append(entries.bytes());
  return expect_close();
}

/// `(data ...)` behind its keyword (specification 6.6.10, 5.5.14).
WASM64_INLINE bool module_parser::parse_data() {
  name_definition(names_.datas, data_section_.count);
  std::uint32_t memory = 0;
  const bool has_memory = take_open("memory");
  if (has_memory && (!parse_index(memories_, memory) || !expect_close())) return false;
  const bool bare_memory = !has_memory && is_natural_at(0);  // as WebAssembly 1.0 wrote it
  if (bare_memory && !parse_index(memories_, memory)) return false;
  const bool active = has_memory || bare_memory || at(token_kind::left_paren);
  writer& entry = data_section_.entry();
  entry.byte(!active ? 1 : memory == 0 ? 0 : 2);
  if (active && memory != 0) entry.unsigned_leb(memory);
  if (active && !parse_offset(entry)) return false;
  entry.name(take_strings());
  return expect_close();
}

}  // namespace wasm64::text
