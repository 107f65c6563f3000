#pragma once

#include <cstdint>
#include <string_view>

namespace wasm64::text {

/// Characters of identifiers, keywords and numbers (specification 6.3.5).
constexpr bool is_id_char(char c) noexcept {
  if (c <= ' ' || c >= 0x7f) return false;
  constexpr std::string_view excluded = "\"(),;[]{}";
  return excluded.find(c) == std::string_view::npos;
}

/// Characters that glue to a neighbouring token and make it a reserved one.
constexpr bool is_reserved_punctuation(char c) noexcept {
  return c == ',' || c == ';' || c == '[' || c == ']' || c == '{' || c == '}';
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace wasm64::text
