#pragma once

#include "wasm64/runtime/collect.hpp"

// Objects made and filled out of line.

namespace wasm64 {

inline std::uint8_t* bytes_of(word reference) noexcept { return reinterpret_cast<std::uint8_t*>(reference); }
inline std::uint8_t* elements_of(word reference) noexcept { return bytes_of(reference) + object::header_size; }

/// Writes a value where it is stored; `from` is its slot, or two of them.
inline void store_value(std::uint8_t* to, val_type storage, const word* from) noexcept {
  std::memcpy(to, from, std::size_t{1} << object::log2_size(storage));
}

/// Makes a structure whose fields are zero or null. `made` is set unless it traps.
inline errc new_struct(machine& vm, word* fp, std::uint32_t type, word& made) {
  const object::layout& l = vm.heap.types[type];
  if (const errc trap = make_room(vm, fp, l.size); trap != errc{}) return trap;
  word* const at = vm.heap.allocate(l.size);
  at[0] = l.tag;
  std::memset(at + 1, 0, l.size - object::header_size);
  made = reinterpret_cast<word>(at);
  return errc{};
}

/// Makes an array of this length whose elements have yet to be written, before anything else is allocated.
inline errc new_raw_array(machine& vm, word* fp, std::uint32_t type, std::uint32_t length, word& made) {
  const object::layout& l = vm.heap.types[type];
  const std::uint64_t size = object::array_size(length, l.log2_element);
  if (const errc trap = make_room(vm, fp, size); trap != errc{}) return trap;
  word* const at = vm.heap.allocate(size);
  at[size / sizeof(word) - 1] = 0;  // where the elements do not fill the last word
  at[0] = l.tag | word{length} << object::length_shift;
  made = reinterpret_cast<word>(at);
  return errc{};
}

/// Writes `count` copies of a value into an array.
inline void fill_elements(word array, const object::layout& l, std::uint32_t first, std::uint32_t count,
                          const word* value) noexcept {
  std::uint8_t* const to = elements_of(array) + (std::size_t{first} << l.log2_element);
  if (l.log2_element == 0) {
    std::memset(to, static_cast<int>(*value & 0xff), count);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) store_value(to + (i << l.log2_element), l.types[0], value);
}

}  // namespace wasm64
