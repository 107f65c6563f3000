#pragma once

#include "wasm64/binary/sections.hpp"
#include "wasm64/text/name_writer.hpp"
#include "wasm64/text/parser.hpp"

namespace wasm64::text {

WASM64_INLINE bool module_parser::run(byte_vector& binary) {
  if (!scan_module() || !parse_annotations()) return false;
  for (const std::size_t field : fields_) {
    next_ = field;
    if ((at_keyword("type") || at_keyword("rec")) && !parse_type_field()) return false;
  }
  for (const std::size_t field : fields_) {
    next_ = field;
    if (!parse_field()) return false;
  }
  if (!check_annotations_used()) return false;
  binary = assemble();
  return true;
}

namespace detail {

WASM64_INLINE void write_section(section_id id, const writer& content, writer& out) {
  out.byte(static_cast<std::uint8_t>(id));
  out.sized(content);
}

WASM64_INLINE void write_section(section_id id, const section& entries, writer& out) {
  if (entries.count == 0) return;
  writer content;
  content.unsigned_leb(entries.count);
  content.append(entries.content.bytes());
  write_section(id, content, out);
}

}  // namespace detail

/// The sections in the order of specification 5.5.2, custom sections where their annotations want them.
WASM64_INLINE byte_vector module_parser::assemble() const {
  section types;
  write_type_section(types);
  writer out;
  out.append(as_bytes(std::string_view("\0asm\1\0\0\0", 8)));
  unsigned place = detail::first_place;
  write_custom_sections(place++, out);
  const auto add = [&](section_id id, const section& entries) {
    write_custom_sections(++place, out);
    detail::write_section(id, entries, out);
    write_custom_sections(++place, out);
  };
  const auto add_index = [&](section_id id, bool present, std::uint32_t index) {
    write_custom_sections(++place, out);
    writer content;
    content.unsigned_leb(index);
    if (present) detail::write_section(id, content, out);
    write_custom_sections(++place, out);
  };
  add(section_id::type, types);
  add(section_id::import, imports_);
  add(section_id::function, func_section_);
  add(section_id::table, table_section_);
  add(section_id::memory, memory_section_);
  add(section_id::tag, tag_section_);
  add(section_id::global, global_section_);
  add(section_id::export_, exports_);
  add_index(section_id::start, has_start_, start_);
  add(section_id::element, elem_section_);
  add_index(section_id::data_count, uses_data_, data_section_.count);
  if (!hints_.empty()) write_named_section(branch_hint_section, branch_hint_content(hints_), out);
  add(section_id::code, code_section_);
  add(section_id::data, data_section_);
  const writer names = name_section_content(names_);
  if (!names.empty()) write_named_section("name", names, out);
  write_custom_sections(detail::last_place, out);
  return out.take();
}

/// A custom section made from the module itself; one that an annotation spells out stands for it.
WASM64_INLINE void module_parser::write_named_section(std::string_view name, const writer& content, writer& out) const {
  for (const detail::given_section& custom : customs_) {
    if (custom.name == name) return;
  }
  writer section;
  section.name(name);
  section.append(content.bytes());
  detail::write_section(section_id::custom, section, out);
}

}  // namespace wasm64::text
