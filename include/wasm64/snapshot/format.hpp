#pragma once

#include <array>
#include <cstdint>

// A snapshot is the state of a whole store: of all that was made in it, in the order of its making. Integers are
// little-endian. It consists of objects in storage; the id of the first one, the manifest, is the state's id:
//
//   manifest  = magic version:u32 instances memories state padding
//   instances = count:u32 module:byte{32}*     the SHA-256 of each instance's module
//   memories  = count:u32 memory*
//   memory    = pages:u64 log2:u8 root         log2 of the size of a page; a tree of that many bytes
//   state     = size:u64 root                  a tree
//   root      = 00 | 01 id:byte{32}            nothing where all bytes are zero; trees are in snapshot/tree_format.hpp
//   padding   = 00 or nothing                  so that no manifest is as long as a bare memory, which is whole pages
//
// What is no memory is one string of 64-bit words, `state`:
//
//   state     = fuel heap roots:size objects:size ROOTS OBJECTS hosts parts
//   fuel      = word                           2^63 - 1 where the store counts none
//   heap      = word                           what counts for the limit of the heap (runtime/heap.hpp)
//   size      = word                           of ROOTS and of OBJECTS, in bytes
//   ROOTS     = globals tables tags segments call
//   globals   = count slot*                    a v128 takes two slots
//   tables    = count (count reference*)*
//   tags      = count
//   segments  = (count flag* count flag* reference*)*   of each instance, element segments and data segments: 1 for a
//                                              dropped one; then the values of those element segments that are
//                                              expressions and not dropped
//   flag      = byte                           filled up to a whole word with zeros
//   call      = 0 | 1 CALL | 2 CALL            none; one that waits for fuel, or for a host function
//   CALL      = reference reference values count frame*   (runtime/suspension.hpp) what the host called, the function
//                                              that is to answer or null and its arguments; innermost frame first
//   frame     = instance:u32 function:u32 offset values*4   locals, operands, caught exceptions, leftovers
//   values    = size type:byte* slot*          codes of value types, filled up like flags
//   OBJECTS   = object*                        as the heap has them (module/object_layout.hpp), but the number in the
//                                              header is that of the type, see below, or of the exception's tag
//   hosts     = count text*                    what the host's references mean, by the user's hook
//   parts     = count (text text)*             what the host adds: name and content; ascending names, no empty content
//   text      = size byte*                     filled up to a whole word with zeros
//
//   slot      = word                           a number's bits, or a reference
//   reference = 0                              null
//             | number << 3 | 1                i31: its 31 bits
//             | index << 3 | 2                 a host function
//             | instance << 35 | index << 3 | 3  a function that this instance defines
//             | number << 3 | 4                a place in OBJECTS, or
//             | number << 3 | 5                in `hosts`
//
// Objects and host references are numbered as they are reached: in ROOTS from the front, then in the objects one after
// the other. Types are numbered likewise, all types of the first instance's module, of the second's, …; equal ones have
// one number. So the same state has the same bytes, and a reader refuses what a writer would not have written.

namespace wasm64::snapshot_format {

inline constexpr std::array<std::uint8_t, 8> magic{0, 'w', '6', '4', 's', 'n', 'a', 'p'};
inline constexpr std::uint32_t version = 3;
/// Of the bare memories that snapshots are told from.
inline constexpr std::uint64_t memory_page_size = 65536;

enum class reference_kind : std::uint8_t { null, i31, host_func, func, object, host };
inline constexpr unsigned kind_bits = 3, instance_shift = 35;

constexpr std::uint64_t make_reference(reference_kind kind, std::uint64_t number) noexcept {
  return number << kind_bits | static_cast<std::uint64_t>(kind);
}

inline constexpr std::uint64_t uncounted_fuel = 0x7fff'ffff'ffff'ffff;
/// Words of the state in front of ROOTS.
inline constexpr std::size_t state_header = 4;

}  // namespace wasm64::snapshot_format
