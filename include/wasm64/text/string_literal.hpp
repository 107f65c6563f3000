#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wasm64/base/error.hpp"
#include "wasm64/text/characters.hpp"

namespace wasm64::text {

/// Where a string literal ends, or why it does not (specification 6.3.3).
struct string_scan {
  std::size_t end = 0;  ///< behind the closing quote; on failure, the offending character
  errc failure{};       ///< zero when the literal is well-formed
};

/// Appends a code point as UTF-8.
inline void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

namespace detail {

/// Reads `u{hex}` at `at`, which stands on the `u`. Returns the index behind the brace, 0 when malformed.
inline std::size_t scan_unicode_escape(std::string_view text, std::size_t at, std::uint32_t& point) {
  point = 0;
  if (at + 1 >= text.size() || text[at + 1] != '{') return 0;
  std::size_t i = at + 2;
  bool digit_before = false;
  for (; i < text.size() && text[i] != '}'; ++i) {
    if (text[i] == '_' && digit_before) {
      digit_before = false;
      continue;
    }
    const int digit = hex_value(text[i]);
    if (digit < 0) return 0;
    point = point << 4 | static_cast<std::uint32_t>(digit);
    if (point > 0x10FFFF) return 0;
    digit_before = true;
  }
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  return i < text.size() && digit_before && !surrogate ? i + 1 : 0;
}

constexpr char simple_escape(char c) noexcept {
  switch (c) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case '"': return '"';
    case '\'': return '\'';
    case '\\': return '\\';
    default: return 0;
  }
}

}  // namespace detail

/// Scans the literal whose opening quote stands at `from`; appends its bytes to `out` when there is one.
inline string_scan scan_string(std::string_view text, std::size_t from, std::string* out = nullptr) {
  for (std::size_t i = from + 1; i < text.size();) {
    const char c = text[i];
    if (c == '"') return {i + 1, errc{}};
    if (c == '\n' || c == '\r') return {i, errc::unclosed_string};
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return {i, errc::illegal_character};
    if (c != '\\') {
      if (out != nullptr) out->push_back(c);
      ++i;
      continue;
    }
    if (i + 1 >= text.size()) break;
    const char escape = text[i + 1];
    if (const char plain = detail::simple_escape(escape); plain != 0) {
      if (out != nullptr) out->push_back(plain);
      i += 2;
    } else if (escape == 'u') {
      std::uint32_t point = 0;
      const std::size_t next = detail::scan_unicode_escape(text, i + 1, point);
      if (next == 0) return {i, errc::malformed_string};
      if (out != nullptr) append_utf8(*out, point);
      i = next;
    } else {
      const int high = hex_value(escape);
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return {i, errc::malformed_string};
      if (out != nullptr) out->push_back(static_cast<char>(high << 4 | low));
      i += 3;
    }
  }
  return {text.size(), errc::unclosed_string};
}

/// The bytes of a literal that the lexer has accepted.
inline std::string decode_string(std::string_view literal) {
  std::string bytes;
  scan_string(literal, 0, &bytes);
  return bytes;
}

/// The name an identifier token stands for, without the `$`: `$a` and `$"a"` are the same.
inline std::string decode_id(std::string_view id) {
  return id.size() > 1 && id[1] == '"' ? decode_string(id.substr(1)) : std::string(id.substr(1));
}

}  // namespace wasm64::text
