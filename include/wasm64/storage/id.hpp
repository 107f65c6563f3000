#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"

namespace wasm64 {

/// The name of stored bytes: their SHA-256. People see its 43 characters of base64url, without padding.
struct content_id {
  static constexpr std::size_t text_size = 43;

  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const content_id&, const content_id&) = default;
};

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

/// The 43 characters of an id.
inline std::string to_text(const content_id& id) {
  std::string text;
  text.reserve(content_id::text_size);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : id.bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text.push_back(detail::base64url_digits[bits >> (count - 6) & 63]);
  }
  text.push_back(detail::base64url_digits[bits << (6 - count) & 63]);
  return text;
}

/// From 32 raw bytes or 43 characters. Of the last character only the form that `to_text` writes is accepted, so each
/// id has one text. Fails with malformed_id.
inline result<content_id> parse_id(std::string_view text) {
  content_id id;
  if (text.size() == id.bytes.size()) {
    std::memcpy(id.bytes.data(), text.data(), text.size());
    return id;
  }
  if (text.size() != content_id::text_size) return fail(errc::malformed_id);
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const std::uint32_t digit = detail::base64url_value(c);
    if (digit == 64) return fail(errc::malformed_id, std::string(text));
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    id.bytes[at++] = static_cast<std::uint8_t>(bits >> count);
  }
  if ((bits & 3) != 0) return fail(errc::malformed_id, std::string(text));
  return id;
}

/// The same for a message's binary.
inline result<content_id> parse_id(bytes_view bytes) { return parse_id(as_text(bytes)); }

}  // namespace wasm64
