#pragma once

#include "wasm64/exec/simd_portable.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif
#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif
#if defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

/// The functions of exec/simd_portable.hpp by the machine's own instructions, where what the compiler may use has them.
WASM64_HOT_BEGIN
namespace wasm64::simd::native {

#if defined(__SSE2__)
WASM64_HOT i8x16 add_sat_s(i8x16 a, i8x16 b) noexcept { return (i8x16)_mm_adds_epi8((__m128i)a, (__m128i)b); }
WASM64_HOT i16x8 add_sat_s(i16x8 a, i16x8 b) noexcept { return (i16x8)_mm_adds_epi16((__m128i)a, (__m128i)b); }
WASM64_HOT u8x16 add_sat_u(u8x16 a, u8x16 b) noexcept { return (u8x16)_mm_adds_epu8((__m128i)a, (__m128i)b); }
WASM64_HOT u16x8 add_sat_u(u16x8 a, u16x8 b) noexcept { return (u16x8)_mm_adds_epu16((__m128i)a, (__m128i)b); }
WASM64_HOT i8x16 sub_sat_s(i8x16 a, i8x16 b) noexcept { return (i8x16)_mm_subs_epi8((__m128i)a, (__m128i)b); }
WASM64_HOT i16x8 sub_sat_s(i16x8 a, i16x8 b) noexcept { return (i16x8)_mm_subs_epi16((__m128i)a, (__m128i)b); }
WASM64_HOT u8x16 sub_sat_u(u8x16 a, u8x16 b) noexcept { return (u8x16)_mm_subs_epu8((__m128i)a, (__m128i)b); }
WASM64_HOT u16x8 sub_sat_u(u16x8 a, u16x8 b) noexcept { return (u16x8)_mm_subs_epu16((__m128i)a, (__m128i)b); }
WASM64_HOT u8x16 average(u8x16 a, u8x16 b) noexcept { return (u8x16)_mm_avg_epu8((__m128i)a, (__m128i)b); }
WASM64_HOT u16x8 average(u16x8 a, u16x8 b) noexcept { return (u16x8)_mm_avg_epu16((__m128i)a, (__m128i)b); }
WASM64_HOT i8x16 narrow_s(i16x8 a, i16x8 b) noexcept { return (i8x16)_mm_packs_epi16((__m128i)a, (__m128i)b); }
WASM64_HOT u8x16 narrow_u(i16x8 a, i16x8 b) noexcept { return (u8x16)_mm_packus_epi16((__m128i)a, (__m128i)b); }
WASM64_HOT i16x8 narrow_s(i32x4 a, i32x4 b) noexcept { return (i16x8)_mm_packs_epi32((__m128i)a, (__m128i)b); }
WASM64_HOT i32x4 dot(i16x8 a, i16x8 b) noexcept { return (i32x4)_mm_madd_epi16((__m128i)a, (__m128i)b); }
WASM64_HOT std::uint32_t sign_bits(u8x16 v) noexcept {
  return static_cast<std::uint32_t>(_mm_movemask_epi8((__m128i)v));
}
WASM64_HOT std::uint32_t sign_bits(u16x8 v) noexcept {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16((__m128i)v, _mm_setzero_si128())));
}
WASM64_HOT std::uint32_t sign_bits(u32x4 v) noexcept { return static_cast<std::uint32_t>(_mm_movemask_ps((__m128)v)); }
WASM64_HOT std::uint32_t sign_bits(u64x2 v) noexcept { return static_cast<std::uint32_t>(_mm_movemask_pd((__m128d)v)); }
WASM64_HOT f32x4 square_root(f32x4 a) noexcept { return (f32x4)_mm_sqrt_ps((__m128)a); }
WASM64_HOT f64x2 square_root(f64x2 a) noexcept { return (f64x2)_mm_sqrt_pd((__m128d)a); }
WASM64_HOT i32x4 ordered(f32x4 a, f32x4 b) noexcept { return (i32x4)_mm_cmpord_ps((__m128)a, (__m128)b); }
WASM64_HOT i64x2 ordered(f64x2 a, f64x2 b) noexcept { return (i64x2)_mm_cmpord_pd((__m128d)a, (__m128d)b); }
WASM64_HOT f32x4 lesser(f32x4 a, f32x4 b) noexcept { return (f32x4)_mm_min_ps((__m128)a, (__m128)b); }
WASM64_HOT f64x2 lesser(f64x2 a, f64x2 b) noexcept { return (f64x2)_mm_min_pd((__m128d)a, (__m128d)b); }
WASM64_HOT f32x4 greater(f32x4 a, f32x4 b) noexcept { return (f32x4)_mm_max_ps((__m128)a, (__m128)b); }
WASM64_HOT f64x2 greater(f64x2 a, f64x2 b) noexcept { return (f64x2)_mm_max_pd((__m128d)a, (__m128d)b); }
WASM64_HOT i16x8 q15_product(i16x8 a, i16x8 b) noexcept {
  const auto high = (u16x8)_mm_mulhi_epi16((__m128i)a, (__m128i)b);
  const u16x8 low = as<u16x8>(a) * as<u16x8>(b);
  // The bits from 15 on, and the carry of adding 2^14.
  const u16x8 product = high + high + (((low >> std::uint16_t{14}) + all<u16x8>(1)) >> std::uint16_t{1});
  return as<i16x8>(product ^ as<u16x8>(product == all<u16x8>(0x8000)));  // only -1 times -1 gives that
}
#else
using portable::add_sat_s;
using portable::add_sat_u;
using portable::average;
using portable::dot;
using portable::greater;
using portable::lesser;
using portable::narrow_s;
using portable::ordered;
using portable::q15_product;
using portable::sign_bits;
using portable::square_root;
using portable::sub_sat_s;
using portable::sub_sat_u;
WASM64_HOT u8x16 narrow_u(i16x8 a, i16x8 b) noexcept { return portable::narrow_u(a, b); }
#endif

