#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wasm64/base/bytes.hpp"

namespace wasm64 {

/// Walks the segments of a path such as "a/b/c". Empty segments are dropped, so "/a//b" has two.
class path_segments {
 public:
  explicit constexpr path_segments(std::string_view path) noexcept : rest_(path) {}

  /// Moves on; false at the end of the path.
  constexpr bool next(std::string_view& segment) noexcept {
    while (!rest_.empty() && rest_.front() == '/') rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    segment = rest_.substr(0, rest_.find('/'));
    rest_.remove_prefix(segment.size());
    return true;
  }
  constexpr bool empty() const noexcept {
    std::string_view ignored;
    return !path_segments(rest_).next(ignored);
  }
  constexpr std::size_t count() const noexcept {
    path_segments walk(rest_);
    std::string_view ignored;
    std::size_t n = 0;
    while (walk.next(ignored)) ++n;
    return n;
  }

 private:
  std::string_view rest_;
};

namespace detail {
constexpr char ascii_lower(char c) noexcept {
  return static_cast<char>(c | (static_cast<unsigned char>(c - 'A') < 26 ? 0x20 : 0));
}
}  // namespace detail

/// IDs (32 raw bytes, 42 characters of an Ethereum address, 43 of base64url) are compared as they are; every other
/// key without regard to the case of ASCII letters.
constexpr bool is_id_key(std::string_view key) noexcept {
  return key.size() == 32 || key.size() == 42 || key.size() == 43;
}

/// Orders keys as the lookup sees them: negative, zero (the same key) or positive.
constexpr int compare_keys(std::string_view a, std::string_view b) noexcept {
  const bool fold_a = !is_id_key(a);
  const bool fold_b = !is_id_key(b);
  const bool same_fold = fold_a == fold_b;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (same_fold && a[i] == b[i]) continue;
    const auto x = static_cast<std::uint8_t>(fold_a ? detail::ascii_lower(a[i]) : a[i]);
    const auto y = static_cast<std::uint8_t>(fold_b ? detail::ascii_lower(b[i]) : b[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

namespace detail {
/// The first eight bytes of a key as the lookup sees them, the first one highest and zeros behind the last: keys with
/// different heads are ordered as these.
inline std::uint64_t key_head(std::string_view key) noexcept {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(key.data());
  std::uint64_t head = 0;
  if (key.size() >= 8) {
    head = __builtin_bswap64(load_le<std::uint64_t>(bytes));
  } else if (key.size() >= 4) {  // both ends, which overlap
    head = std::uint64_t{__builtin_bswap32(load_le<std::uint32_t>(bytes))} << 32 |
           std::uint64_t{__builtin_bswap32(load_le<std::uint32_t>(bytes + key.size() - 4))} << (64 - 8 * key.size());
  } else {
    for (std::size_t i = 0; i < key.size(); ++i) head |= std::uint64_t{bytes[i]} << (56 - 8 * i);
  }
  if (is_id_key(key)) return head;
  constexpr std::uint64_t each = 0x0101'0101'0101'0101;
  const std::uint64_t low_bits = head & each * 0x7f;
  const std::uint64_t is_upper = (low_bits + each * (0x80 - 'A')) & ~(low_bits + each * (0x7f - 'Z')) & ~head;
  return head | (is_upper & each * 0x80) >> 2;  // 0x20 where the byte is one of A to Z
}
}  // namespace detail

constexpr bool same_key(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && compare_keys(a, b) == 0;
}

/// Keys that begin with "priv" are private: never listed, read, hashed or stored with the public ones.
constexpr bool is_private_key(std::string_view key) noexcept {
  constexpr std::string_view prefix = "priv";
  if (key.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (detail::ascii_lower(key[i]) != prefix[i]) return false;
  }
  return true;
}

namespace detail {
/// Paths into a private part may repeat its name: "priv/instance" is "instance".
constexpr std::string_view without_private_prefix(std::string_view path) noexcept {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (!is_private_key(path.substr(0, path.find('/')))) return path;
  return path.find('/') == std::string_view::npos ? std::string_view() : path.substr(path.find('/'));
}
}  // namespace detail

/// The position (from 0) that a segment such as "1" names in a list, or npos. Lists count from 1 in decimal.
constexpr std::size_t list_position(std::string_view segment) noexcept {
  constexpr std::size_t npos = ~std::size_t{0};
  if (segment.empty() || segment.size() > 18 || segment.front() == '0') return npos;
  std::size_t n = 0;
  for (const char c : segment) {
    if (c < '0' || c > '9') return npos;
    n = n * 10 + static_cast<std::size_t>(c - '0');
  }
  return n - 1;
}

}  // namespace wasm64
