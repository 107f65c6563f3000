#pragma once

#include <cstdint>

#include "wasm64/base/containers.hpp"

namespace wasm64 {

/// Binary codes of the value types (specification 5.3.1–5.3.5).
enum class type_code : std::uint8_t {
  none = 0x00,  ///< not a type: the validator's bottom
  i32 = 0x7F,
  i64 = 0x7E,
  f32 = 0x7D,
  f64 = 0x7C,
  v128 = 0x7B,
  i8 = 0x78,   ///< packed, storage types only
  i16 = 0x77,  ///< packed, storage types only
  ref = 0x64,  ///< any reference; `val_type::heap` says to what
};

/// A heap type: an index into the type section, or an abstract type as its negative s33 code (specification 5.3.3).
struct heap_type {
  std::int32_t code = 0;

  constexpr bool is_index() const noexcept { return code >= 0; }
  constexpr std::uint32_t index() const noexcept { return static_cast<std::uint32_t>(code); }
  friend constexpr bool operator==(heap_type, heap_type) = default;
};

namespace heap {
inline constexpr heap_type noexn{-0x0C}, nofunc{-0x0D}, noextern{-0x0E}, none{-0x0F}, func{-0x10}, extern_{-0x11},
    any{-0x12}, eq{-0x13}, i31{-0x14}, struct_{-0x15}, array{-0x16}, exn{-0x17};
/// Not a type: what the validator knows of a reference in unreachable code. It is below all others.
inline constexpr heap_type bottom{-1};
}  // namespace heap

/// A value type (specification 2.3.4). Eight bytes, compared member by member.
struct val_type {
  type_code code = type_code::none;
  bool nullable = false;
  heap_type heap{};

  constexpr bool is_ref() const noexcept { return code == type_code::ref; }
  /// Whether there is a value that a variable has before it is set: zero or null (specification 3.2.16).
  constexpr bool has_default() const noexcept { return !is_ref() || nullable; }
  constexpr bool is_num() const noexcept { return code >= type_code::f64; }
  constexpr bool is_vec() const noexcept { return code == type_code::v128; }
  /// 8-byte slots a value of this type takes in a frame.
  constexpr std::uint32_t slots() const noexcept { return code == type_code::v128 ? 2 : 1; }
  friend constexpr bool operator==(val_type, val_type) = default;

  static constexpr val_type ref(heap_type to, bool null = true) noexcept { return {type_code::ref, null, to}; }
  static constexpr val_type ref_to(std::uint32_t type_index, bool null) noexcept {
    return ref(heap_type{static_cast<std::int32_t>(type_index)}, null);
  }
};

namespace types {
inline constexpr val_type i32{type_code::i32}, i64{type_code::i64}, f32{type_code::f32}, f64{type_code::f64},
    v128{type_code::v128}, bottom{}, funcref = val_type::ref(heap::func), externref = val_type::ref(heap::extern_),
                                     exnref = val_type::ref(heap::exn);
}  // namespace types

/// A function type (specification 2.3.8).
struct func_type {
  vector<val_type> params;
  vector<val_type> results;
  friend bool operator==(const func_type& a, const func_type& b) = default;
};

/// A field of a structure or the element of an array (specification 2.3.9).
struct field_type {
  val_type type;
  bool is_mutable = false;
  friend constexpr bool operator==(field_type, field_type) = default;
};

/// Whether a storage type is i8 or i16.
constexpr bool is_packed(val_type storage) noexcept {
  return storage.code == type_code::i8 || storage.code == type_code::i16;
}
/// The type of the values that are read from and written to a storage type.
constexpr val_type unpacked(val_type storage) noexcept { return is_packed(storage) ? types::i32 : storage; }

enum class comp_kind : std::uint8_t { func, struct_, array };

/// One entry of the type section: a sub type with its composite type (specification 2.3.10, 2.3.11).
struct sub_type {
  bool is_final = true;
  comp_kind kind = comp_kind::func;
  vector<std::uint32_t> supers;
  func_type func;              ///< when `kind` is `func`
  vector<field_type> fields;   ///< structure fields, or the one array element
  bool has_default = false;    ///< all fields have default values; filled by validation
  std::uint32_t group_begin = 0;  ///< first type index of the recursive group it belongs to
  std::uint32_t group_size = 1;
};

/// Bounds of a memory (in pages) or a table (in elements) (specification 2.3.12).
struct limits_type {
  std::uint64_t min = 0;
  std::uint64_t max = ~std::uint64_t{0};  ///< meaningful when `has_max`
  bool has_max = false;
  bool is_64 = false;  ///< address type i64
  bool is_shared = false;

  constexpr val_type address_type() const noexcept { return is_64 ? types::i64 : types::i32; }
};

/// A memory: limits in pages.
struct memory_type {
  limits_type limits;
  std::uint8_t page_size_log2 = 16;  ///< custom page sizes: 0 or 16
  constexpr std::uint64_t page_size() const noexcept { return std::uint64_t{1} << page_size_log2; }
};

/// Most pages a memory of that address type and page size can have: all that can be addressed; of bytes one less, so
/// that their number is one of the type, and −1 none of them.
constexpr std::uint64_t max_pages(const memory_type& type) noexcept {
  const unsigned bits = (type.limits.is_64 ? 64u : 32u) - type.page_size_log2;
  return type.page_size_log2 != 0 ? std::uint64_t{1} << bits : ~std::uint64_t{0} >> (64 - bits);
}

/// A table: limits in elements.
struct table_type {
  val_type element = types::funcref;
  limits_type limits;
};

/// A global: its type and whether it can be set.
struct global_type {
  val_type type;
  bool is_mutable = false;
  friend constexpr bool operator==(global_type, global_type) = default;
};

/// A tag: the function type whose parameters an exception carries.
struct tag_type {
  std::uint32_t type = 0;  ///< index of a function type
};

/// What can be imported and exported; the values are those of the binary format.
enum class extern_kind : std::uint8_t { func = 0, table = 1, memory = 2, global = 3, tag = 4 };

}  // namespace wasm64
