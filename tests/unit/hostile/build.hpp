#pragma once

#include <string_view>

#include "tests/unit/binary/module_bytes.hpp"
#include "wasm64/wasm64.hpp"

// Binaries of any size, and what the engine says about them.

namespace wasm64::test {

inline bytes leb(std::uint64_t v) {
  bytes out;
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<std::uint8_t>(v | 0x80));
  out.push_back(static_cast<std::uint8_t>(v));
  return out;
}

inline void append(bytes& to, const bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

/// A section of any size.
inline bytes long_section(std::uint8_t id, const bytes& content) {
  return joined({{id}, leb(content.size()), content});
}

inline bytes repeated(const bytes& part, std::size_t times) {
  bytes out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) append(out, part);
  return out;
}

/// A module with `types` (the content of the type section), one exported function of type 0 with this code entry
/// (locals and instructions), and further sections before the code.
inline bytes module_with_entry(const bytes& types, const bytes& entry, const bytes& before = {}) {
  return module_bytes({long_section(1, types), section(3, {0x01, 0x00}), before,
                       section(7, {0x01, 0x01, 'f', 0x00, 0x00}),
                       long_section(10, joined({{0x01}, leb(entry.size()), entry}))});
}

/// The same of type [] → [], without locals; the `end` is added.
inline bytes module_with_code(const bytes& code, const bytes& before = {}) {
  return module_with_entry({0x01, 0x60, 0x00, 0x00}, joined({{0x00}, code, {0x0B}}), before);
}

/// What compiling comes to: a code of zero means success.
inline error verdict(const bytes& binary) {
  const auto compiled = compile(binary);
  return compiled.has_value() ? error() : compiled.error();
}

inline constexpr std::uint64_t largest_u32 = 0xFFFF'FFFF;

}  // namespace wasm64::test
