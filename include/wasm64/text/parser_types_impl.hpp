#pragma once

#include "wasm64/text/parser.hpp"

namespace wasm64::text {

WASM64_INLINE bool module_parser::parse_type_field() {
  if (take_keyword("rec")) {
    const auto begin = static_cast<std::uint32_t>(type_defs_.size());
    while (at(token_kind::left_paren)) {
      ++next_;
      if (!parse_type_definition()) return false;
    }
    group_sizes_.push_back(static_cast<std::uint32_t>(type_defs_.size()) - begin);
    for (std::size_t i = begin; i < type_defs_.size(); ++i) {
      type_defs_[i].group_begin = begin;
      type_defs_[i].group_size = group_sizes_.back();
    }
    return expect_close();
  }
  group_sizes_.push_back(1);
  return parse_type_definition();
}

/// `type id? (sub ...)` up to its closing parenthesis.
WASM64_INLINE bool module_parser::parse_type_definition() {
  if (!expect_keyword("type")) return false;
  const auto index = static_cast<std::uint32_t>(type_defs_.size());
  name_definition(names_.types, index);
  sub_type type;
  detail::name_scope fields;
  const bool sub = take_open("sub");
  if (sub) {
    type.is_final = take_keyword("final");
    while (at_index()) {
      std::uint32_t super = 0;
      if (!parse_index(types_, super)) return false;
      type.supers.push_back(super);
    }
  }
  type.group_begin = index;
  if (!parse_composite(type, fields) || (sub && !expect_close())) return false;
  if (const symbol_table::symbol* twice = fields.ids.seal()) {
    failure_ = error(errc::duplicate_identifier, twice->at.packed(), "duplicate field $" + twice->name);
    return false;
  }
  type_defs_.push_back(std::move(type));
  field_names_.push_back(std::move(fields.ids));
  if (!fields.names.empty()) names_.fields.push_back({index, std::move(fields.names)});
  return expect_close();
}

WASM64_INLINE bool module_parser::parse_composite(sub_type& type, detail::name_scope& fields) {
  if (take_open("func")) {
    detail::name_scope names;
    if (!parse_params(type.func, &names) || !parse_results(type.func)) return false;
  } else if (take_open("struct")) {
    type.kind = comp_kind::struct_;
    if (!parse_struct_fields(type, fields)) return false;
  } else if (take_open("array")) {
    type.kind = comp_kind::array;
    field_type element;
    if (!parse_field_type(element)) return false;
    type.fields.push_back(element);
  } else {
    return unexpected(at(token_kind::left_paren) ? 1 : 0);
  }
  return expect_close();
}

WASM64_INLINE bool module_parser::parse_struct_fields(sub_type& type, detail::name_scope& fields) {
  while (take_open("field")) {
    const bool named = name_member(fields, static_cast<std::uint32_t>(type.fields.size()));
    do {
      if (!named && at(token_kind::right_paren)) break;
      field_type field;
      if (!parse_field_type(field)) return false;
      type.fields.push_back(field);
    } while (!named);
    if (!expect_close()) return false;
  }
  return true;
}

WASM64_INLINE bool module_parser::parse_field_type(field_type& field) {
  field.is_mutable = take_open("mut");
  if (take_keyword("i8")) {
    field.type = val_type{type_code::i8};
  } else if (take_keyword("i16")) {
    field.type = val_type{type_code::i16};
  } else if (!parse_val_type(field.type)) {
    return false;
  }
  return !field.is_mutable || expect_close();
}

/// Groups `(param ...)`. Names go to `names`, numbered from 0; without `names` they are refused.
WASM64_INLINE bool module_parser::parse_params(func_type& type, detail::name_scope* names) {
  while (take_open("param")) {
    if (names == nullptr && at(token_kind::id)) return unexpected();
    if (names != nullptr && name_member(*names, static_cast<std::uint32_t>(type.params.size()))) {
      val_type param;
      if (!parse_val_type(param) || !expect_close()) return false;
      type.params.push_back(param);
    } else if (!parse_types_until_close(type.params)) {
      return false;
    }
  }
  return true;
}

WASM64_INLINE bool module_parser::parse_results(func_type& type) {
  while (take_open("result")) {
    if (!parse_types_until_close(type.results)) return false;
  }
  return true;
}

WASM64_INLINE bool module_parser::parse_types_until_close(vector<val_type>& types) {
  while (!at(token_kind::right_paren)) {
    val_type type;
    if (!parse_val_type(type)) return false;
    types.push_back(type);
  }
  return take_close();
}

WASM64_INLINE bool module_parser::parse_val_type(val_type& type) {
  if (at(token_kind::keyword)) {
    for (const named_type& row : plain_types) {
      if (!take_keyword(row.name)) continue;
      type = row.type;
      return true;
    }
  }
  return parse_ref_type(type);
}

WASM64_INLINE bool module_parser::parse_ref_type(val_type& type) {
  if (take_open("ref")) {
    const bool nullable = take_keyword("null");
    heap_type heap;
    if (!parse_heap_type(heap)) return false;
    type = val_type::ref(heap, nullable);
    return expect_close();
  }
  for (const named_heap_type& row : abstract_heap_types) {
    if (!take_keyword(row.short_name)) continue;
    type = val_type::ref(row.type);
    return true;
  }
  return unexpected();
}

WASM64_INLINE bool module_parser::parse_heap_type(heap_type& type) {
  if (at_index()) {
    const token& where = peek();
    std::uint32_t index = 0;
    if (!parse_index(types_, index)) return false;
    type.code = static_cast<std::int32_t>(index);
    return type.is_index() || fail_at(errc::unknown_type, where);
  }
  for (const named_heap_type& row : abstract_heap_types) {
    if (!take_keyword(row.name)) continue;
    type = row.type;
    return true;
  }
  return unexpected();
}

/// `(type x)?` and the written parameters and results; without `(type x)` the first type of that form, appended
/// when the module has none (specification 6.6.4).
WASM64_INLINE bool module_parser::parse_type_use(std::uint32_t& index, detail::name_scope* names) {
  const token& where = peek();
  const bool has_type = take_open("type");
  if (has_type && (!parse_index(types_, index) || !expect_close())) return false;
  func_type written;
  const std::size_t before = next_;
  if (!parse_params(written, names) || !parse_results(written)) return false;
  if (at_open("type") || at_open("param")) return unexpected(1);
  if (!has_type) {
    index = implicit_type(written);
    return true;
  }
  return next_ == before || check_inline_type(index, written, where);
}

WASM64_INLINE bool module_parser::check_inline_type(std::uint32_t index, const func_type& written, const token& where) {
  if (written.params.empty() && written.results.empty()) return true;
  if (index >= type_defs_.size()) return fail_at(errc::unknown_type_use, where);
  const sub_type& type = type_defs_[index];
  const bool same = type.kind == comp_kind::func && type.func == written;
  return same || fail_at(errc::inline_function_type, where);
}

namespace detail {

WASM64_INLINE void write_func_type(const func_type& type, writer& out) {
  out.byte(0x60);
  for (const vector<val_type>* list : {&type.params, &type.results}) {
    out.unsigned_leb(list->size());
    for (const val_type& member : *list) out.type(member);
  }
}

WASM64_INLINE void write_composite(const sub_type& type, writer& out) {
  if (type.kind == comp_kind::func) return write_func_type(type.func, out);
  out.byte(type.kind == comp_kind::struct_ ? 0x5F : 0x5E);
  if (type.kind == comp_kind::struct_) out.unsigned_leb(type.fields.size());
  for (const field_type& field : type.fields) {
    out.type(field.type);
    out.byte(field.is_mutable ? 1 : 0);
  }
}

WASM64_INLINE void write_sub_type(const sub_type& type, writer& out) {
  if (!type.is_final || !type.supers.empty()) {
    out.byte(type.is_final ? 0x4F : 0x50);
    out.unsigned_leb(type.supers.size());
    for (const std::uint32_t super : type.supers) out.unsigned_leb(super);
  }
  write_composite(type, out);
}

}  // namespace detail

WASM64_INLINE std::uint32_t module_parser::implicit_type(const func_type& type) {
  const auto key_of = [](const func_type& wanted) {
    writer form;
    detail::write_func_type(wanted, form);
    return std::string(as_text(form.bytes()));
  };
  if (func_type_indices_.empty()) {
    for (std::uint32_t i = 0; i < type_defs_.size(); ++i) {
      const sub_type& known = type_defs_[i];
      const bool plain =
          known.kind == comp_kind::func && known.is_final && known.supers.empty() && known.group_size == 1;
      if (plain) func_type_indices_.emplace(key_of(known.func), i);
    }
  }
  const auto [entry, added] = func_type_indices_.emplace(key_of(type), static_cast<std::uint32_t>(type_defs_.size()));
  if (added) {
    sub_type fresh;
    fresh.func = type;
    fresh.group_begin = entry->second;
    type_defs_.push_back(std::move(fresh));
    group_sizes_.push_back(1);
  }
  return entry->second;
}

/// A block type: nothing, one result, or a function type (specification 6.5.1).
WASM64_INLINE bool module_parser::parse_block_type(writer& out) {
  if (at_open("type")) {
    std::uint32_t index = 0;
    if (!parse_type_use(index, nullptr)) return false;
    out.signed_leb(index);
    return true;
  }
  func_type written;
  if (!parse_params(written, nullptr) || !parse_results(written)) return false;
  if (!written.params.empty() || written.results.size() > 1) {
    out.signed_leb(implicit_type(written));
  } else if (written.results.empty()) {
    out.byte(0x40);
  } else {
    out.type(written.results[0]);
  }
  return true;
}

WASM64_INLINE bool module_parser::parse_address_type(limits_type& limits) {
  limits.is_64 = take_keyword("i64");
  if (!limits.is_64) take_keyword("i32");
  return true;
}

WASM64_INLINE bool module_parser::parse_limits(limits_type& limits) {
  // With memory64 also those of i32 have 64 bits, and validation objects.
  const std::uint64_t largest = features_.memory64 ? ~std::uint64_t{0} : 0xFFFF'FFFF;
  const errc beyond = features_.memory64 ? errc::i64_constant_out_of_range : errc::i32_constant_out_of_range;
  if (!expect_unsigned(largest, beyond, limits.min)) return false;
  limits.has_max = is_natural_at(0);
  return !limits.has_max || expect_unsigned(largest, beyond, limits.max);
}

WASM64_INLINE bool module_parser::parse_table_type(table_type& table) {
  return parse_address_type(table.limits) && parse_limits(table.limits) && parse_ref_type(table.element);
}

WASM64_INLINE bool module_parser::parse_memory_type(memory_type& memory) {
  if (!parse_address_type(memory.limits) || !parse_limits(memory.limits)) return false;
  memory.limits.is_shared = take_keyword("shared");
  return parse_page_size(memory);
}

/// `(pagesize n)`: any power of two is well-formed (custom page sizes proposal).
WASM64_INLINE bool module_parser::parse_page_size(memory_type& memory) {
  if (!take_open("pagesize")) return true;
  const token& where = peek();
  std::uint64_t size = 0;
  if (!expect_unsigned(~std::uint64_t{0}, errc::i64_constant_out_of_range, size)) return false;
  if (size == 0 || (size & (size - 1)) != 0) return fail_at(errc::malformed_page_size, where);
  memory.page_size_log2 = 0;
  while (size >> memory.page_size_log2 != 1) ++memory.page_size_log2;
  return expect_close();
}

WASM64_INLINE bool module_parser::parse_global_type(global_type& global) {
  global.is_mutable = take_open("mut");
  return parse_val_type(global.type) && (!global.is_mutable || expect_close());
}

WASM64_INLINE void module_parser::write_type_section(section& out) const {
  std::size_t next = 0;
  for (const std::uint32_t size : group_sizes_) {
    writer& entry = out.entry();
    if (size != 1) {
      entry.byte(0x4E);
      entry.unsigned_leb(size);
    }
    for (const std::size_t end = next + size; next < end; ++next) detail::write_sub_type(type_defs_[next], entry);
  }
}

}  // namespace wasm64::text
