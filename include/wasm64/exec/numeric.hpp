#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "wasm64/base/error.hpp"
#include "wasm64/config.hpp"

/// The numeric semantics of the specification (section 4.3), as pure functions apart from stacks and registers.
/// One struct per instruction: `in` and `out` name the operand and result types, `apply` the meaning. Instructions that
/// can trap answer the trap through `apply(…, out&)`. Every arithmetic result that is a NaN is the canonical one.
WASM64_HOT_BEGIN
namespace wasm64::numeric {

using i32 = std::int32_t;
using i64 = std::int64_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using f32 = float;
using f64 = double;

template <class To, class From>
WASM64_HOT constexpr To bits_as(From value) noexcept {
  return __builtin_bit_cast(To, value);
}

template <class F>
WASM64_HOT F canonical(F value) noexcept {
  if (WASM64_UNLIKELY(value != value)) {
    __asm__ volatile("");  // a conditional move would make every result wait for the comparison
    return std::numeric_limits<F>::quiet_NaN();
  }
  return value;
}

WASM64_HOT f32 square_root(f32 x) noexcept {
#if defined(__SSE2__)
  return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
#else
  return __builtin_sqrtf(x);
#endif
}
WASM64_HOT f64 square_root(f64 x) noexcept {
#if defined(__SSE2__)
  return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_set_sd(0), _mm_set_sd(x)));
#else
  return __builtin_sqrt(x);
#endif
}

/// 2^(mantissa bits): every float of at least this magnitude is an integer.
template <class F>
inline constexpr F integral_from = sizeof(F) == 4 ? F{8388608.0} : F{4503599627370496.0};

template <class F>
WASM64_HOT F magnitude(F x) noexcept {
  if constexpr (sizeof(F) == 4) return __builtin_fabsf(x);
  else return __builtin_fabs(x);
}
template <class F>
WASM64_HOT F with_sign(F x, F sign) noexcept {
  if constexpr (sizeof(F) == 4) return __builtin_copysignf(x, sign);
  else return __builtin_copysign(x, sign);
}

// The rounding functions are written out because the compilers' built-ins become library calls without SSE4.1, and a
// call in a handler costs more than the arithmetic.
template <class F>
WASM64_HOT F truncate(F x) noexcept {
  if (!(magnitude(x) < integral_from<F>)) return canonical(x);
  return with_sign(static_cast<F>(static_cast<i64>(x)), x);
}
template <class F>
WASM64_HOT F round_down(F x) noexcept {
  if (!(magnitude(x) < integral_from<F>)) return canonical(x);
  const F t = static_cast<F>(static_cast<i64>(x));
  return with_sign(t > x ? t - F{1} : t, x);
}
template <class F>
WASM64_HOT F round_up(F x) noexcept {
  if (!(magnitude(x) < integral_from<F>)) return canonical(x);
  const F t = static_cast<F>(static_cast<i64>(x));
  return with_sign(t < x ? t + F{1} : t, x);
}
/// Ties to even: adding and subtracting 2^(mantissa bits) rounds in the default mode.
template <class F>
WASM64_HOT F round_nearest(F x) noexcept {
  if (!(magnitude(x) < integral_from<F>)) return canonical(x);
  const F big = integral_from<F>;
  const F m = magnitude(x);
  volatile F sum = m + big;  // keeps the compiler from simplifying the pair away under value-changing flags
  return with_sign(sum - big, x);
}

/// `x` with the top bit of `sign`; all other bits, NaN payloads included, stay.
template <class F, class U>
WASM64_HOT F with_sign_bit(F x, U sign) noexcept {
  constexpr U bit = U{1} << (sizeof(U) * 8 - 1);
  return bits_as<F>(static_cast<U>((bits_as<U>(x) & ~bit) | (sign & bit)));
}

