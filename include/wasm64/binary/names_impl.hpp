#pragma once

#include "wasm64/binary/names.hpp"
#include "wasm64/binary/sections.hpp"
#include "wasm64/binary/utf8.hpp"
#include "wasm64/config.hpp"

namespace wasm64 {

namespace detail {

WASM64_INLINE std::string_view read_debug_name(reader& in) {
  const bytes_view text = in.bytes(in.u32());
  if (!is_utf8(text)) in.fail(errc::malformed_utf8);
  return as_text(text);
}

/// The number of entries of a map, of which each takes two bytes or more.
WASM64_INLINE std::uint32_t read_map_size(reader& in) {
  const std::uint32_t count = in.u32();
  if (count > in.remaining() / 2) in.fail(errc::length_out_of_bounds);
  return count;
}

/// Calls `add(index, name)` by strictly ascending index.
template <class Add>
void for_each_name(reader& in, Add add) {
  const std::uint32_t count = read_map_size(in);
  std::int64_t last = -1;
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t index = in.u32();
    if (index <= last) in.fail(errc::malformed_section_id);
    last = index;
    add(index, read_debug_name(in));
  }
}

WASM64_INLINE vector<name_map_entry> read_name_map(reader& in) {
  vector<name_map_entry> names;
  for_each_name(in, [&](std::uint32_t index, std::string_view name) { names.push_back({index, std::string(name)}); });
  return names;
}

WASM64_INLINE vector<indirect_names> read_indirect_name_map(reader& in) {
  vector<indirect_names> map;
  const std::uint32_t count = read_map_size(in);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t index = in.u32();
    if (!map.empty() && index <= map.back().index) in.fail(errc::malformed_section_id);
    map.push_back({index, read_name_map(in)});
  }
  return map;
}

/// Calls `read(id, content)` for each subsection, up to the first that leaves content or fails.
template <class Read>
bool read_name_subsections(reader in, Read read) {
  for (int last = -1; !in.at_end();) {
    const int id = in.u8();
    const std::uint32_t size = in.u32();
    reader content = in.sub(size);
    if (id <= last) content.fail(errc::misplaced_section);
    last = id;
    read(id, content);
    if (in.failed() || content.failed() || !content.at_end()) return false;
  }
  return !in.failed();
}

WASM64_INLINE void read_func_names(reader& in, vector<name_range>& names) {
  for_each_name(in, [&](std::uint32_t index, std::string_view name) {
    const auto size = static_cast<std::uint32_t>(name.size());
    names.push_back({index, {static_cast<std::uint32_t>(in.offset()) - size, size}});
  });
}

WASM64_INLINE void read_names(reader in, module& m) {
  std::string_view module_name;
  vector<name_range> func_names;
  const bool good = read_name_subsections(in, [&](int id, reader& content) {
    if (id == 0) module_name = read_debug_name(content);
    else if (id == 1) read_func_names(content, func_names);
    else content.bytes(content.remaining());
  });
  if (!good) return;
  m.name = std::string(module_name);
  m.func_names = std::move(func_names);
}

}  // namespace detail

WASM64_INLINE bool read_name_section(reader in, name_section& names) {
  return detail::read_name_subsections(in, [&names](int id, reader& content) {
    if (id == 0) {
      names.has_module = true;
      names.module = std::string(detail::read_debug_name(content));
      return;
    }
    for (const name_subsection& row : name_subsections) {
      if (row.id != id) continue;
      if (row.direct != nullptr) names.*row.direct = detail::read_name_map(content);
      else names.*row.indirect = detail::read_indirect_name_map(content);
    }
  });
}

}  // namespace wasm64
