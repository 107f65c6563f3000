#pragma once

#include <string_view>

#include "wasm64/binary/reader.hpp"
#include "wasm64/binary/sections.hpp"

namespace wasm64 {

/// Calls `visit(id, content)` for each section of a decoded module, in order.
template <class Visit>
void for_each_section(const module& m, Visit visit) {
  constexpr std::size_t header_size = 8;
  if (m.bytes.size() < header_size) return;
  reader in(view_of(m.bytes), header_size, m.bytes.size() - header_size);
  while (!in.failed() && !in.at_end()) {
    const auto id = static_cast<section_id>(in.u8());
    const reader content = in.sub(in.u32());
    if (!in.failed()) visit(id, content);
  }
}

/// True for a section that says nothing, a list without entries.
inline bool is_empty_section(section_id id, reader content) noexcept {
  return id != section_id::start && id != section_id::data_count && content.u32() == 0;
}

/// A custom section of a decoded module (specification 5.5.3).
struct custom_section {
  std::string_view name;                   ///< points into the module
  byte_range content;                      ///< behind the name
  section_id behind = section_id::custom;  ///< the last other section before it, empty ones aside; `custom`: none
};

/// The custom sections of a module, in order.
inline vector<custom_section> custom_sections(const module& m) {
  vector<custom_section> found;
  section_id behind = section_id::custom;
  for_each_section(m, [&](section_id id, reader content) {
    if (id != section_id::custom) {
      if (!is_empty_section(id, content)) behind = id;
      return;
    }
    const std::string_view name = as_text(content.bytes(content.u32()));
    const byte_range range{static_cast<std::uint32_t>(content.offset()),
                           static_cast<std::uint32_t>(content.remaining())};
    found.push_back({name, range, behind});
  });
  return found;
}

}  // namespace wasm64