template <class F>
WASM64_HOT F minimum(F a, F b) noexcept {
  if (WASM64_UNLIKELY(a != a || b != b)) return std::numeric_limits<F>::quiet_NaN();
  if (a == b) {  // equal, or zeros of either sign: the sign bits decide
    using U = std::conditional_t<sizeof(F) == 4, u32, u64>;
    return bits_as<F>(static_cast<U>(bits_as<U>(a) | bits_as<U>(b)));
  }
  return a < b ? a : b;
}
template <class F>
WASM64_HOT F maximum(F a, F b) noexcept {
  if (WASM64_UNLIKELY(a != a || b != b)) return std::numeric_limits<F>::quiet_NaN();
  if (a == b) {
    using U = std::conditional_t<sizeof(F) == 4, u32, u64>;
    return bits_as<F>(static_cast<U>(bits_as<U>(a) & bits_as<U>(b)));
  }
  return a > b ? a : b;
}

/// Float to integer. `lower` and `upper` are the exclusive bounds of what truncates into range: the nearest floats
/// outside it, exact in F.
template <class To, class F>
struct trunc_bounds {
  static constexpr bool is_signed = std::numeric_limits<To>::is_signed;
  static constexpr F upper = sizeof(To) == 4 ? (is_signed ? F{2147483648.0} : F{4294967296.0})
                                             : (is_signed ? F{9223372036854775808.0} : F{18446744073709551616.0});
  /// For signed 32-bit results from f64, −2147483648.9 is in range; elsewhere the float below the minimum is out.
  WASM64_HOT static constexpr bool above_lower(F x) noexcept {
    if constexpr (!is_signed) return x > F{-1.0};
    else if constexpr (sizeof(To) == 4 && sizeof(F) == 8) return x > F{-2147483649.0};
    else if constexpr (sizeof(To) == 4) return x >= F{-2147483648.0};
    else return x >= F{-9223372036854775808.0};
  }
};

template <class To, class F>
WASM64_HOT errc trunc_checked(F x, To& out) noexcept {
  if (WASM64_UNLIKELY(x != x)) return errc::trap_invalid_conversion;
  if (WASM64_UNLIKELY(!(x < trunc_bounds<To, F>::upper && trunc_bounds<To, F>::above_lower(x)))) {
    return errc::trap_integer_overflow;
  }
  out = static_cast<To>(x);
  return errc{};
}
template <class To, class F>
WASM64_HOT To trunc_saturating(F x) noexcept {
  if (x != x) return 0;
  if (!trunc_bounds<To, F>::above_lower(x)) return std::numeric_limits<To>::min();
  if (!(x < trunc_bounds<To, F>::upper)) return std::numeric_limits<To>::max();
  return static_cast<To>(x);
}

WASM64_HOT u32 rotate_left(u32 a, u32 n) noexcept { return (a << (n & 31)) | (a >> (-n & 31)); }
WASM64_HOT u64 rotate_left(u64 a, u64 n) noexcept { return (a << (n & 63)) | (a >> (-n & 63)); }
WASM64_HOT u32 rotate_right(u32 a, u32 n) noexcept { return (a >> (n & 31)) | (a << (-n & 31)); }
WASM64_HOT u64 rotate_right(u64 a, u64 n) noexcept { return (a >> (n & 63)) | (a << (-n & 63)); }

#define WASM64_BINARY(name, T, expression)                              \
  struct name {                                                         \
    using in = T;                                                       \
    using out = T;                                                      \
    static constexpr bool traps = false;                                \
    WASM64_HOT static T apply(T a, T b) noexcept { return expression; } \
  };
#define WASM64_COMPARE(name, T, expression)                                \
  struct name {                                                            \
    using in = T;                                                          \
    using out = u32;                                                       \
    static constexpr bool traps = false;                                   \
    WASM64_HOT static bool apply(T a, T b) noexcept { return expression; } \
  };
#define WASM64_UNARY(name, From, To, expression)                       \
  struct name {                                                        \
    using in = From;                                                   \
    using out = To;                                                    \
    static constexpr bool traps = false;                               \
    WASM64_HOT static To apply(From a) noexcept { return expression; } \
  };
#define WASM64_TRUNC(name, From, To, Signed)                       \
  struct name {                                                    \
    using in = From;                                               \
    using out = To;                                                \
    static constexpr bool traps = true;                            \
    WASM64_HOT static errc apply(From a, To& out_value) noexcept { \
      Signed value{};                                              \
      const errc trap = trunc_checked<Signed>(a, value);           \
      out_value = static_cast<To>(value);                          \
      return trap;                                                 \
    }                                                              \
  };

