#pragma once

#include "wasm64/exec/simd_native.hpp"
#include "wasm64/exec/simd_rows.hpp"

WASM64_HOT_BEGIN
namespace wasm64::simd {

// Bits.
WASM64_VECTOR_1(v128_not, v128, ~a)
WASM64_VECTOR_2(v128_and, v128, v128, a& b)
WASM64_VECTOR_2(v128_andnot, v128, v128, a & ~b)
WASM64_VECTOR_2(v128_or, v128, v128, a | b)
WASM64_VECTOR_2(v128_xor, v128, v128, a ^ b)
WASM64_VECTOR_3(v128_bitselect, v128, v128, v128, select(c, a, b))
WASM64_VECTOR_1(v128_any_true, v128, (a[0] | a[1]) != 0)
/// The lower half from a slot, the upper half zero.
WASM64_VECTOR_1(v128_from_low, std::uint64_t, (v128{a, 0}))

// Lanes of every width.

template <class U>
WASM64_HOT U shift_right_s(U a, lane_of<U> n) noexcept {
  if constexpr (sizeof(lane_of<U>) == 1) {
    // There is no shift of bytes: shift without sign, then extend what was the sign bit.
    const U sign = all<U>(static_cast<lane_of<U>>(0x80 >> n));
    return ((a >> n) ^ sign) - sign;
  } else {
    return as<U>(as<signed_lanes<U>>(a) >> static_cast<lane_of<signed_lanes<U>>>(n));
  }
}
template <class U>
WASM64_HOT bool none_zero(U a) noexcept {
  const v128 zeros = as<v128>(a == U{});
  return (zeros[0] | zeros[1]) == 0;
}
template <class S>
WASM64_HOT S absolute(S a, S negative) noexcept {
  using U = unsigned_lanes<S>;
  return as<S>((as<U>(a) ^ as<U>(negative)) - as<U>(negative));
}
template <class U>
WASM64_HOT U replace_lane(U a, lane_of<U> lane, std::uint32_t number) noexcept {
  // Lanes of 64 bits are compared as pairs of 32.
  using Number = std::conditional_t<lane_count<U> == 2, i32x4, signed_lanes<U>>;
  constexpr unsigned parts = lane_count<Number> / lane_count<U>;
  const Number here = lane_numbers<Number>() / static_cast<lane_of<Number>>(parts);
  return select(here == all<Number>(static_cast<lane_of<Number>>(number)), all<U>(lane), a);
}

#define WASM64_INTEGERS(P, S, U, Slot)                                                                            \
  WASM64_VECTOR_1(P##_splat, Slot, all<U>(static_cast<lane_of<U>>(a)))                                            \
  WASM64_VECTOR_2(P##_add, U, U, a + b)                                                                           \
  WASM64_VECTOR_2(P##_sub, U, U, a - b)                                                                           \
  WASM64_VECTOR_1(P##_neg, U, U{} - a)                                                                            \
  WASM64_VECTOR_2(P##_shl, U, std::uint32_t, a << static_cast<lane_of<U>>(b & (lane_bits<U> - 1)))                \
  WASM64_VECTOR_2(P##_shr_u, U, std::uint32_t, a >> static_cast<lane_of<U>>(b & (lane_bits<U> - 1)))              \
  WASM64_VECTOR_2(P##_shr_s, U, std::uint32_t, shift_right_s(a, static_cast<lane_of<U>>(b & (lane_bits<U> - 1)))) \
  WASM64_VECTOR_1(P##_all_true, U, none_zero(a))                                                                  \
  WASM64_VECTOR_1(P##_bitmask, U, native::sign_bits(a))                                                           \
  WASM64_VECTOR_3(P##_replace_lane, U, Slot, std::uint32_t, replace_lane(a, static_cast<lane_of<U>>(b), c))
WASM64_INTEGERS(i8x16, i8x16, u8x16, std::uint32_t)
WASM64_INTEGERS(i16x8, i16x8, u16x8, std::uint32_t)
WASM64_INTEGERS(i32x4, i32x4, u32x4, std::uint32_t)
WASM64_INTEGERS(i64x2, i64x2, u64x2, std::uint64_t)
#undef WASM64_INTEGERS

WASM64_VECTOR_2(i16x8_mul, u16x8, u16x8, a* b)
WASM64_VECTOR_2(i32x4_mul, u32x4, u32x4, a* b)
WASM64_VECTOR_2(i64x2_mul, u64x2, u64x2, a* b)

#define WASM64_UP_TO_32(P, S, U)                        \
  WASM64_VECTOR_1(P##_abs, S, absolute(a, S(a < S{})))  \
  WASM64_VECTOR_2(P##_eq, U, U, a == b)                 \
  WASM64_VECTOR_2(P##_ne, U, U, a != b)                 \
  WASM64_VECTOR_2(P##_lt_s, S, S, a < b)                \
  WASM64_VECTOR_2(P##_le_s, S, S, a <= b)               \
  WASM64_VECTOR_2(P##_lt_u, U, U, a < b)                \
  WASM64_VECTOR_2(P##_le_u, U, U, a <= b)               \
  WASM64_VECTOR_2(P##_min_s, S, S, select(a < b, a, b)) \
  WASM64_VECTOR_2(P##_max_s, S, S, select(a > b, a, b)) \
  WASM64_VECTOR_2(P##_min_u, U, U, select(a < b, a, b)) \
  WASM64_VECTOR_2(P##_max_u, U, U, select(a > b, a, b))
WASM64_UP_TO_32(i8x16, i8x16, u8x16)
WASM64_UP_TO_32(i16x8, i16x8, u16x8)
WASM64_UP_TO_32(i32x4, i32x4, u32x4)
#undef WASM64_UP_TO_32
WASM64_VECTOR_1(i64x2_abs, i64x2, absolute(a, native::negative(a)))
WASM64_VECTOR_2(i64x2_eq, i64x2, i64x2, native::equal(a, b))
WASM64_VECTOR_2(i64x2_ne, i64x2, i64x2, ~native::equal(a, b))
WASM64_VECTOR_2(i64x2_lt_s, i64x2, i64x2, native::less_s(a, b))
WASM64_VECTOR_2(i64x2_le_s, i64x2, i64x2, ~native::less_s(b, a))

#define WASM64_UP_TO_16(P, S, U)                                \
  WASM64_VECTOR_2(P##_add_sat_s, S, S, native::add_sat_s(a, b)) \
  WASM64_VECTOR_2(P##_add_sat_u, U, U, native::add_sat_u(a, b)) \
  WASM64_VECTOR_2(P##_sub_sat_s, S, S, native::sub_sat_s(a, b)) \
  WASM64_VECTOR_2(P##_sub_sat_u, U, U, native::sub_sat_u(a, b)) \
  WASM64_VECTOR_2(P##_avgr_u, U, U, native::average(a, b))
WASM64_UP_TO_16(i8x16, i8x16, u8x16)
WASM64_UP_TO_16(i16x8, i16x8, u16x8)
#undef WASM64_UP_TO_16

#define WASM64_EXTRACT(name, V, Lane, Out)                             \
  struct name {                                                        \
    using in = V;                                                      \
    using lane = Lane;                                                 \
    using out = Out;                                                   \
    WASM64_HOT static out apply(in a, std::uint32_t number) noexcept { \
      return static_cast<out>(as<lane>(a[number % lane_count<in>]));   \
    }                                                                  \
  };
WASM64_EXTRACT(i8x16_extract_lane_s, i8x16, std::int8_t, std::uint32_t)
WASM64_EXTRACT(i8x16_extract_lane_u, u8x16, std::uint8_t, std::uint32_t)
WASM64_EXTRACT(i16x8_extract_lane_s, i16x8, std::int16_t, std::uint32_t)
WASM64_EXTRACT(i16x8_extract_lane_u, u16x8, std::uint16_t, std::uint32_t)
WASM64_EXTRACT(i32x4_extract_lane, u32x4, std::uint32_t, std::uint32_t)
WASM64_EXTRACT(i64x2_extract_lane, u64x2, std::uint64_t, std::uint64_t)
WASM64_EXTRACT(f32x4_extract_lane, f32x4, float, float)
WASM64_EXTRACT(f64x2_extract_lane, f64x2, double, double)
#undef WASM64_EXTRACT

// Lanes of twice the width, from lanes `N` wide.

#define WASM64_WIDER(P, N, WU, S, U)                                                      \
  WASM64_VECTOR_1(P##_extend_low_##N##_s, S, extend_low<WU>(a))                           \
  WASM64_VECTOR_1(P##_extend_low_##N##_u, U, extend_low<WU>(a))                           \
  WASM64_VECTOR_1(P##_extend_high_##N##_s, S, extend_high<WU>(a))                         \
  WASM64_VECTOR_1(P##_extend_high_##N##_u, U, extend_high<WU>(a))                         \
  WASM64_VECTOR_2(P##_extmul_low_##N##_s, S, S, extend_low<WU>(a) * extend_low<WU>(b))    \
  WASM64_VECTOR_2(P##_extmul_low_##N##_u, U, U, extend_low<WU>(a) * extend_low<WU>(b))    \
  WASM64_VECTOR_2(P##_extmul_high_##N##_s, S, S, extend_high<WU>(a) * extend_high<WU>(b)) \
  WASM64_VECTOR_2(P##_extmul_high_##N##_u, U, U, extend_high<WU>(a) * extend_high<WU>(b))
WASM64_WIDER(i16x8, i8x16, u16x8, i8x16, u8x16)
WASM64_WIDER(i32x4, i16x8, u32x4, i16x8, u16x8)
WASM64_WIDER(i64x2, i32x4, u64x2, i32x4, u32x4)
#undef WASM64_WIDER

/// The lower (even) and upper (odd) half of every wide lane, extended.
template <class W, unsigned Half>
WASM64_HOT W even_half(W a) noexcept {
  return (a << static_cast<lane_of<W>>(Half)) >> static_cast<lane_of<W>>(Half);
}
template <class W, unsigned Half>
WASM64_HOT W odd_half(W a) noexcept {
  return a >> static_cast<lane_of<W>>(Half);
}
#define WASM64_PAIRWISE(name, W, Half) WASM64_VECTOR_1(name, W, (even_half<W, Half>(a) + odd_half<W, Half>(a)))
WASM64_PAIRWISE(i16x8_extadd_pairwise_i8x16_s, i16x8, 8)
WASM64_PAIRWISE(i16x8_extadd_pairwise_i8x16_u, u16x8, 8)
WASM64_PAIRWISE(i32x4_extadd_pairwise_i16x8_s, i32x4, 16)
WASM64_PAIRWISE(i32x4_extadd_pairwise_i16x8_u, u32x4, 16)
#undef WASM64_PAIRWISE

WASM64_VECTOR_2(i8x16_narrow_i16x8_s, i16x8, i16x8, native::narrow_s(a, b))
WASM64_VECTOR_2(i8x16_narrow_i16x8_u, i16x8, i16x8, native::narrow_u(a, b))
WASM64_VECTOR_2(i16x8_narrow_i32x4_s, i32x4, i32x4, native::narrow_s(a, b))
WASM64_VECTOR_2(i16x8_narrow_i32x4_u, i32x4, i32x4, native::narrow_u(a, b))
WASM64_VECTOR_2(i16x8_q15mulr_sat_s, i16x8, i16x8, native::q15_product(a, b))
WASM64_VECTOR_2(i32x4_dot_i16x8_s, i16x8, i16x8, native::dot(a, b))

WASM64_HOT u8x16 population(u8x16 a) noexcept {
  a = a - ((a >> std::uint8_t{1}) & all<u8x16>(0x55));
  a = (a & all<u8x16>(0x33)) + ((a >> std::uint8_t{2}) & all<u8x16>(0x33));
  return (a + (a >> std::uint8_t{4})) & all<u8x16>(0x0f);
}
WASM64_VECTOR_1(i8x16_popcnt, u8x16, population(a))

WASM64_VECTOR_2(i8x16_swizzle, u8x16, u8x16, native::swizzle(a, b))
WASM64_VECTOR_3(i8x16_shuffle, u8x16, u8x16, u8x16, native::shuffle(a, b, c))

/// Products of signed bytes, added in pairs modulo 2^16.
WASM64_HOT u16x8 byte_dot(i16x8 a, i16x8 b) noexcept {
  return as<u16x8>(even_half<i16x8, 8>(a)) * as<u16x8>(even_half<i16x8, 8>(b)) +
         as<u16x8>(odd_half<i16x8, 8>(a)) * as<u16x8>(odd_half<i16x8, 8>(b));
}
WASM64_VECTOR_2(i16x8_relaxed_dot_i8x16_i7x16_s, i16x8, i16x8, byte_dot(a, b))
WASM64_VECTOR_3(i32x4_relaxed_dot_i8x16_i7x16_add_s, i16x8, i16x8, u32x4,
                as<u32x4>(i32x4_extadd_pairwise_i16x8_s::apply(as<i32x4>(byte_dot(a, b)))) + c)

}  // namespace wasm64::simd
WASM64_HOT_END
