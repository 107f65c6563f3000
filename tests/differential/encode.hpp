#pragma once

#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/module/types.hpp"

// Pieces of the binary format (specification 5), appended to a module that is being written.

namespace differential {

inline void put_u32(wasm64::byte_vector& to, std::size_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

inline void put_s33(wasm64::byte_vector& to, std::int64_t value) {
  for (; value < -0x40 || value >= 0x40; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value & 0x7f));
}

inline void put_bytes(wasm64::byte_vector& to, wasm64::bytes_view bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline void put_name(wasm64::byte_vector& to, std::string_view name) {
  put_u32(to, name.size());
  put_bytes(to, wasm64::as_bytes(name));
}

inline void put_section(wasm64::byte_vector& to, std::uint8_t id, const wasm64::byte_vector& content) {
  to.push_back(id);
  put_u32(to, content.size());
  put_bytes(to, wasm64::view_of(content));
}

inline void put_type(wasm64::byte_vector& to, wasm64::val_type type) {
  constexpr std::uint8_t nullable = 0x63, not_null = 0x64;
  if (!type.is_ref()) return to.push_back(static_cast<std::uint8_t>(type.code));
  to.push_back(type.nullable ? nullable : not_null);
  put_s33(to, type.heap.code);
}

inline void put_types(wasm64::byte_vector& to, const wasm64::vector<wasm64::val_type>& types) {
  put_u32(to, types.size());
  for (const wasm64::val_type t : types) put_type(to, t);
}

}  // namespace differential
