#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "wasm64/module/types.hpp"

namespace wasm64 {

struct func_instance;

/// A typed value at the edge of the engine: an argument, a result, a global's content. Numbers are kept as bits.
///
/// References name abstract heap types only. Structures, arrays and exceptions move when their store collects garbage,
/// so a value names an entry that the store keeps for it (runtime/rooted.hpp): it is good until the scope in which it
/// came up ends, and in its own store only; elsewhere it is refused with `errc::stale_reference`. Two values may name
/// the same object without being equal (`is_same_reference`).
struct value {
  val_type type = types::i32;
  std::uint64_t bits = 0;
  std::uint64_t high = 0;  ///< upper half of a v128; of a reference what it is

  /// What a reference is. `plain`: null, a function or a host reference.
  enum class form : std::uint8_t { plain, i31, object };

  static value i32(std::int32_t v) noexcept { return {types::i32, static_cast<std::uint32_t>(v), 0}; }
  static value i64(std::int64_t v) noexcept { return {types::i64, static_cast<std::uint64_t>(v), 0}; }
  static value f32(float v) noexcept { return {types::f32, __builtin_bit_cast(std::uint32_t, v), 0}; }
  static value f64(double v) noexcept { return {types::f64, __builtin_bit_cast(std::uint64_t, v), 0}; }
  static value null(val_type type) noexcept { return {type, 0, 0}; }
  static value funcref(const func_instance* f) noexcept {
    return {types::funcref, reinterpret_cast<std::uintptr_t>(f), 0};
  }
  /// A host reference. `handle` is opaque to the engine and below 2^62; 0 is null.
  static value externref(std::uint64_t handle) noexcept { return {types::externref, handle, 0}; }
  /// An unboxed number, of which 31 bits are kept.
  static value i31(std::int32_t v) noexcept {
    return {val_type::ref(heap::i31, false), static_cast<std::uint32_t>(v) & 0x7fffffff,
            static_cast<std::uint64_t>(form::i31)};
  }

  std::int32_t as_i32() const noexcept { return static_cast<std::int32_t>(bits); }
  std::int64_t as_i64() const noexcept { return static_cast<std::int64_t>(bits); }
  float as_f32() const noexcept { return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits)); }
  double as_f64() const noexcept { return __builtin_bit_cast(double, bits); }
  bool is_null() const noexcept { return bits == 0 && high == 0; }
  form reference_form() const noexcept { return static_cast<form>(high & 3); }
  /// The number in an i31, sign-extended.
  std::int32_t as_i31() const noexcept { return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits) << 1) >> 1; }
  /// `bits` as slots hold them: i32 and f32 zero-extended, whatever a host left in the upper half.
  std::uint64_t slot() const noexcept {
    return type.code == type_code::i32 || type.code == type_code::f32 ? bits & 0xffffffff : bits;
  }

  friend bool operator==(const value&, const value&) = default;
};

/// How C++ types map to WebAssembly types in host functions and typed calls.
template <class T>
struct wasm_type;
template <class T>
concept wasm_typed = requires { wasm_type<T>::type; };
template <class T>
  requires(std::is_integral_v<T> && sizeof(T) == 4)
struct wasm_type<T> {
  static constexpr val_type type = types::i32;
  static T from(std::uint64_t bits) noexcept { return static_cast<T>(bits); }
  static std::uint64_t to(T v) noexcept { return static_cast<std::uint32_t>(v); }
};
template <class T>
  requires(std::is_integral_v<T> && sizeof(T) == 8)
struct wasm_type<T> {
  static constexpr val_type type = types::i64;
  static T from(std::uint64_t bits) noexcept { return static_cast<T>(bits); }
  static std::uint64_t to(T v) noexcept { return static_cast<std::uint64_t>(v); }
};
template <>
struct wasm_type<float> {
  static constexpr val_type type = types::f32;
  static float from(std::uint64_t bits) noexcept { return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits)); }
  static std::uint64_t to(float v) noexcept { return __builtin_bit_cast(std::uint32_t, v); }
};
template <>
struct wasm_type<double> {
  static constexpr val_type type = types::f64;
  static double from(std::uint64_t bits) noexcept { return __builtin_bit_cast(double, bits); }
  static std::uint64_t to(double v) noexcept { return __builtin_bit_cast(std::uint64_t, v); }
};

}  // namespace wasm64
