#pragma once

#include <cstdint>
#include <type_traits>

#include "wasm64/base/error.hpp"

namespace wasm64 {

/// What reading one LEB128 integer came to. `next` is behind its last byte; on failure, at the offending byte.
template <class T>
struct leb128_read {
  T value = 0;
  const std::uint8_t* next = nullptr;
  errc failure{};  ///< zero when the integer is well-formed
};

/// Reads an integer of `bits` bits (1 to 64), signed when `T` is, from [from, end) (specification 5.2.2).
/// Fails with `unexpected_end`, `integer_too_long` (more bytes than `bits` needs) or `integer_too_large` (its unused
/// bits are no sign or zero extension).
template <class T, unsigned bits>
constexpr leb128_read<T> read_leb128(const std::uint8_t* from, const std::uint8_t* end) noexcept {
  constexpr unsigned max_bytes = (bits + 6) / 7;
  constexpr unsigned last_bits = bits - 7 * (max_bytes - 1);  // payload bits of the last possible byte
  std::uint64_t value = 0;
  for (unsigned i = 0; i < max_bytes; ++i, ++from) {
    if (from == end) return {0, from, errc::unexpected_end};
    const std::uint8_t byte = *from;
    value |= std::uint64_t{byte & 0x7Fu} << (7 * i);
    if (i == max_bytes - 1) {
      if ((byte & 0x80u) != 0) return {0, from, errc::integer_too_long};
      constexpr unsigned unused = 0x7Fu & ~((1u << last_bits) - 1);
      constexpr unsigned sign = std::is_signed_v<T> ? 1u << (last_bits - 1) : 0;
      if ((byte & unused) != ((byte & sign) != 0 ? unused : 0)) return {0, from, errc::integer_too_large};
    }
    if ((byte & 0x80u) == 0) {
      if (const unsigned read = 7 * (i + 1); std::is_signed_v<T> && read < 64 && (byte & 0x40u) != 0) {
        value |= ~std::uint64_t{0} << read;
      }
      return {static_cast<T>(value), from + 1, errc{}};
    }
  }
  return {0, from, errc::integer_too_long};
}

}  // namespace wasm64
