#pragma once

#include "wasm64/binary/branch_hints.hpp"
#include "wasm64/module/names.hpp"
#include "wasm64/text/writer.hpp"

namespace wasm64::text {

/// The annotation that asks for a data count section which the instructions do not need.
inline constexpr std::string_view data_count_annotation = "wasm64.datacount";

namespace detail {

inline void write_name_map(const vector<name_map_entry>& names, writer& out) {
  out.unsigned_leb(names.size());
  for (const name_map_entry& entry : names) {
    out.unsigned_leb(entry.index);
    out.name(entry.name);
  }
}

inline void write_indirect_names(const vector<indirect_names>& map, writer& out) {
  out.unsigned_leb(map.size());
  for (const indirect_names& entry : map) {
    out.unsigned_leb(entry.index);
    write_name_map(entry.names, out);
  }
}

}  // namespace detail

/// The content of a section "name": the subsections that are not empty; nothing when all are.
inline writer name_section_content(const name_section& names) {
  writer out;
  for (const name_subsection& row : name_subsections) {
    writer content;
    if (row.direct != nullptr) {
      if ((names.*row.direct).empty()) continue;
      detail::write_name_map(names.*row.direct, content);
    } else if (row.indirect != nullptr) {
      if ((names.*row.indirect).empty()) continue;
      detail::write_indirect_names(names.*row.indirect, content);
    } else {
      if (!names.has_module) continue;
      content.name(names.module);
    }
    out.byte(row.id);
    out.sized(content);
  }
  return out;
}

/// The content of a section of branch hints.
inline writer branch_hint_content(const vector<function_hints>& all) {
  writer out;
  out.unsigned_leb(all.size());
  for (const function_hints& of : all) {
    out.unsigned_leb(of.func);
    out.unsigned_leb(of.hints.size());
    for (const branch_hint& hint : of.hints) {
      out.unsigned_leb(hint.offset);
      out.unsigned_leb(1);
      out.byte(hint.is_likely ? 1 : 0);
    }
  }
  return out;
}

}  // namespace wasm64::text
