#pragma once

#include <bit>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "wasm64/text/characters.hpp"
#include "wasm64/text/number.hpp"

// Values as the literals that stand for them: the inverse of number.hpp and string_literal.hpp.

namespace wasm64::text {

namespace detail {

inline void append_hex(std::string& out, std::uint64_t value, unsigned digits) {
  constexpr char hex[] = "0123456789abcdef";
  for (unsigned i = digits; i-- > 0;) out.push_back(hex[value >> (4 * i) & 15]);
}

/// "\t" as its escape, other bytes as two hexadecimal digits.
inline void append_escape(std::string& out, char c) {
  out.push_back('\\');
  switch (c) {
    case '\t': out.push_back('t'); return;
    case '\n': out.push_back('n'); return;
    case '\r': out.push_back('r'); return;
    case '"':
    case '\\': out.push_back(c); return;
    default: append_hex(out, static_cast<unsigned char>(c), 2);
  }
}

constexpr bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '"' || c == '\\';
}

/// Length of a code point that is better not shown as it is, at the beginning of UTF-8: controls of the second half of
/// Latin-1, and what reorders or hides text in an editor. 0 for everything else.
constexpr std::size_t hidden_character(std::string_view text) noexcept {
  const auto byte = [&text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return 2;                                           // U+0080–U+009F
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) & 0xF0) == 0x80 && byte(2) > 0x8A) return 3;  // U+200B–U+200F
  if (byte(0) == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) return 3;    // U+2028–U+202E
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA0 && byte(2) <= 0xAF) return 3;    // U+2060–U+206F
  return byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0;                      // U+FEFF
}

}  // namespace detail

/// Bytes as a string literal; only printable ASCII stands for itself.
inline void append_bytes(std::string& out, std::string_view bytes) {
  out.push_back('"');
  for (const char c : bytes) {
    if (detail::needs_escape(c) || static_cast<unsigned char>(c) >= 0x80) detail::append_escape(out, c);
    else out.push_back(c);
  }
  out.push_back('"');
}

/// A name, which is UTF-8, as a string literal that people can read.
inline void append_name(std::string& out, std::string_view name) {
  out.push_back('"');
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::size_t hidden = detail::hidden_character(name.substr(i));
    for (std::size_t k = 0; k < hidden; ++k) detail::append_escape(out, name[i + k]);
    if (hidden != 0) i += hidden - 1;
    else if (detail::needs_escape(name[i])) detail::append_escape(out, name[i]);
    else out.push_back(name[i]);
  }
  out.push_back('"');
}

/// A name, not empty, as an identifier: `$name`, or `$"a name"` where it has other characters.
inline void append_id(std::string& out, std::string_view name) {
  bool plain = true;
  for (const char c : name) plain = plain && is_id_char(c);
  out.push_back('$');
  if (plain) out.append(name);
  else append_name(out, name);
}

inline void append_decimal(std::string& out, std::uint64_t value) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end.ptr);
}

inline void append_signed(std::string& out, std::int64_t value) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end.ptr);
}

/// The shortest decimal literal that stands for these bits; NaNs with their payload where it is not the canonical one.
inline void append_float(std::string& out, std::uint64_t bits, float_format format) {
  const std::uint64_t magnitude = bits & (format.sign() - 1);
  if (magnitude >= format.infinity()) {
    if ((bits & format.sign()) != 0) out.push_back('-');
    const std::uint64_t payload = magnitude - format.infinity();
    if (payload == 0) {
      out.append("inf");
    } else if (payload == format.quiet()) {
      out.append("nan");
    } else {
      out.append("nan:0x");
      detail::append_hex(out, payload, (format.mantissa_bits + 3) / 4);
    }
    return;
  }
  char buffer[32];
  const auto end =
      format.mantissa_bits == binary32.mantissa_bits
          ? std::to_chars(buffer, buffer + sizeof buffer, std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
          : std::to_chars(buffer, buffer + sizeof buffer, std::bit_cast<double>(bits));
  out.append(buffer, end.ptr);
}

}  // namespace wasm64::text
