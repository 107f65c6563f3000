#pragma once

#include <string>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"

// base64url (RFC 4648, section 5) without padding: how ids and, in JSON texts, bytes are written.

namespace wasm64 {

namespace detail {

inline constexpr char base64url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// 0 … 63, or 64 for a character that is no digit.
constexpr std::uint32_t base64url_value(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  return c == '-' ? 62 : c == '_' ? 63 : 64;
}

}  // namespace detail

inline std::string to_base64url(bytes_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text.push_back(detail::base64url_digits[bits >> (count - 6) & 63]);
  }
  if (count != 0) text.push_back(detail::base64url_digits[bits << (6 - count) & 63]);
  return text;
}

/// The inverse. Of the last character only the form that `to_base64url` writes is accepted, so bytes have one text.
/// Fails with malformed_message.
inline result<byte_vector> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return fail(errc::malformed_message, text.size(), "base64url");
  byte_vector bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t digit = detail::base64url_value(text[i]);
    if (digit == 64) return fail(errc::malformed_message, i, "base64url");
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  if ((bits & ((1u << count) - 1)) != 0) return fail(errc::malformed_message, text.size() - 1, "base64url");
  return bytes;
}

}  // namespace wasm64
