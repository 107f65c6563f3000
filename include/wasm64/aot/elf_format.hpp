#pragma once

#include <cstdint>

#include "wasm64/base/bytes.hpp"

// The parts of the ELF format (System V ABI, and its supplements for x86-64 and AArch64) that linking relocatable
// objects needs, and telling one program or library from another.

namespace wasm64::aot::elf {

inline constexpr std::uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1 /* version */};

inline constexpr std::uint16_t relocatable = 1;

enum class machine : std::uint16_t { x86_64 = 62, aarch64 = 183 };

namespace section_type {
inline constexpr std::uint32_t bits = 1, symbols = 2, strings = 3, rela = 4, note = 7, no_bits = 8, rel = 9, group = 17,
                               extended_indices = 18, x86_64_unwind = 0x7000'0001;
}

namespace section_flag {
inline constexpr std::uint64_t writable = 0x1, loaded = 0x2, executable = 0x4, thread_local_ = 0x400,
                               compressed = 0x800;
}

/// Section numbers from here on mean something else.
inline constexpr std::uint16_t first_reserved_section = 0xff00;

namespace binding {
inline constexpr std::uint8_t local = 0, global = 1, weak = 2;
}

inline constexpr std::uint8_t function_symbol = 2;
inline constexpr std::uint8_t section_symbol = 3;

namespace x86_64 {
enum relocation : std::uint32_t { none = 0, pc32 = 2, plt32 = 4, pc64 = 24 };
}

namespace aarch64 {
enum relocation : std::uint32_t {
  none = 0,
  prel64 = 260,
  prel32 = 261,
  ld_prel_lo19 = 273,
  adr_prel_lo21 = 274,
  adr_prel_pg_hi21 = 275,
  add_abs_lo12_nc = 277,
  ldst8_abs_lo12_nc = 278,
  tstbr14 = 279,
  condbr19 = 280,
  jump26 = 282,
  call26 = 283,
  ldst16_abs_lo12_nc = 284,
  ldst32_abs_lo12_nc = 285,
  ldst64_abs_lo12_nc = 286,
  ldst128_abs_lo12_nc = 299,
};
}

struct header {
  static constexpr std::size_t size = 64;
  std::uint16_t type;
  std::uint16_t target;
  std::uint64_t sections;  ///< offset of the table
  std::uint16_t section_size;
  std::uint16_t section_count;
  std::uint16_t name_section;

  static header read(const std::uint8_t* at) noexcept {
    return {load_le<std::uint16_t>(at + 16), load_le<std::uint16_t>(at + 18), load_le<std::uint64_t>(at + 40),
            load_le<std::uint16_t>(at + 58), load_le<std::uint16_t>(at + 60), load_le<std::uint16_t>(at + 62)};
  }
};

struct section {
  static constexpr std::size_t size_in_file = 64;
  std::uint32_t name;
  std::uint32_t type;
  std::uint64_t flags;
  std::uint64_t offset;
  std::uint64_t size;
  std::uint32_t link;
  std::uint32_t info;
  std::uint64_t alignment;

  static section read(const std::uint8_t* at) noexcept {
    return {load_le<std::uint32_t>(at),      load_le<std::uint32_t>(at + 4),  load_le<std::uint64_t>(at + 8),
            load_le<std::uint64_t>(at + 24), load_le<std::uint64_t>(at + 32), load_le<std::uint32_t>(at + 40),
            load_le<std::uint32_t>(at + 44), load_le<std::uint64_t>(at + 48)};
  }
};

struct symbol {
  static constexpr std::size_t size_in_file = 24;
  std::uint32_t name;
  std::uint8_t type;
  std::uint8_t binding;
  std::uint16_t section;
  std::uint64_t value;
  std::uint64_t size;

  static symbol read(const std::uint8_t* at) noexcept {
    return {
        load_le<std::uint32_t>(at),     static_cast<std::uint8_t>(at[4] & 15), static_cast<std::uint8_t>(at[4] >> 4),
        load_le<std::uint16_t>(at + 6), load_le<std::uint64_t>(at + 8),        load_le<std::uint64_t>(at + 16)};
  }
};

struct rela {
  static constexpr std::size_t size_in_file = 24;
  std::uint64_t offset;
  std::uint32_t type;
  std::uint32_t symbol;
  std::uint64_t addend;  ///< as arithmetic is modulo 2^64

  static rela read(const std::uint8_t* at) noexcept {
    return {load_le<std::uint64_t>(at), load_le<std::uint32_t>(at + 8), load_le<std::uint32_t>(at + 12),
            load_le<std::uint64_t>(at + 16)};
  }
};

/// Of a program or shared library: what of it is put where.
struct program_table {
  std::uint64_t offset;
  std::uint16_t entry_size;
  std::uint16_t count;

  /// From the file's header.
  static program_table read(const std::uint8_t* at) noexcept {
    return {load_le<std::uint64_t>(at + 32), load_le<std::uint16_t>(at + 54), load_le<std::uint16_t>(at + 56)};
  }
};

struct segment {
  static constexpr std::size_t size_in_file = 56;
  static constexpr std::uint32_t loaded = 1, dynamic = 2, notes = 4;
  std::uint32_t type;
  std::uint64_t offset;
  std::uint64_t address;
  std::uint64_t size;  ///< in the file

  static segment read(const std::uint8_t* at) noexcept {
    return {load_le<std::uint32_t>(at), load_le<std::uint64_t>(at + 8), load_le<std::uint64_t>(at + 16),
            load_le<std::uint64_t>(at + 32)};
  }
};

/// Behind the head are a name and the content, each filled up to a multiple of four bytes.
struct note {
  static constexpr std::size_t head_size = 12;
  static constexpr std::uint32_t build_id = 3;
  std::uint32_t name_size;
  std::uint32_t size;
  std::uint32_t type;

  static note read(const std::uint8_t* at) noexcept {
    return {load_le<std::uint32_t>(at), load_le<std::uint32_t>(at + 4), load_le<std::uint32_t>(at + 8)};
  }
  static constexpr std::uint64_t padded(std::uint32_t size) noexcept {
    return (std::uint64_t{size} + 3) & ~std::uint64_t{3};
  }
};

namespace dynamic_entry {
inline constexpr std::size_t size = 16;
inline constexpr std::uint64_t needed = 1, names = 5, names_size = 10;
}  // namespace dynamic_entry

}  // namespace wasm64::aot::elf
