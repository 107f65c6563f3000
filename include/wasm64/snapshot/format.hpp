#pragma once

#include <array>
#include <cstdint>

// A snapshot of a quiescent instance. Integers are little-endian, nothing is aligned.
//
//   snapshot = magic version:u32 module:byte{32} heap:u64 globals memories tables elems datas padding digest:byte{32}
//   globals  = count:u32 slot*              what the module defines, in order; a v128 takes two slots
//   memories = count:u32 memory*            what the module defines, in order
//   memory   = pages:u64 map:byte* block*   one bit a block of 4096 bytes, low bits first; blocks that are all zero
//                                           have a zero bit and no bytes; the last block may be short
//   tables   = count:u32 (size:u64 reference:u32*)*
//   elems    = count:u32 flag:byte*         1 for each dropped segment
//   datas    = count:u32 flag:byte*
//   padding  = 00 or nothing                so that no snapshot is as long as a bare memory, which is whole pages
//
//   slot      = u64                         a number's bits, or a reference
//   reference = function index + 1, 0 for null
//
// `module` is the module's id, `digest` the hash of all bytes before it. One state has one snapshot: a reader refuses
// what a writer would not have written.

namespace wasm64::snapshot_format {

inline constexpr std::array<std::uint8_t, 8> magic{0, 'w', '6', '4', 's', 'n', 'a', 'p'};
inline constexpr std::uint32_t version = 2;
inline constexpr std::size_t digest_size = 32;
inline constexpr std::size_t header_size = magic.size() + sizeof version + 32;
inline constexpr std::uint64_t block_size = 4096;
inline constexpr std::uint64_t page_size = 65536;

constexpr std::uint64_t block_count(std::uint64_t bytes) noexcept {
  return bytes / block_size + (bytes % block_size != 0 ? 1 : 0);
}

}  // namespace wasm64::snapshot_format
