#pragma once

#include <cstdint>

#include "wasm64/lower/code.hpp"

namespace wasm64::reference {

// A reference as slots, fields, tables and globals hold it. The low bits tell what it is:
//
//   0                        null
//   … v v v v v v 1          i31: its 31 bits, zero-extended
//   … h h h h h 1 0          host: a handle of 62 bits
//   … a a a a a 0 0          address of a function instance, or of an object on the heap
//
// So any.convert_extern and extern.convert_any do nothing, and whether an address is that of an object is told by
// whether it lies in the heap's space.

inline constexpr word i31_bit = 1, host_bits = 2, tag_mask = 3;
inline constexpr unsigned handle_bits = 62;

WASM64_HOT_BEGIN
WASM64_HOT constexpr word from_i31(std::uint32_t value) noexcept { return word{value & 0x7fffffff} << 1 | i31_bit; }
WASM64_HOT constexpr std::uint32_t i31_u(word reference) noexcept { return static_cast<std::uint32_t>(reference) >> 1; }
WASM64_HOT constexpr std::uint32_t i31_s(word reference) noexcept {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(reference)) >> 1);
}
WASM64_HOT_END
constexpr bool is_i31(word reference) noexcept { return (reference & i31_bit) != 0; }

/// `handle` is below 2^62.
constexpr word from_host(std::uint64_t handle) noexcept { return handle << 2 | host_bits; }
constexpr std::uint64_t host_handle(word reference) noexcept { return reference >> 2; }
constexpr bool is_host(word reference) noexcept { return (reference & tag_mask) == host_bits; }

/// Whether it is the address of something, a function or an object.
constexpr bool is_address(word reference) noexcept { return reference != 0 && (reference & tag_mask) == 0; }

}  // namespace wasm64::reference