#define WASM64_INT_OPS(P, U, S)                                                                             \
  WASM64_BINARY(P##_add, U, a + b)                                                                          \
  WASM64_BINARY(P##_sub, U, a - b)                                                                          \
  WASM64_BINARY(P##_mul, U, a* b)                                                                           \
  WASM64_BINARY(P##_and, U, a& b)                                                                           \
  WASM64_BINARY(P##_or, U, a | b)                                                                           \
  WASM64_BINARY(P##_xor, U, a ^ b)                                                                          \
  WASM64_BINARY(P##_shl, U, a << (b & (sizeof(U) * 8 - 1)))                                                 \
  WASM64_BINARY(P##_shr_u, U, a >> (b & (sizeof(U) * 8 - 1)))                                               \
  WASM64_BINARY(P##_shr_s, U, static_cast<U>(static_cast<S>(a) >> (b & (sizeof(U) * 8 - 1))))               \
  WASM64_BINARY(P##_rotl, U, rotate_left(a, b))                                                             \
  WASM64_BINARY(P##_rotr, U, rotate_right(a, b))                                                            \
  struct P##_div_s {                                                                                        \
    using in = U;                                                                                           \
    using out = U;                                                                                          \
    static constexpr bool traps = true;                                                                     \
    WASM64_HOT static errc apply(U a, U b, U& r) noexcept {                                                 \
      if (WASM64_UNLIKELY(b == 0)) return errc::trap_integer_divide_by_zero;                                \
      if (WASM64_UNLIKELY(static_cast<S>(b) == -1 && static_cast<S>(a) == std::numeric_limits<S>::min())) { \
        return errc::trap_integer_overflow;                                                                 \
      }                                                                                                     \
      r = static_cast<U>(static_cast<S>(a) / static_cast<S>(b));                                            \
      return errc{};                                                                                        \
    }                                                                                                       \
  };                                                                                                        \
  struct P##_rem_s {                                                                                        \
    using in = U;                                                                                           \
    using out = U;                                                                                          \
    static constexpr bool traps = true;                                                                     \
    WASM64_HOT static errc apply(U a, U b, U& r) noexcept {                                                 \
      if (WASM64_UNLIKELY(b == 0)) return errc::trap_integer_divide_by_zero;                                \
      r = static_cast<S>(b) == -1 ? 0 : static_cast<U>(static_cast<S>(a) % static_cast<S>(b));              \
      return errc{};                                                                                        \
    }                                                                                                       \
  };                                                                                                        \
  struct P##_div_u {                                                                                        \
    using in = U;                                                                                           \
    using out = U;                                                                                          \
    static constexpr bool traps = true;                                                                     \
    WASM64_HOT static errc apply(U a, U b, U& r) noexcept {                                                 \
      if (WASM64_UNLIKELY(b == 0)) return errc::trap_integer_divide_by_zero;                                \
      r = a / b;                                                                                            \
      return errc{};                                                                                        \
    }                                                                                                       \
  };                                                                                                        \
  struct P##_rem_u {                                                                                        \
    using in = U;                                                                                           \
    using out = U;                                                                                          \
    static constexpr bool traps = true;                                                                     \
    WASM64_HOT static errc apply(U a, U b, U& r) noexcept {                                                 \
      if (WASM64_UNLIKELY(b == 0)) return errc::trap_integer_divide_by_zero;                                \
      r = a % b;                                                                                            \
      return errc{};                                                                                        \
    }                                                                                                       \
  };                                                                                                        \
  WASM64_COMPARE(P##_eq, U, a == b)                                                                         \
  WASM64_COMPARE(P##_ne, U, a != b)                                                                         \
  WASM64_COMPARE(P##_lt_s, S, a < b)                                                                        \
  WASM64_COMPARE(P##_lt_u, U, a < b)                                                                        \
  WASM64_COMPARE(P##_gt_s, S, a > b)                                                                        \
  WASM64_COMPARE(P##_gt_u, U, a > b)                                                                        \
  WASM64_COMPARE(P##_le_s, S, a <= b)                                                                       \
  WASM64_COMPARE(P##_le_u, U, a <= b)                                                                       \
  WASM64_COMPARE(P##_ge_s, S, a >= b)                                                                       \
  WASM64_COMPARE(P##_ge_u, U, a >= b)                                                                       \
  WASM64_COMPARE(P##_and_eqz, U, (a & b) == 0)                                                              \
  WASM64_COMPARE(P##_and_nez, U, (a & b) != 0)

WASM64_INT_OPS(i32, u32, i32)
WASM64_INT_OPS(i64, u64, i64)

#define WASM64_FLOAT_OPS(P, F, U)                                                  \
  WASM64_BINARY(P##_add, F, canonical(a + b))                                      \
  WASM64_BINARY(P##_sub, F, canonical(a - b))                                      \
  WASM64_BINARY(P##_mul, F, canonical(a* b))                                       \
  WASM64_BINARY(P##_div, F, canonical(a / b))                                      \
  WASM64_BINARY(P##_min, F, minimum(a, b))                                         \
  WASM64_BINARY(P##_max, F, maximum(a, b))                                         \
  WASM64_BINARY(P##_copysign, F, with_sign_bit<F>(a, bits_as<U>(b)))               \
  WASM64_COMPARE(P##_eq, F, a == b)                                                \
  WASM64_COMPARE(P##_ne, F, a != b)                                                \
  WASM64_COMPARE(P##_lt, F, a < b)                                                 \
  WASM64_COMPARE(P##_gt, F, a > b)                                                 \
  WASM64_COMPARE(P##_le, F, a <= b)                                                \
  WASM64_COMPARE(P##_ge, F, a >= b)                                                \
  WASM64_UNARY(P##_abs, F, F, with_sign_bit<F>(a, U{0}))                           \
  WASM64_UNARY(P##_neg, F, F, with_sign_bit<F>(a, static_cast<U>(~bits_as<U>(a)))) \
  WASM64_UNARY(P##_ceil, F, F, round_up(a))                                        \
  WASM64_UNARY(P##_floor, F, F, round_down(a))                                     \
  WASM64_UNARY(P##_trunc, F, F, truncate(a))                                       \
  WASM64_UNARY(P##_nearest, F, F, round_nearest(a))                                \
  WASM64_UNARY(P##_sqrt, F, F, canonical(square_root(a)))

WASM64_FLOAT_OPS(f32, f32, u32)
WASM64_FLOAT_OPS(f64, f64, u64)

WASM64_UNARY(i32_clz, u32, u32, a == 0 ? 32u : static_cast<u32>(__builtin_clz(a)))
WASM64_UNARY(i32_ctz, u32, u32, a == 0 ? 32u : static_cast<u32>(__builtin_ctz(a)))
WASM64_UNARY(i64_clz, u64, u64, a == 0 ? 64u : static_cast<u64>(__builtin_clzll(a)))
WASM64_UNARY(i64_ctz, u64, u64, a == 0 ? 64u : static_cast<u64>(__builtin_ctzll(a)))

WASM64_HOT u64 population(u64 a) noexcept {  // without the POPCNT instruction the built-in is a library call
  a = a - ((a >> 1) & 0x5555555555555555u);
  a = (a & 0x3333333333333333u) + ((a >> 2) & 0x3333333333333333u);
  a = (a + (a >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (a * 0x0101010101010101u) >> 56;
}
WASM64_UNARY(i32_popcnt, u32, u32, static_cast<u32>(population(a)))
WASM64_UNARY(i64_popcnt, u64, u64, population(a))

WASM64_UNARY(i32_wrap_i64, u64, u32, static_cast<u32>(a))
WASM64_UNARY(i64_extend_i32_s, u32, u64, static_cast<u64>(static_cast<i64>(static_cast<i32>(a))))
WASM64_UNARY(i64_extend_i32_u, u32, u64, a)
WASM64_UNARY(i32_extend8_s, u32, u32, static_cast<u32>(static_cast<i32>(static_cast<std::int8_t>(a))))
WASM64_UNARY(i32_extend16_s, u32, u32, static_cast<u32>(static_cast<i32>(static_cast<std::int16_t>(a))))
WASM64_UNARY(i64_extend8_s, u64, u64, static_cast<u64>(static_cast<i64>(static_cast<std::int8_t>(a))))
WASM64_UNARY(i64_extend16_s, u64, u64, static_cast<u64>(static_cast<i64>(static_cast<std::int16_t>(a))))
WASM64_UNARY(i64_extend32_s, u64, u64, static_cast<u64>(static_cast<i64>(static_cast<i32>(a))))

WASM64_TRUNC(i32_trunc_f32_s, f32, u32, i32)
WASM64_TRUNC(i32_trunc_f32_u, f32, u32, u32)
WASM64_TRUNC(i32_trunc_f64_s, f64, u32, i32)
WASM64_TRUNC(i32_trunc_f64_u, f64, u32, u32)
WASM64_TRUNC(i64_trunc_f32_s, f32, u64, i64)
WASM64_TRUNC(i64_trunc_f32_u, f32, u64, u64)
WASM64_TRUNC(i64_trunc_f64_s, f64, u64, i64)
WASM64_TRUNC(i64_trunc_f64_u, f64, u64, u64)
WASM64_UNARY(i32_trunc_sat_f32_s, f32, u32, static_cast<u32>(trunc_saturating<i32>(a)))
WASM64_UNARY(i32_trunc_sat_f32_u, f32, u32, trunc_saturating<u32>(a))
WASM64_UNARY(i32_trunc_sat_f64_s, f64, u32, static_cast<u32>(trunc_saturating<i32>(a)))
WASM64_UNARY(i32_trunc_sat_f64_u, f64, u32, trunc_saturating<u32>(a))
WASM64_UNARY(i64_trunc_sat_f32_s, f32, u64, static_cast<u64>(trunc_saturating<i64>(a)))
WASM64_UNARY(i64_trunc_sat_f32_u, f32, u64, trunc_saturating<u64>(a))
WASM64_UNARY(i64_trunc_sat_f64_s, f64, u64, static_cast<u64>(trunc_saturating<i64>(a)))
WASM64_UNARY(i64_trunc_sat_f64_u, f64, u64, trunc_saturating<u64>(a))

WASM64_UNARY(f32_convert_i32_s, u32, f32, static_cast<f32>(static_cast<i32>(a)))
WASM64_UNARY(f32_convert_i32_u, u32, f32, static_cast<f32>(a))
WASM64_UNARY(f32_convert_i64_s, u64, f32, static_cast<f32>(static_cast<i64>(a)))
WASM64_UNARY(f32_convert_i64_u, u64, f32, static_cast<f32>(a))
WASM64_UNARY(f64_convert_i32_s, u32, f64, static_cast<f64>(static_cast<i32>(a)))
WASM64_UNARY(f64_convert_i32_u, u32, f64, static_cast<f64>(a))
WASM64_UNARY(f64_convert_i64_s, u64, f64, static_cast<f64>(static_cast<i64>(a)))
WASM64_UNARY(f64_convert_i64_u, u64, f64, static_cast<f64>(a))
WASM64_UNARY(f32_demote_f64, f64, f32, canonical(static_cast<f32>(a)))
WASM64_UNARY(f64_promote_f32, f32, f64, canonical(static_cast<f64>(a)))
WASM64_UNARY(i32_reinterpret_f32, f32, u32, bits_as<u32>(a))
WASM64_UNARY(i64_reinterpret_f64, f64, u64, bits_as<u64>(a))
WASM64_UNARY(f32_reinterpret_i32, u32, f32, bits_as<f32>(a))
WASM64_UNARY(f64_reinterpret_i64, u64, f64, bits_as<f64>(a))

#undef WASM64_BINARY
#undef WASM64_COMPARE
#undef WASM64_UNARY
#undef WASM64_TRUNC
#undef WASM64_INT_OPS
#undef WASM64_FLOAT_OPS

}  // namespace wasm64::numeric
WASM64_HOT_END
