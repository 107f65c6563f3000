#pragma once

#include <string_view>

namespace wasm64::aot::detail {

/// The instructions of v128 for C texts, each a function of its name, with lane numbers as further arguments. As
/// exec/simd_integers.hpp and simd_floats.hpp have them, in the vector extensions that GCC and Clang share; NaNs of
/// arithmetic are as they come.
inline constexpr std::string_view c_vectors = R"c(
#define LANES(V, T) typedef T V __attribute__((vector_size(16)));
LANES(i8x16, s8) LANES(u8x16, u8) LANES(i16x8, s16) LANES(u16x8, u16) LANES(i32x4, s32) LANES(u32x4, u32)
LANES(i64x2, s64) LANES(u64x2, u64) LANES(f32x4, f32) LANES(f64x2, f64)
typedef s32 i32x2 __attribute__((vector_size(8)));
typedef u32 u32x2 __attribute__((vector_size(8)));
typedef f32 f32x2 __attribute__((vector_size(8)));
#define V1(name, V, x) IN v128 name(v128 a_) { V a = (V)a_; return (v128)(x); }
#define V2(name, V, x) IN v128 name(v128 a_, v128 b_) { V a = (V)a_, b = (V)b_; return (v128)(x); }
IN v128 pick(v128 mask, v128 a, v128 b) { return (a & mask) | (b & ~mask); }
V1(v128_not, v128, ~a) V2(v128_and, v128, a & b) V2(v128_andnot, v128, a & ~b) V2(v128_or, v128, a | b)
V2(v128_xor, v128, a ^ b)
IN v128 v128_bitselect(v128 a, v128 b, v128 c) { return pick(c, a, b); }
IN u32 v128_any_true(v128 a) { return (a[0] | a[1]) != 0; }

#define INTEGERS(P, S, U, T, N, X) \
IN v128 P##_splat(X x) { return (v128)((U){} + (T)x); } \
V2(P##_add, U, a + b) V2(P##_sub, U, a - b) V1(P##_neg, U, (U){} - a) \
IN v128 P##_shl(v128 a, u32 n) { return (v128)((U)a << (T)(n & (sizeof(T) * 8 - 1))); } \
IN v128 P##_shr_u(v128 a, u32 n) { return (v128)((U)a >> (T)(n & (sizeof(T) * 8 - 1))); } \
IN v128 P##_shr_s(v128 a, u32 n) { return (v128)((S)a >> (T)(n & (sizeof(T) * 8 - 1))); } \
IN u32 P##_all_true(v128 a) { return !v128_any_true((v128)((U)a == (U){})); } \
IN u32 P##_bitmask(v128 a) { u32 m = 0; for (int i = 0; i < N; ++i) m |= (u32)(((S)a)[i] < 0) << i; return m; } \
IN v128 P##_replace_lane(v128 a, X x, u32 i) { U v = (U)a; v[i] = (T)x; return (v128)v; } \
V1(P##_abs, S, pick((v128)(a < (S){}), (v128)((U){} - (U)a), (v128)a)) \
V2(P##_eq, U, a == b) V2(P##_ne, U, a != b) V2(P##_lt_s, S, a < b) V2(P##_le_s, S, a <= b) \
V2(P##_lt_u, U, a < b) V2(P##_le_u, U, a <= b)
INTEGERS(i8x16, i8x16, u8x16, u8, 16, u32)
INTEGERS(i16x8, i16x8, u16x8, u16, 8, u32)
INTEGERS(i32x4, i32x4, u32x4, u32, 4, u32)
INTEGERS(i64x2, i64x2, u64x2, u64, 2, u64)
V2(i16x8_mul, u16x8, a * b) V2(i32x4_mul, u32x4, a * b) V2(i64x2_mul, u64x2, a * b)
IN u32 i8x16_extract_lane_s(v128 a, u32 i) { return (u32)(s32)((i8x16)a)[i]; }
IN u32 i8x16_extract_lane_u(v128 a, u32 i) { return ((u8x16)a)[i]; }
IN u32 i16x8_extract_lane_s(v128 a, u32 i) { return (u32)(s32)((i16x8)a)[i]; }
IN u32 i16x8_extract_lane_u(v128 a, u32 i) { return ((u16x8)a)[i]; }
IN u32 i32x4_extract_lane(v128 a, u32 i) { return ((u32x4)a)[i]; }
IN u64 i64x2_extract_lane(v128 a, u32 i) { return a[i]; }

#define UP_TO_32(P, S, U) \
V2(P##_min_s, S, pick((v128)(a < b), (v128)a, (v128)b)) V2(P##_max_s, S, pick((v128)(a > b), (v128)a, (v128)b)) \
V2(P##_min_u, U, pick((v128)(a < b), (v128)a, (v128)b)) V2(P##_max_u, U, pick((v128)(a > b), (v128)a, (v128)b))
UP_TO_32(i8x16, i8x16, u8x16) UP_TO_32(i16x8, i16x8, u16x8) UP_TO_32(i32x4, i32x4, u32x4)

#define UP_TO_16(P, S, U, T, most) \
IN v128 P##_add_sat_u(v128 a, v128 b) { U sum = (U)a + (U)b; return (v128)(sum | (U)(sum < (U)a)); } \
V2(P##_sub_sat_u, U, (a - b) & (U)(a > b)) \
V2(P##_avgr_u, U, (a | b) - ((a ^ b) >> (T)1)) \
IN v128 P##_add_sat_s(v128 a, v128 b) { \
  U sum = (U)a + (U)b, limit = (U)((S)a < (S){}) ^ ((U){} + (T)most); \
  return pick((v128)((S)(~((U)a ^ (U)b) & ((U)a ^ sum)) < (S){}), (v128)limit, (v128)sum); } \
IN v128 P##_sub_sat_s(v128 a, v128 b) { \
  U sum = (U)a - (U)b, limit = (U)((S)a < (S){}) ^ ((U){} + (T)most); \
  return pick((v128)((S)(((U)a ^ (U)b) & ((U)a ^ sum)) < (S){}), (v128)limit, (v128)sum); }
UP_TO_16(i8x16, i8x16, u8x16, u8, 0x7f) UP_TO_16(i16x8, i16x8, u16x8, u16, 0x7fff)

#define LOW_16(a, b) __builtin_shufflevector((u8x16)(a), (u8x16)(b), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_16(a, b) \
  __builtin_shufflevector((u8x16)(a), (u8x16)(b), 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define LOW_8(a, b) __builtin_shufflevector((u16x8)(a), (u16x8)(b), 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_8(a, b) __builtin_shufflevector((u16x8)(a), (u16x8)(b), 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW_4(a, b) __builtin_shufflevector((u32x4)(a), (u32x4)(b), 0, 4, 1, 5)
#define HIGH_4(a, b) __builtin_shufflevector((u32x4)(a), (u32x4)(b), 2, 6, 3, 7)
#define WIDER(P, N, W, S, U, C) \
V1(P##_extend_low_##N##_s, S, LOW_##C(a, a < (S){})) V1(P##_extend_low_##N##_u, U, LOW_##C(a, (U){})) \
V1(P##_extend_high_##N##_s, S, HIGH_##C(a, a < (S){})) V1(P##_extend_high_##N##_u, U, HIGH_##C(a, (U){})) \
V2(P##_extmul_low_##N##_s, v128, (W)P##_extend_low_##N##_s(a) * (W)P##_extend_low_##N##_s(b)) \
V2(P##_extmul_low_##N##_u, v128, (W)P##_extend_low_##N##_u(a) * (W)P##_extend_low_##N##_u(b)) \
V2(P##_extmul_high_##N##_s, v128, (W)P##_extend_high_##N##_s(a) * (W)P##_extend_high_##N##_s(b)) \
V2(P##_extmul_high_##N##_u, v128, (W)P##_extend_high_##N##_u(a) * (W)P##_extend_high_##N##_u(b))
WIDER(i16x8, i8x16, u16x8, i8x16, u8x16, 16)
WIDER(i32x4, i16x8, u32x4, i16x8, u16x8, 8)
WIDER(i64x2, i32x4, u64x2, i32x4, u32x4, 4)
#define EVEN(V, h, a) (((V)(a) << h) >> h)
#define ODD(V, h, a) ((V)(a) >> h)
V1(i16x8_extadd_pairwise_i8x16_s, u16x8, (u16x8)EVEN(i16x8, 8, a) + (u16x8)ODD(i16x8, 8, a))
V1(i16x8_extadd_pairwise_i8x16_u, u16x8, EVEN(u16x8, 8, a) + ODD(u16x8, 8, a))
V1(i32x4_extadd_pairwise_i16x8_s, u32x4, (u32x4)EVEN(i32x4, 16, a) + (u32x4)ODD(i32x4, 16, a))
V1(i32x4_extadd_pairwise_i16x8_u, u32x4, EVEN(u32x4, 16, a) + ODD(u32x4, 16, a))

#define CLAMP(S, a, low, high) \
  pick((v128)((S)(a) > ((S){} + (high))), (v128)((S){} + (high)), pick((v128)((S)(a) < ((S){} + (low))), (v128)((S){} + (low)), (v128)(a)))
#define EVEN_16(a, b) __builtin_shufflevector((u8x16)(a), (u8x16)(b), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define EVEN_8(a, b) __builtin_shufflevector((u16x8)(a), (u16x8)(b), 0, 2, 4, 6, 8, 10, 12, 14)
V2(i8x16_narrow_i16x8_s, v128, EVEN_16(CLAMP(i16x8, a, -0x80, 0x7f), CLAMP(i16x8, b, -0x80, 0x7f)))
V2(i8x16_narrow_i16x8_u, v128, EVEN_16(CLAMP(i16x8, a, 0, 0xff), CLAMP(i16x8, b, 0, 0xff)))
V2(i16x8_narrow_i32x4_s, v128, EVEN_8(CLAMP(i32x4, a, -0x8000, 0x7fff), CLAMP(i32x4, b, -0x8000, 0x7fff)))
V2(i16x8_narrow_i32x4_u, v128, EVEN_8(CLAMP(i32x4, a, 0, 0xffff), CLAMP(i32x4, b, 0, 0xffff)))
IN v128 i32x4_dot_i16x8_s(v128 a, v128 b) {
  u32x4 even = (u32x4)EVEN(i32x4, 16, a) * (u32x4)EVEN(i32x4, 16, b);
  return (v128)(even + (u32x4)ODD(i32x4, 16, a) * (u32x4)ODD(i32x4, 16, b));
}
IN v128 i16x8_q15mulr_sat_s(v128 a, v128 b) {
  i32x4 low = ((i32x4)i32x4_extmul_low_i16x8_s(a, b) + 0x4000) >> 15;
  i32x4 high = ((i32x4)i32x4_extmul_high_i16x8_s(a, b) + 0x4000) >> 15;
  return i16x8_narrow_i32x4_s((v128)low, (v128)high);
}
IN v128 i8x16_popcnt(v128 x) {
  u8x16 a = (u8x16)x;
  a -= (a >> 1) & 0x55;
  a = (a & 0x33) + ((a >> 2) & 0x33);
  return (v128)((a + (a >> 4)) & 0x0f);
}
IN v128 i8x16_swizzle(v128 a, v128 b) {
#if defined(__SSSE3__)
  typedef char c8x16 __attribute__((vector_size(16)));
  return (v128)__builtin_ia32_pshufb128((c8x16)a, (c8x16)i8x16_add_sat_u(b, i8x16_splat(0x70)));
#else
  u8x16 from = (u8x16)a, n = (u8x16)b, to;
  for (int i = 0; i < 16; ++i) to[i] = n[i] < 16 ? from[n[i] & 15] : 0;
  return (v128)to;
#endif
}
IN u16x8 byte_dot(v128 a, v128 b) {
  return (u16x8)EVEN(i16x8, 8, a) * (u16x8)EVEN(i16x8, 8, b) + (u16x8)ODD(i16x8, 8, a) * (u16x8)ODD(i16x8, 8, b);
}
IN v128 i16x8_relaxed_dot_i8x16_i7x16_s(v128 a, v128 b) { return (v128)byte_dot(a, b); }
IN v128 i32x4_relaxed_dot_i8x16_i7x16_add_s(v128 a, v128 b, v128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s((v128)byte_dot(a, b)), c);
}

#define FLOATS(P, V, U, T, N) \
V2(P##_add, V, a + b) V2(P##_sub, V, a - b) V2(P##_mul, V, a * b) V2(P##_div, V, a / b) \
V2(P##_eq, V, a == b) V2(P##_ne, V, a != b) V2(P##_lt, V, a < b) V2(P##_le, V, a <= b) \
V2(P##_pmin, V, pick((v128)(b < a), (v128)b, (v128)a)) V2(P##_pmax, V, pick((v128)(b > a), (v128)b, (v128)a)) \
V1(P##_abs, U, a & ~(((U){} + 1) << (sizeof(T) * 8 - 1))) \
V1(P##_neg, U, a ^ (((U){} + 1) << (sizeof(T) * 8 - 1))) \
IN v128 P##_sqrt(v128 x) { V a = (V)x; for (int i = 0; i < N; ++i) a[i] = sqrt_##T(a[i]); return (v128)a; } \
IN v128 P##_ceil(v128 x) { V a = (V)x; for (int i = 0; i < N; ++i) a[i] = ceil_##T(a[i]); return (v128)a; } \
IN v128 P##_floor(v128 x) { V a = (V)x; for (int i = 0; i < N; ++i) a[i] = floor_##T(a[i]); return (v128)a; } \
IN v128 P##_trunc(v128 x) { V a = (V)x; for (int i = 0; i < N; ++i) a[i] = trunc_##T(a[i]); return (v128)a; } \
IN v128 P##_nearest(v128 x) { V a = (V)x; for (int i = 0; i < N; ++i) a[i] = nearest_##T(a[i]); return (v128)a; }
FLOATS(f32x4, f32x4, u32x4, f32, 4)
FLOATS(f64x2, f64x2, u64x2, f64, 2)
IN s32 fit_s(f64 x) { return x != x ? 0 : x <= -2147483648.0 ? -2147483647 - 1 : x >= 2147483647.0 ? 2147483647 : (s32)x; }
IN u32 fit_u(f64 x) { return !(x > 0.0) ? 0 : x >= 4294967295.0 ? 4294967295u : (u32)x; }
IN v128 i32x4_trunc_sat_f32x4_s(v128 x) {
  f32x4 a = (f32x4)x; return (v128)(i32x4){fit_s(a[0]), fit_s(a[1]), fit_s(a[2]), fit_s(a[3])};
}
IN v128 i32x4_trunc_sat_f32x4_u(v128 x) {
  f32x4 a = (f32x4)x; return (v128)(u32x4){fit_u(a[0]), fit_u(a[1]), fit_u(a[2]), fit_u(a[3])};
}
IN v128 i32x4_trunc_sat_f64x2_s_zero(v128 x) {
  f64x2 a = (f64x2)x; return (v128)(i32x4){fit_s(a[0]), fit_s(a[1]), 0, 0};
}
IN v128 i32x4_trunc_sat_f64x2_u_zero(v128 x) {
  f64x2 a = (f64x2)x; return (v128)(u32x4){fit_u(a[0]), fit_u(a[1]), 0, 0};
}
V1(f32x4_convert_i32x4_s, i32x4, __builtin_convertvector(a, f32x4))
IN v128 f32x4_convert_i32x4_u(v128 x) {
  u32x4 a = (u32x4)x; return (v128)(f32x4){(f32)a[0], (f32)a[1], (f32)a[2], (f32)a[3]};
}
IN v128 f64x2_convert_low_i32x4_s(v128 x) { i32x4 a = (i32x4)x; return (v128)(f64x2){(f64)a[0], (f64)a[1]}; }
IN v128 f64x2_convert_low_i32x4_u(v128 x) { u32x4 a = (u32x4)x; return (v128)(f64x2){(f64)a[0], (f64)a[1]}; }
IN v128 f32x4_demote_f64x2_zero(v128 x) { f64x2 a = (f64x2)x; return (v128)(f32x4){(f32)a[0], (f32)a[1], 0, 0}; }
IN v128 f64x2_promote_low_f32x4(v128 x) { f32x4 a = (f32x4)x; return (v128)(f64x2){(f64)a[0], (f64)a[1]}; }
)c";

}  // namespace wasm64::aot::detail
