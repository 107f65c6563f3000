#pragma once

#include <cstdint>

#include "wasm64/exec/simd_native.hpp"
#include "wasm64/exec/simd_rows.hpp"

WASM64_HOT_BEGIN
namespace wasm64::simd {

/// `v` where the mask has ones, canonical NaNs elsewhere.
template <class V>
WASM64_HOT V numbers_or_nan(signed_lanes<V> mask, V v) noexcept {
  using U = unsigned_lanes<V>;
  const auto nan = static_cast<lane_of<U>>(lane_bits<V> == 32 ? 0x7fc0'0000 : 0x7ff8'0000'0000'0000);
  return select(mask, v, as<V>(all<U>(nan)));
}
template <class V>
WASM64_HOT V canonical(V v) noexcept {
  return numbers_or_nan<V>(v == v, v);
}

/// Of operands that are equal, which may be zeros of either sign, the two orders give one each: the sign bits decide.
template <class V>
WASM64_HOT V minimum(V a, V b) noexcept {
  const v128 least = as<v128>(native::lesser(a, b)) | as<v128>(native::lesser(b, a));
  return numbers_or_nan(native::ordered(a, b), as<V>(least));
}
template <class V>
WASM64_HOT V maximum(V a, V b) noexcept {
  const v128 most = as<v128>(native::greater(a, b)) & as<v128>(native::greater(b, a));
  return numbers_or_nan(native::ordered(a, b), as<V>(most));
}

/// Not fused, whatever contraction the compiler may do: the product's NaNs are canonical before the sum.
template <class V>
WASM64_HOT V multiply_add(V a, V b, V c) noexcept {
  V product = canonical(a * b);
  return canonical(product + c);
}
template <class V>
WASM64_HOT V negated(V a) noexcept {
  return as<V>(as<unsigned_lanes<V>>(a) ^ portable::sign_mask<V>());
}

#define WASM64_FLOATS(P, V)                                         \
  WASM64_VECTOR_2(P##_add, V, V, canonical(a + b))                  \
  WASM64_VECTOR_2(P##_sub, V, V, canonical(a - b))                  \
  WASM64_VECTOR_2(P##_mul, V, V, canonical(a* b))                   \
  WASM64_VECTOR_2(P##_div, V, V, canonical(a / b))                  \
  WASM64_VECTOR_2(P##_min, V, V, minimum(a, b))                     \
  WASM64_VECTOR_2(P##_max, V, V, maximum(a, b))                     \
  WASM64_VECTOR_2(P##_pmin, V, V, native::lesser(b, a))             \
  WASM64_VECTOR_2(P##_pmax, V, V, native::greater(b, a))            \
  WASM64_VECTOR_2(P##_eq, V, V, a == b)                             \
  WASM64_VECTOR_2(P##_ne, V, V, a != b)                             \
  WASM64_VECTOR_2(P##_lt, V, V, a < b)                              \
  WASM64_VECTOR_2(P##_le, V, V, a <= b)                             \
  WASM64_VECTOR_1(P##_abs, V, portable::magnitude(a))               \
  WASM64_VECTOR_1(P##_neg, V, negated(a))                           \
  WASM64_VECTOR_1(P##_sqrt, V, canonical(native::square_root(a)))   \
  WASM64_VECTOR_1(P##_ceil, V, canonical(native::ceil(a)))          \
  WASM64_VECTOR_1(P##_floor, V, canonical(native::floor(a)))        \
  WASM64_VECTOR_1(P##_trunc, V, canonical(native::trunc(a)))        \
  WASM64_VECTOR_1(P##_nearest, V, canonical(native::nearest(a)))    \
  WASM64_VECTOR_3(P##_relaxed_madd, V, V, V, multiply_add(a, b, c)) \
  WASM64_VECTOR_3(P##_relaxed_nmadd, V, V, V, multiply_add(negated(a), b, c))
WASM64_FLOATS(f32x4, f32x4)
WASM64_FLOATS(f64x2, f64x2)
#undef WASM64_FLOATS

// Conversions. What does not fit is replaced before the conversion, which is undefined for it.

template <class V>
WASM64_HOT V where(signed_lanes<V> mask, V v) noexcept {
  return select(mask, v, V{});
}
WASM64_HOT i32x4 truncate_s(f32x4 a) noexcept {
  const f32x4 limit = all<f32x4>(2147483648.0f);
  const i32x4 fits = (a >= -limit) & (a < limit);
  const i32x4 beyond = select(a >= limit, all<i32x4>(INT32_MAX), where<i32x4>(a < -limit, all<i32x4>(INT32_MIN)));
  return select(fits, __builtin_convertvector(where(fits, a), i32x4), beyond);
}
WASM64_HOT u32x4 truncate_u(f32x4 a) noexcept {
  const f32x4 limit = all<f32x4>(4294967296.0f), half = all<f32x4>(2147483648.0f);
  // The upper half of the range by its distance from the middle: signed conversions are what machines have.
  const i32x4 upper = a >= half;
  const f32x4 reduced = where((a > f32x4{}) & (a < limit), a - where(upper, half));
  const u32x4 fits = as<u32x4>(__builtin_convertvector(reduced, i32x4)) ^ (as<u32x4>(upper) & all<u32x4>(0x8000'0000));
  return select(a >= limit, all<u32x4>(UINT32_MAX), fits);
}
WASM64_HOT f64x2 clamp(f64x2 a, double low, double high) noexcept {
  const f64x2 number = where(a == a, a);
  const f64x2 up = select(number < all<f64x2>(low), all<f64x2>(low), number);
  return select(up > all<f64x2>(high), all<f64x2>(high), up);
}
WASM64_HOT i32x4 truncate_s(f64x2 a) noexcept {
  const f64x2 v = clamp(a, -2147483648.0, 2147483647.0);
  return i32x4{static_cast<std::int32_t>(v[0]), static_cast<std::int32_t>(v[1]), 0, 0};
}
WASM64_HOT u32x4 truncate_u(f64x2 a) noexcept {
  const f64x2 v = clamp(a, 0, 4294967295.0);
  return u32x4{static_cast<std::uint32_t>(v[0]), static_cast<std::uint32_t>(v[1]), 0, 0};
}
/// The lower half, as lanes of type `H`.
template <class H, class V>
WASM64_HOT H low_half(V a) noexcept {
  return as<H>(as<v128>(a)[0]);
}
WASM64_HOT f32x4 demote(f64x2 a) noexcept {
  const f32x2 low = __builtin_convertvector(a, f32x2);
  return canonical(as<f32x4>(v128{as<std::uint64_t>(low), 0}));
}

WASM64_VECTOR_1(i32x4_trunc_sat_f32x4_s, f32x4, truncate_s(a))
WASM64_VECTOR_1(i32x4_trunc_sat_f32x4_u, f32x4, truncate_u(a))
WASM64_VECTOR_1(i32x4_trunc_sat_f64x2_s_zero, f64x2, truncate_s(a))
WASM64_VECTOR_1(i32x4_trunc_sat_f64x2_u_zero, f64x2, truncate_u(a))
WASM64_VECTOR_1(f32x4_convert_i32x4_s, i32x4, __builtin_convertvector(a, f32x4))
WASM64_VECTOR_1(f32x4_convert_i32x4_u, u32x4, __builtin_convertvector(a, f32x4))
WASM64_VECTOR_1(f64x2_convert_low_i32x4_s, i32x4, __builtin_convertvector(low_half<i32x2>(a), f64x2))
WASM64_VECTOR_1(f64x2_convert_low_i32x4_u, u32x4, __builtin_convertvector(low_half<u32x2>(a), f64x2))
WASM64_VECTOR_1(f32x4_demote_f64x2_zero, f64x2, demote(a))
WASM64_VECTOR_1(f64x2_promote_low_f32x4, f32x4, canonical(__builtin_convertvector(low_half<f32x2>(a), f64x2)))

}  // namespace wasm64::simd
WASM64_HOT_END
