#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "wasm64/base/bytes.hpp"

namespace wasm64::test {

using bytes = std::vector<std::uint8_t>;

inline bytes joined(std::initializer_list<bytes> parts) {
  bytes all;
  for (const bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// A section of less than 128 bytes.
inline bytes section(std::uint8_t id, const bytes& content) {
  return joined({{id, static_cast<std::uint8_t>(content.size())}, content});
}

inline bytes module_bytes(std::initializer_list<bytes> sections) {
  return joined({{0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00}, joined(sections)});
}

/// A module with one function of type `type` (the bytes behind 0x60) and the given instructions, `end` included.
inline bytes module_with_body(const bytes& type, const bytes& code) {
  const auto size = static_cast<std::uint8_t>(code.size() + 1);
  return module_bytes({section(1, joined({{0x01, 0x60}, type})), section(3, {0x01, 0x00}),
                       section(10, joined({{0x01, size, 0x00}, code}))});
}

}  // namespace wasm64::test
