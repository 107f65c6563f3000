#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "wasm64/config.hpp"

/// A v128 seen as lanes. The vector extensions that GCC and Clang share mean the same lane by lane on every machine, so
/// nearly all of SIMD is written in them.
WASM64_HOT_BEGIN
namespace wasm64::simd {

using i8x16 [[gnu::vector_size(16)]] = std::int8_t;
using u8x16 [[gnu::vector_size(16)]] = std::uint8_t;
using i16x8 [[gnu::vector_size(16)]] = std::int16_t;
using u16x8 [[gnu::vector_size(16)]] = std::uint16_t;
using i32x4 [[gnu::vector_size(16)]] = std::int32_t;
using u32x4 [[gnu::vector_size(16)]] = std::uint32_t;
using i64x2 [[gnu::vector_size(16)]] = std::int64_t;
using u64x2 [[gnu::vector_size(16)]] = std::uint64_t;
using f32x4 [[gnu::vector_size(16)]] = float;
using f64x2 [[gnu::vector_size(16)]] = double;
/// Lower halves, where a conversion changes the width.
using i32x2 [[gnu::vector_size(8)]] = std::int32_t;
using u32x2 [[gnu::vector_size(8)]] = std::uint32_t;
using f32x2 [[gnu::vector_size(8)]] = float;

/// A v128 without an interpretation.
using v128 = u64x2;

template <class To, class From>
WASM64_HOT To as(From v) noexcept {
  return __builtin_bit_cast(To, v);
}

template <class V>
using lane_of = std::remove_cvref_t<decltype(V{}[0])>;
template <class V>
inline constexpr unsigned lane_count = sizeof(V) / sizeof(lane_of<V>);
template <class V>
inline constexpr unsigned lane_bits = sizeof(lane_of<V>) * 8;

/// Signed and unsigned lanes of the same width.
template <class V>
struct integer_lanes;
#define WASM64_LANES(F, S, U) \
  template <>                 \
  struct integer_lanes<F> {   \
    using i = S;              \
    using u = U;              \
  };
WASM64_LANES(u8x16, i8x16, u8x16)
WASM64_LANES(i8x16, i8x16, u8x16)
WASM64_LANES(u16x8, i16x8, u16x8)
WASM64_LANES(i16x8, i16x8, u16x8)
WASM64_LANES(u32x4, i32x4, u32x4)
WASM64_LANES(i32x4, i32x4, u32x4)
WASM64_LANES(f32x4, i32x4, u32x4)
WASM64_LANES(u64x2, i64x2, u64x2)
WASM64_LANES(i64x2, i64x2, u64x2)
WASM64_LANES(f64x2, i64x2, u64x2)
#undef WASM64_LANES
template <class V>
using signed_lanes = typename integer_lanes<V>::i;
template <class V>
using unsigned_lanes = typename integer_lanes<V>::u;

/// The same number in every lane.
template <class V>
WASM64_HOT V all(lane_of<V> x) noexcept {
  return x - V{};
}

/// Bits of `a` where the mask has ones, of `b` elsewhere.
template <class M, class V>
WASM64_HOT V select(M mask, V a, V b) noexcept {
  const v128 m = as<v128>(mask);
  return as<V>((as<v128>(a) & m) | (as<v128>(b) & ~m));
}

/// 0, 1, 2, … by lane.
template <class V>
WASM64_HOT V lane_numbers() noexcept {
  V v{};
  for (unsigned i = 0; i < lane_count<V>; ++i) v[i] = static_cast<lane_of<V>>(i);
  return v;
}

/// The lanes of the lower halves in turn: a0 b0 a1 b1 …, and those of the upper halves.
WASM64_HOT u8x16 interleave_low(u8x16 a, u8x16 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
WASM64_HOT u8x16 interleave_high(u8x16 a, u8x16 b) noexcept {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
WASM64_HOT u16x8 interleave_low(u16x8 a, u16x8 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
WASM64_HOT u16x8 interleave_high(u16x8 a, u16x8 b) noexcept {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
WASM64_HOT u32x4 interleave_low(u32x4 a, u32x4 b) noexcept { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
WASM64_HOT u32x4 interleave_high(u32x4 a, u32x4 b) noexcept { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }

/// Lanes of twice the width, zero-extended from unsigned lanes and sign-extended from signed ones.
template <class W, class V>
WASM64_HOT W extend_low(V a) noexcept {
  using U = unsigned_lanes<V>;
  return as<W>(interleave_low(as<U>(a), as<U>(a < V{})));
}
template <class W, class V>
WASM64_HOT W extend_high(V a) noexcept {
  using U = unsigned_lanes<V>;
  return as<W>(interleave_high(as<U>(a), as<U>(a < V{})));
}

}  // namespace wasm64::simd
WASM64_HOT_END
