#pragma once

#include <algorithm>

#include "wasm64/binary/names.hpp"
#include "wasm64/text/literals.hpp"
#include "wasm64/text/name_writer.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

namespace detail {

/// True when the text's names, or hints, are enough: the encoder would write the section's bytes again.
WASM64_INLINE bool is_canonical(const module& m, const custom_section& section, const writer& again) {
  const bytes_view original = m.view(section.content);
  return !again.empty() && std::equal(original.begin(), original.end(), again.bytes().begin(), again.bytes().end());
}

/// The section that custom sections in front of `end` are behind, if there are any; without an end, of the last ones.
WASM64_INLINE section_id section_before(const module& m, section_id end) {
  section_id last = section_id::custom;
  bool is_over = false;
  for_each_section(m, [&](section_id id, const reader& content) {
    is_over = is_over || (id == end && id != section_id::custom);
    if (!is_over && id != section_id::custom && !is_empty_section(id, content)) last = id;
  });
  return last;
}

/// The word of `(before ...)` and `(after ...)`.
WASM64_INLINE std::string_view word_of(section_id id) {
  switch (id) {
    case section_id::type: return "type";
    case section_id::import: return "import";
    case section_id::function: return "func";
    case section_id::table: return "table";
    case section_id::memory: return "memory";
    case section_id::global: return "global";
    case section_id::export_: return "export";
    case section_id::start: return "start";
    case section_id::element: return "elem";
    case section_id::code: return "code";
    case section_id::data: return "data";
    case section_id::data_count: return "datacount";
    case section_id::tag: return "tag";
    case section_id::custom: break;
  }
  return "first";
}

}  // namespace detail

/// Names that are unique and not empty become identifiers; of equal ones the first does.
WASM64_INLINE void module_printer::resolve(const vector<name_map_entry>& from, std::size_t count, names& to) {
  to.clear();
  vector<const name_map_entry*> sorted;
  for (const name_map_entry& entry : from) {
    if (entry.index < count) sorted.push_back(&entry);
  }
  if (sorted.empty()) return;
  to.resize(sorted.back()->index + std::size_t{1});
  std::sort(sorted.begin(), sorted.end(), [](const name_map_entry* a, const name_map_entry* b) {
    const int order = a->name.compare(b->name);
    return order != 0 ? order < 0 : a->index < b->index;
  });
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool first = i == 0 || sorted[i - 1]->name != sorted[i]->name;
    to[sorted[i]->index] = {sorted[i]->name, true, first && !sorted[i]->name.empty()};
  }
}

/// The names of what belongs to an index, or null.
WASM64_INLINE const vector<name_map_entry>* module_printer::names_of(const vector<indirect_names>& map,
                                                                     std::uint32_t index) {
  const auto found = std::lower_bound(map.begin(), map.end(), index,
                                      [](const indirect_names& of, std::uint32_t i) { return of.index < i; });
  return found != map.end() && found->index == index ? &found->names : nullptr;
}

WASM64_INLINE void module_printer::collect_names() {
  const section_id last = detail::section_before(module_, section_id::custom);
  std::size_t sections = 0;
  for (const custom_section& section : custom_sections(module_)) {
    if (section.name != "name") continue;
    const reader in(view_of(module_.bytes), section.content.offset, section.content.size);
    section_ = {};
    if (++sections != 1 || !read_name_section(in, section_)) {
      section_ = {};
      prints_names_ = false;
      break;
    }
    prints_names_ = section.behind == last && detail::is_canonical(module_, section, name_section_content(section_));
  }
  for (const name_subsection& row : name_subsections) {
    if (row.direct != nullptr) {
      names_to_print_ += (section_.*row.direct).size();
    } else if (row.indirect != nullptr) {
      for (const indirect_names& of : section_.*row.indirect) {
        names_to_print_ += of.names.size();
        prints_names_ = prints_names_ && !of.names.empty();
      }
    } else {
      names_to_print_ += section_.has_module ? 1 : 0;
    }
  }
  resolve(section_.types, module_.types.size(), types_);
  resolve(section_.funcs, module_.func_types.size(), funcs_);
  resolve(section_.tables, module_.tables.size(), tables_);
  resolve(section_.memories, module_.memories.size(), memories_);
  resolve(section_.globals, module_.globals.size(), globals_);
  resolve(section_.elems, module_.elems.size(), elems_);
  resolve(section_.datas, module_.datas.size(), datas_);
  resolve(section_.tags, module_.tags.size(), tags_);
  fields_.resize(module_.types.size());
  for (const indirect_names& of : section_.fields) {
    if (of.index < fields_.size()) resolve(of.names, module_.types[of.index].fields.size(), fields_[of.index]);
  }
}

/// Hints can be annotations when they are in front of the code section, once.
WASM64_INLINE void module_printer::collect_hints() {
  std::size_t sections = 0;
  const section_id before_code = detail::section_before(module_, section_id::code);
  for (const custom_section& section : custom_sections(module_)) {
    if (section.name != branch_hint_section) continue;
    auto read = read_branch_hints(reader(view_of(module_.bytes), section.content.offset, section.content.size));
    if (++sections != 1 || !read.has_value() || section.behind != before_code) {
      prints_hints_ = false;
      hints_.clear();
      continue;
    }
    hints_ = std::move(read).assume_value();
    prints_hints_ = !hints_.empty() && detail::is_canonical(module_, section, branch_hint_content(hints_));
    for (const function_hints& of : hints_) {
      hints_to_print_ += of.hints.size();
      prints_hints_ = prints_hints_ && !of.hints.empty();
    }
  }
}

/// After everything else, when it is known whether the text has all names and hints.
WASM64_INLINE void module_printer::put_custom_sections() {
  const bool names_done = prints_names_ && names_printed_ == names_to_print_;
  const bool hints_done = prints_hints_ && hints_printed_ == hints_to_print_;
  bool behind_names = false;
  bool behind_hints = false;
  section_id hints_behind{};
  for (const custom_section& section : custom_sections(module_)) {
    if (section.name == "name" && names_done) {
      behind_names = true;
      continue;
    }
    if (section.name == branch_hint_section && hints_done) {
      behind_hints = true;
      hints_behind = section.behind;
      continue;
    }
    new_line(1);
    put("(@custom");
    put_name(section.name);
    if (behind_hints && section.behind == hints_behind) {
      put(" (before code)");
    } else if (!behind_names) {
      put(section.behind == section_id::custom ? " (before " : " (after ");
      put(detail::word_of(section.behind));
      put(")");
    }
    put_bytes(section.content);
    put(")");
  }
}

}  // namespace wasm64::text
