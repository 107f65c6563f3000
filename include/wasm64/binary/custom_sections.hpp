#pragma once

#include <string_view>

#include "wasm64/binary/reader.hpp"
#include "wasm64/binary/sections.hpp"

namespace wasm64 {

/// A custom section of a decoded module (specification 5.5.3).
struct custom_section {
  std::string_view name;                     ///< points into the module
  byte_range content;                        ///< behind the name
  section_id behind = section_id::custom;    ///< the last other section before it; `custom` when there is none
};

/// The custom sections of a module, in order.
inline vector<custom_section> custom_sections(const module& m) {
  constexpr std::size_t header_size = 8;
  vector<custom_section> found;
  if (m.bytes.size() < header_size) return found;
  reader in(view_of(m.bytes), header_size, m.bytes.size() - header_size);
  for (section_id behind = section_id::custom; !in.failed() && !in.at_end();) {
    const auto id = static_cast<section_id>(in.u8());
    reader content = in.sub(in.u32());
    if (id != section_id::custom) {
      behind = id;
      continue;
    }
    const std::string_view name = as_text(content.bytes(content.u32()));
    const byte_range range{static_cast<std::uint32_t>(content.offset()),
                           static_cast<std::uint32_t>(content.remaining())};
    if (!content.failed()) found.push_back({name, range, behind});
  }
  return found;
}

}  // namespace wasm64
