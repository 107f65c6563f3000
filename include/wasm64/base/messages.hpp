#pragma once

#include <string>

#include "wasm64/base/error.hpp"

namespace wasm64 {

/// The text of a code, in the words of the official test suite where it has some.
constexpr const char* message(errc code) noexcept {
  switch (code) {
#define WASM64_ERRC(name, value, text) \
  case errc::name: return text;
#include "wasm64/base/errors.def"
  }
  return "unknown error";
}

/// "message: detail (at offset 0x1f)", for people.
inline std::string to_string(const error& e) {
  std::string text = message(e.code);
  if (!e.detail.empty()) text.append(": ").append(e.detail);
  if (e.offset == error::no_offset) return text;
  if (const std::uint64_t line = e.offset >> 32; line != 0) {
    return text.append(" (line ") + std::to_string(line) + ", column " + std::to_string(e.offset & 0xffffffff) + ")";
  }
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (std::uint64_t rest = e.offset; rest != 0 || hex.empty(); rest >>= 4) hex.insert(hex.begin(), digits[rest & 15]);
  return text.append(" (at offset 0x").append(hex).append(")");
}

}  // namespace wasm64
