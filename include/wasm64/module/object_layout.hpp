#pragma once

#include <cstdint>

#include "wasm64/base/containers.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// Objects on the heap: structures, arrays and exceptions. Each begins with one header word and is a multiple of eight
/// bytes long, which follows from its type and length alone:
///
///     | length (arrays) : 32 | number : 29 | kind : 2 | 0 |
///     | fields, elements or payload …                     |
///
/// `number` is the canonical id of the type, of an exception the number of its tag. A structure's fields are in order,
/// each at a multiple of its size (at most 8), so those of a supertype come first at the same places.
namespace object {

enum class kind : std::uint8_t { struct_, array, exception };

inline constexpr std::uint32_t header_size = 8;
inline constexpr unsigned length_shift = 32;

/// The lower half of a header.
constexpr std::uint32_t tag(kind k, std::uint32_t number) noexcept {
  return number << 3 | static_cast<std::uint32_t>(k) << 1;
}
constexpr kind kind_of(std::uint64_t header) noexcept { return static_cast<kind>(header >> 1 & 3); }
constexpr std::uint32_t number_of(std::uint64_t header) noexcept { return static_cast<std::uint32_t>(header) >> 3; }
constexpr std::uint32_t length_of(std::uint64_t header) noexcept {
  return static_cast<std::uint32_t>(header >> length_shift);
}
constexpr std::uint64_t rounded(std::uint64_t bytes) noexcept { return (bytes + 7) & ~std::uint64_t{7}; }

/// Bytes a field or element takes, as a power of two.
constexpr unsigned log2_size(val_type storage) noexcept {
  switch (storage.code) {
    case type_code::i8: return 0;
    case type_code::i16: return 1;
    case type_code::i32:
    case type_code::f32: return 2;
    case type_code::v128: return 4;
    default: return 3;
  }
}
/// The type on the stack of what is stored so.
constexpr val_type unpacked(val_type storage) noexcept {
  return storage.code == type_code::i8 || storage.code == type_code::i16 ? types::i32 : storage;
}

/// Bytes of an array.
constexpr std::uint64_t array_size(std::uint64_t length, unsigned log2_element) noexcept {
  return rounded(header_size + (length << log2_element));
}

/// Where the parts of a type's objects are.
struct layout {
  std::uint32_t size = header_size;     ///< bytes, header included; of an array without elements
  std::uint32_t tag = 0;                ///< lower half of the header
  std::uint8_t log2_element = 0;        ///< of arrays
  bool has_reference_elements = false;  ///< of arrays
  vector<std::uint32_t> references;     ///< where references are, in words from the header; not of arrays
  vector<std::uint32_t> offsets;        ///< of each field or payload value, in bytes from the header
  vector<val_type> types;  ///< how each is stored, or the one array element; type indices are canonical ids
};

/// The layout of a structure or array type whose type indices are canonical ids.
inline layout lay_out(const sub_type& type, std::uint32_t id) {
  layout out;
  if (type.kind == comp_kind::func) return out;
  out.types.reserve(type.fields.size());
  for (const field_type& f : type.fields) out.types.push_back(f.type);
  if (type.kind == comp_kind::array) {
    out.tag = tag(kind::array, id);
    out.log2_element = static_cast<std::uint8_t>(log2_size(out.types[0]));
    out.has_reference_elements = out.types[0].is_ref();
    return out;
  }
  out.tag = tag(kind::struct_, id);
  std::uint32_t at = header_size;
  for (const val_type t : out.types) {
    const std::uint32_t size = 1u << log2_size(t), alignment = size < 8 ? size : 8;
    at = (at + alignment - 1) & ~(alignment - 1);
    if (t.is_ref()) out.references.push_back(at / 8);
    out.offsets.push_back(at);
    at += size;
  }
  out.size = static_cast<std::uint32_t>(rounded(at));
  return out;
}

/// The layout of an exception: its values as arguments lie, in words.
inline layout lay_out(const func_type& tag_type, std::uint32_t number) {
  layout out;
  out.tag = tag(kind::exception, number);
  for (const val_type t : tag_type.params) {
    if (t.is_ref()) out.references.push_back(out.size / 8);
    out.offsets.push_back(out.size);
    out.types.push_back(t);
    out.size += 8 * t.slots();
  }
  return out;
}

}  // namespace object
}  // namespace wasm64
