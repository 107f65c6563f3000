#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "wasm64/base/base64url.hpp"
#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"

namespace wasm64 {

/// The name of stored bytes: their SHA-256. People see its 43 characters of base64url, without padding.
struct content_id {
  static constexpr std::size_t text_size = 43;

  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const content_id&, const content_id&) = default;
};

/// The 43 characters of an id.
inline std::string to_text(const content_id& id) { return to_base64url(id.bytes); }

/// From 32 raw bytes or 43 characters. Of the last character only the form that `to_text` writes is accepted, so each
/// id has one text. Fails with malformed_id.
inline result<content_id> parse_id(std::string_view text) {
  content_id id;
  if (text.size() == id.bytes.size()) {
    std::memcpy(id.bytes.data(), text.data(), text.size());
    return id;
  }
  if (text.size() != content_id::text_size) return fail(errc::malformed_id);
  const result<byte_vector> bytes = from_base64url(text);
  if (!bytes.has_value()) return fail(errc::malformed_id, std::string(text));
  std::memcpy(id.bytes.data(), bytes.assume_value().data(), id.bytes.size());
  return id;
}

/// The same for a message's binary.
inline result<content_id> parse_id(bytes_view bytes) { return parse_id(as_text(bytes)); }

}  // namespace wasm64
