#pragma once

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
  binary = assemble();
  return true;
}

namespace detail {

enum class section_id : std::uint8_t {
  custom,
  type,
  import,
  func,
  table,
  memory,
  global,
  export_,
  start,
  elem,
  code,
  data,
  data_count,
  tag
};

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
  using detail::section_id;
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
  add(section_id::func, func_section_);
  add(section_id::table, table_section_);
  add(section_id::memory, memory_section_);
  add(section_id::tag, tag_section_);
  add(section_id::global, global_section_);
  add(section_id::export_, exports_);
  add_index(section_id::start, has_start_, start_);
  add(section_id::elem, elem_section_);
  add_index(section_id::data_count, uses_data_, data_section_.count);
  add(section_id::code, code_section_);
  add(section_id::data, data_section_);
  write_custom_sections(detail::last_place, out);
  write_name_section(out);
  return out.take();
}

/// The custom section "name" (specification 7.4.1): module, functions, locals; nothing when nothing has a name.
WASM64_INLINE void module_parser::write_name_section(writer& out) const {
  if (module_name_.empty() && func_names_.empty() && local_names_.count == 0) return;
  writer content;
  content.name("name");
  if (!module_name_.empty()) {
    writer name;
    name.name(module_name_);
    content.byte(0);
    content.sized(name);
  }
  const auto subsection = [&content](std::uint8_t id, const section& map) {
    if (map.count == 0) return;
    writer sized;
    sized.unsigned_leb(map.count);
    sized.append(map.content.bytes());
    content.byte(id);
    content.sized(sized);
  };
  section functions;
  for (const name_map_entry& function : func_names_) {
    writer& entry = functions.entry();
    entry.unsigned_leb(function.index);
    entry.name(function.name);
  }
  subsection(1, functions);
  subsection(2, local_names_);
  detail::write_section(detail::section_id::custom, content, out);
}

}  // namespace wasm64::text
