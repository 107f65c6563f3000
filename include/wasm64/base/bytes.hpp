#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace wasm64 {

/// A view of bytes that somebody else owns.
using bytes_view = std::span<const std::uint8_t>;

/// The bytes of a text, which must outlive the view.
inline bytes_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes as a text, without checking that they are UTF-8.
inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads a little-endian value at any alignment. The caller has checked the bounds.
template <class T>
  requires std::is_trivially_copyable_v<T>
T load_le(const void* from) noexcept {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "wasm64 needs a little-endian machine");
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Writes a little-endian value at any alignment. The caller has checked the bounds.
template <class T>
  requires std::is_trivially_copyable_v<T>
void store_le(void* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace wasm64
