#pragma once

#include <cstdint>
#include <span>

#include "wasm64/aot/elf_format.hpp"
#include "wasm64/base/bytes.hpp"

// How references are written into instructions. Only those that are distances, or distances between pages: code is put
// at a page, so that both do not depend on where. Each answers false for another kind, and where a distance does not
// fit.

namespace wasm64::aot::detail {

struct relocation_place {
  std::span<std::uint8_t> bytes;  ///< from there to the end of the section
  std::uint64_t at = 0;           ///< offset in the code
  std::uint64_t target = 0;       ///< the same of what is referred to, with the addend

  std::uint64_t distance() const noexcept { return target - at; }
};

constexpr bool fits_signed(std::uint64_t value, unsigned bits) noexcept {
  const std::uint64_t half = std::uint64_t{1} << (bits - 1);
  return value + half < 2 * half;
}

template <class T>
bool write_distance(const relocation_place& p) noexcept {
  if (p.bytes.size() < sizeof(T)) return false;
  if constexpr (sizeof(T) == 4) {
    if (!fits_signed(p.distance(), 32)) return false;
  }
  store_le(p.bytes.data(), static_cast<T>(p.distance()));
  return true;
}

inline bool relocate_x86_64(std::uint32_t type, const relocation_place& p) noexcept {
  switch (type) {
    case elf::x86_64::none: return true;
    case elf::x86_64::pc32:
    case elf::x86_64::plt32: return write_distance<std::uint32_t>(p);
    case elf::x86_64::pc64: return write_distance<std::uint64_t>(p);
    default: return false;
  }
}

/// Replaces `bits` bits of an instruction from bit `low` on by a distance in units of `1 << shift` bytes.
inline bool write_field(const relocation_place& p, unsigned low, unsigned bits, unsigned shift) noexcept {
  const std::uint64_t distance = p.distance();
  if (p.bytes.size() < 4 || !fits_signed(distance, bits + shift)) return false;
  if ((distance & ((std::uint64_t{1} << shift) - 1)) != 0) return false;
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1) << low;
  const auto field = static_cast<std::uint32_t>(distance >> shift) << low;
  store_le(p.bytes.data(), (load_le<std::uint32_t>(p.bytes.data()) & ~mask) | (field & mask));
  return true;
}

/// The 21 bits of `adr` and `adrp`, which are in two places.
inline bool write_adr(const relocation_place& p, std::uint64_t value) noexcept {
  if (p.bytes.size() < 4 || !fits_signed(value, 21)) return false;
  constexpr std::uint32_t mask = 3u << 29 | 0x7'ffffu << 5;
  const auto field = static_cast<std::uint32_t>((value & 3) << 29 | (value >> 2 & 0x7'ffff) << 5);
  store_le(p.bytes.data(), (load_le<std::uint32_t>(p.bytes.data()) & ~mask) | field);
  return true;
}

/// The offset within a page, in units of what is accessed.
inline bool write_page_offset(const relocation_place& p, unsigned shift) noexcept {
  const std::uint64_t offset = p.target & 0xfff;
  if (p.bytes.size() < 4 || (offset & ((std::uint64_t{1} << shift) - 1)) != 0) return false;
  constexpr std::uint32_t mask = 0xfffu << 10;
  const auto field = static_cast<std::uint32_t>(offset >> shift) << 10;
  store_le(p.bytes.data(), (load_le<std::uint32_t>(p.bytes.data()) & ~mask) | field);
  return true;
}

inline bool relocate_aarch64(std::uint32_t type, const relocation_place& p) noexcept {
  constexpr unsigned page = 12;
  switch (type) {
    case elf::aarch64::none: return true;
    case elf::aarch64::prel32: return write_distance<std::uint32_t>(p);
    case elf::aarch64::prel64: return write_distance<std::uint64_t>(p);
    case elf::aarch64::jump26:
    case elf::aarch64::call26: return write_field(p, 0, 26, 2);
    case elf::aarch64::condbr19:
    case elf::aarch64::ld_prel_lo19: return write_field(p, 5, 19, 2);
    case elf::aarch64::tstbr14: return write_field(p, 5, 14, 2);
    case elf::aarch64::adr_prel_lo21: return write_adr(p, p.distance());
    // All of the code is shorter than what 21 bits of pages reach, so that a difference of 64 bits is exact.
    case elf::aarch64::adr_prel_pg_hi21:
      return p.target >> 63 == 0 && write_adr(p, (p.target >> page) - (p.at >> page));
    case elf::aarch64::add_abs_lo12_nc:
    case elf::aarch64::ldst8_abs_lo12_nc: return write_page_offset(p, 0);
    case elf::aarch64::ldst16_abs_lo12_nc: return write_page_offset(p, 1);
    case elf::aarch64::ldst32_abs_lo12_nc: return write_page_offset(p, 2);
    case elf::aarch64::ldst64_abs_lo12_nc: return write_page_offset(p, 3);
    case elf::aarch64::ldst128_abs_lo12_nc: return write_page_offset(p, 4);
    default: return false;
  }
}

}  // namespace wasm64::aot::detail