#if defined(__SSE4_1__)
WASM64_HOT u16x8 narrow_u(i32x4 a, i32x4 b) noexcept { return (u16x8)_mm_packus_epi32((__m128i)a, (__m128i)b); }
#define WASM64_ROUND(name, mode)                                                                               \
  WASM64_HOT f32x4 name(f32x4 a) noexcept { return (f32x4)_mm_round_ps((__m128)a, mode | _MM_FROUND_NO_EXC); } \
  WASM64_HOT f64x2 name(f64x2 a) noexcept { return (f64x2)_mm_round_pd((__m128d)a, mode | _MM_FROUND_NO_EXC); }
WASM64_ROUND(nearest, _MM_FROUND_TO_NEAREST_INT)
WASM64_ROUND(floor, _MM_FROUND_TO_NEG_INF)
WASM64_ROUND(ceil, _MM_FROUND_TO_POS_INF)
WASM64_ROUND(trunc, _MM_FROUND_TO_ZERO)
#undef WASM64_ROUND
#else
WASM64_HOT u16x8 narrow_u(i32x4 a, i32x4 b) noexcept { return portable::narrow_u(a, b); }
using portable::ceil;
using portable::floor;
using portable::nearest;
using portable::trunc;
#endif

#if defined(__SSE2__) && !defined(__SSE4_2__)
using portable::equal;
using portable::less_s;
using portable::negative;
#else
WASM64_HOT i64x2 equal(i64x2 a, i64x2 b) noexcept { return a == b; }
WASM64_HOT i64x2 less_s(i64x2 a, i64x2 b) noexcept { return a < b; }
WASM64_HOT i64x2 negative(i64x2 a) noexcept { return a < i64x2{}; }
#endif

/// Whether choosing lanes by number is a few instructions, short enough for a handler.
#if defined(__SSSE3__)
inline constexpr bool chooses_lanes = true;
WASM64_HOT u8x16 swizzle(u8x16 a, u8x16 numbers) noexcept {
  // 16 and more must have the top bit, which the instruction takes for 0.
  return (u8x16)_mm_shuffle_epi8((__m128i)a, _mm_adds_epu8((__m128i)numbers, _mm_set1_epi8(0x70)));
}
WASM64_HOT u8x16 shuffle(u8x16 a, u8x16 b, u8x16 numbers) noexcept {
  return swizzle(a, numbers) | swizzle(b, numbers ^ all<u8x16>(16));
}
#elif defined(__ARM_NEON) && defined(__aarch64__)
inline constexpr bool chooses_lanes = true;
WASM64_HOT u8x16 swizzle(u8x16 a, u8x16 numbers) noexcept {
  return (u8x16)vqtbl1q_u8((uint8x16_t)a, (uint8x16_t)numbers);
}
WASM64_HOT u8x16 shuffle(u8x16 a, u8x16 b, u8x16 numbers) noexcept {
  return (u8x16)vqtbl2q_u8({{(uint8x16_t)a, (uint8x16_t)b}}, (uint8x16_t)numbers);
}
#else
inline constexpr bool chooses_lanes = false;
using portable::shuffle;
using portable::swizzle;
#endif

}  // namespace wasm64::simd::native
WASM64_HOT_END
