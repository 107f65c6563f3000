#pragma once

#include "wasm64/binary/sections.hpp"
#include "wasm64/binary/utf8.hpp"
#include "wasm64/config.hpp"

namespace wasm64::detail {

WASM64_INLINE std::string read_debug_name(reader& in) {
  const bytes_view text = in.bytes(in.u32());
  if (!is_utf8(text)) in.fail(errc::malformed_utf8);
  return std::string(as_text(text));
}

/// Names by strictly ascending index.
WASM64_INLINE vector<name_map_entry> read_name_map(reader& in) {
  vector<name_map_entry> names;
  const std::uint32_t count = in.u32();
  if (count > in.remaining() / 2) in.fail(errc::length_out_of_bounds);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t index = in.u32();
    if (!names.empty() && index <= names.back().index) in.fail(errc::malformed_section_id);
    names.push_back({index, read_debug_name(in)});
  }
  return names;
}

WASM64_INLINE void read_names(reader in, module& m) {
  std::string module_name;
  vector<name_map_entry> func_names;
  for (int last = -1; !in.at_end();) {
    const int id = in.u8();
    const std::uint32_t size = in.u32();
    reader content = in.sub(size);
    if (id <= last) content.fail(errc::misplaced_section);
    last = id;
    if (id == 0) module_name = read_debug_name(content);
    else if (id == 1) func_names = read_name_map(content);
    else content.bytes(content.remaining());
    if (in.failed() || content.failed() || !content.at_end()) return;
  }
  if (in.failed()) return;
  m.name = std::move(module_name);
  m.func_names = std::move(func_names);
}

}  // namespace wasm64::detail
