#pragma once

#include <cstdint>
#include <cstring>

namespace wasm64::detail {

/// True when all bytes are zero. Compares the bytes with themselves, one further.
inline bool is_zero(const std::uint8_t* bytes, std::uint64_t size) noexcept {
  return size == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0);
}

}  // namespace wasm64::detail
