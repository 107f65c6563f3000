#pragma once

#include <string_view>

namespace wasm64::aot::detail {

/// What every C text begins with (GNU C). Addresses are integers, so that no arithmetic on them is undefined; memory is
/// accessed through types that may be anywhere and alias everything.
inline constexpr std::string_view c_prelude = R"c(
typedef __UINT8_TYPE__ u8; typedef __UINT16_TYPE__ u16; typedef __UINT32_TYPE__ u32; typedef __UINT64_TYPE__ u64;
typedef __INT8_TYPE__ s8; typedef __INT16_TYPE__ s16; typedef __INT32_TYPE__ s32; typedef __INT64_TYPE__ s64;
typedef float f32; typedef double f64;
typedef unsigned __int128 u128; typedef __int128 s128;
typedef u64 v128 __attribute__((vector_size(16)));
#define AT(T) typedef struct { T v; } __attribute__((packed, may_alias)) at_##T;
AT(u8) AT(u16) AT(u32) AT(u64) AT(s8) AT(s16) AT(s32) AT(f32) AT(f64) AT(v128)
#define SEEN(T, a) (((const at_##T *)(a))->v)
#define PUT(T, a, x) (((at_##T *)(a))->v = (T)(x))
#define SELDOM(x) __builtin_expect_with_probability((x), 0, 0.99999)
#define OFTEN(x) __builtin_expect_with_probability((x), 1, 0.99999)
#define HIDDEN __attribute__((visibility("hidden")))
#define IN static inline __attribute__((always_inline, unused))
typedef ENDED r_none;
typedef struct { u32 v; ENDED s __attribute__((aligned(8))); } r_u32;
typedef struct { u64 v; ENDED s; } r_u64;
typedef struct { f32 v; ENDED s __attribute__((aligned(8))); } r_f32;
typedef struct { f64 v; ENDED s; } r_f64;
typedef struct { v128 v; ENDED s; } r_v128;
typedef u32 helper(u64, u64, u64, u64, u64);
IN f32 f32_of(u32 x) { union { u32 i; f32 f; } u; u.i = x; return u.f; }
IN f64 f64_of(u64 x) { union { u64 i; f64 f; } u; u.i = x; return u.f; }
IN u32 u32_of(f32 x) { union { u32 i; f32 f; } u; u.f = x; return u.i; }
IN u64 u64_of(f64 x) { union { u64 i; f64 f; } u; u.f = x; return u.i; }
IN u32 rotl_u32(u32 a, u32 n) { return a << (n & 31) | a >> (-n & 31); }
IN u32 rotr_u32(u32 a, u32 n) { return a >> (n & 31) | a << (-n & 31); }
IN u64 rotl_u64(u64 a, u64 n) { return a << (n & 63) | a >> (-n & 63); }
IN u64 rotr_u64(u64 a, u64 n) { return a >> (n & 63) | a << (-n & 63); }
IN u32 clz_u32(u32 a) { return a ? (u32)__builtin_clz(a) : 32; }
IN u64 clz_u64(u64 a) { return a ? (u64)__builtin_clzll(a) : 64; }
IN u32 ctz_u32(u32 a) { return a ? (u32)__builtin_ctz(a) : 32; }
IN u64 ctz_u64(u64 a) { return a ? (u64)__builtin_ctzll(a) : 64; }
#if defined(__POPCNT__) || defined(__aarch64__)
IN u64 popcnt_u64(u64 a) { return (u64)__builtin_popcountll(a); }
#else
IN u64 popcnt_u64(u64 a) {
  a -= (a >> 1) & 0x5555555555555555u;
  a = (a & 0x3333333333333333u) + ((a >> 2) & 0x3333333333333333u);
  a = (a + (a >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (a * 0x0101010101010101u) >> 56;
}
#endif
IN u32 popcnt_u32(u32 a) { return (u32)popcnt_u64(a); }
IN u64 high_u(u64 a, u64 b) { return (u64)((u128)a * b >> 64); }
IN u64 high_s(u64 a, u64 b) { return (u64)((s128)(s64)a * (s64)b >> 64); }
#if defined(__SSE4_1__)
typedef f32 f32_lanes __attribute__((vector_size(16)));
typedef f64 f64_lanes __attribute__((vector_size(16)));
#define ROUND(name, T, s, how) \
IN T name##_##T(T x) { T##_lanes a = {x}; return ((T##_lanes)__builtin_ia32_rounds##s(a, a, 8 | how))[0]; }
#define ROUNDING(T, s) ROUND(nearest, T, s, 0) ROUND(floor, T, s, 1) ROUND(ceil, T, s, 2) ROUND(trunc, T, s, 3)
#elif defined(__aarch64__)
#define ROUNDING(T, s) \
IN T ceil_##T(T x) { return __builtin_ceil##s(x); } \
IN T floor_##T(T x) { return __builtin_floor##s(x); } \
IN T trunc_##T(T x) { return __builtin_trunc##s(x); } \
IN T nearest_##T(T x) { return __builtin_rint##s(x); }
#else
#define ROUNDING(T, s) \
IN T whole_##T(T x) { return __builtin_copysign##s((T)(s64)x, x); } \
IN int small_##T(T x) { return __builtin_fabs##s(x) < (sizeof(T) == 4 ? 8388608.0 : 4503599627370496.0); } \
IN T trunc_##T(T x) { return small_##T(x) ? whole_##T(x) : x; } \
IN T floor_##T(T x) { T t = trunc_##T(x); return __builtin_copysign##s(t > x ? t - 1 : t, x); } \
IN T ceil_##T(T x) { T t = trunc_##T(x); return __builtin_copysign##s(t < x ? t + 1 : t, x); } \
IN T nearest_##T(T x) { \
  volatile T sum = __builtin_fabs##s(x) + (T)(sizeof(T) == 4 ? 8388608.0 : 4503599627370496.0); \
  return small_##T(x) ? __builtin_copysign##s(sum - (T)(sizeof(T) == 4 ? 8388608.0 : 4503599627370496.0), x) : x; }
#endif
#if defined(__SSE4_1__)
ROUNDING(f32, s)
ROUNDING(f64, d)
#else
ROUNDING(f32, f)
ROUNDING(f64, )
#endif
IN f32 sqrt_f32(f32 x) { return __builtin_sqrtf(x); }
IN f64 sqrt_f64(f64 x) { return __builtin_sqrt(x); }
IN f32 fabs_f32(f32 x) { return __builtin_fabsf(x); }
IN f64 fabs_f64(f64 x) { return __builtin_fabs(x); }
IN f32 copysign_f32(f32 x, f32 y) { return __builtin_copysignf(x, y); }
IN f64 copysign_f64(f64 x, f64 y) { return __builtin_copysign(x, y); }
IN u64 stack_place(void) {
  u64 here;
#if defined(__x86_64__)
  __asm__("movq %%rsp, %0" : "=r"(here));
#elif defined(__aarch64__)
  __asm__("mov %0, sp" : "=r"(here));
#else
  here = (u64)__builtin_frame_address(0);
#endif
  return here;
}
)c";

}  // namespace wasm64::aot::detail
