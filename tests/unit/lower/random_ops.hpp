#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "wasm64/base/error.hpp"

/// The value instructions of random programs with a meaning of their own, written against the specification without the
/// library's semantics, so that each checks the other.
namespace wasm64::test {

using bits64 = std::uint64_t;

struct value_op {
  const char* text;
  const char* params;  ///< i, I, f, F
  char result;
  bits64 (*apply)(bits64 a, bits64 b, errc& trap);
  bool divides = false;
};

namespace ops {

template <class T>
T from(bits64 b) {
  if constexpr (sizeof(T) == 4) return std::bit_cast<T>(static_cast<std::uint32_t>(b));
  else return std::bit_cast<T>(b);
}
template <class T>
bits64 to(T v) {
  if constexpr (std::is_same_v<T, bool>) return v;
  else if constexpr (sizeof(T) == 4) return std::bit_cast<std::uint32_t>(v);
  else return std::bit_cast<bits64>(v);
}
template <class T>
bits64 arithmetic(T v) {
  return to(std::isnan(v) ? std::numeric_limits<T>::quiet_NaN() : v);
}

template <class U>
inline constexpr bits64 top = bits64{1} << (8 * sizeof(U) - 1);

template <class T>
T smaller(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T>
T larger(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

template <class S>
bits64 divide(bits64 x, bits64 y, errc& trap, bool remainder) {
  const S a = from<S>(x), b = from<S>(y);
  if (b == 0) return trap = errc::trap_integer_divide_by_zero, 0;
  if (std::is_signed_v<S> && b == static_cast<S>(-1) && a == std::numeric_limits<S>::min()) {
    if (!remainder) trap = errc::trap_integer_overflow;
    return 0;
  }
  return to(static_cast<S>(remainder ? a % b : a / b));
}

}  // namespace ops

#define WASM64_TEST_OP(text, params, result, ...) \
  {text, params, result,                          \
   []([[maybe_unused]] bits64 a, [[maybe_unused]] bits64 b, errc&) -> bits64 { return __VA_ARGS__; }}
#define WASM64_TEST_INT(P, t, U, S)                                                                                   \
  WASM64_TEST_OP(P ".add", t t, t[0], to<U>(from<U>(a) + from<U>(b))),                                                \
      WASM64_TEST_OP(P ".sub", t t, t[0], to<U>(from<U>(a) - from<U>(b))),                                            \
      WASM64_TEST_OP(P ".mul", t t, t[0], to<U>(from<U>(a) * from<U>(b))), WASM64_TEST_OP(P ".and", t t, t[0], a& b), \
      WASM64_TEST_OP(P ".or", t t, t[0], a | b), WASM64_TEST_OP(P ".xor", t t, t[0], a ^ b),                          \
      WASM64_TEST_OP(P ".shl", t t, t[0], to<U>(from<U>(a) << (b % (8 * sizeof(U))))),                                \
      WASM64_TEST_OP(P ".shr_u", t t, t[0], to<U>(from<U>(a) >> (b % (8 * sizeof(U))))),                              \
      WASM64_TEST_OP(P ".shr_s", t t, t[0], to<S>(static_cast<S>(from<S>(a) >> (b % (8 * sizeof(U)))))),              \
      WASM64_TEST_OP(P ".rotl", t t, t[0], to<U>(std::rotl(from<U>(a), static_cast<int>(b % 64)))),                   \
      WASM64_TEST_OP(P ".rotr", t t, t[0], to<U>(std::rotr(from<U>(a), static_cast<int>(b % 64)))),                   \
      WASM64_TEST_OP(P ".clz", t, t[0], to<U>(static_cast<U>(std::countl_zero(from<U>(a))))),                         \
      WASM64_TEST_OP(P ".ctz", t, t[0], to<U>(static_cast<U>(std::countr_zero(from<U>(a))))),                         \
      WASM64_TEST_OP(P ".extend8_s", t, t[0], to<S>(static_cast<std::int8_t>(a))),                                    \
      WASM64_TEST_OP(P ".eqz", t, 'i', to(from<U>(a) == 0)),                                                          \
      WASM64_TEST_OP(P ".eq", t t, 'i', to(from<U>(a) == from<U>(b))),                                                \
      WASM64_TEST_OP(P ".ne", t t, 'i', to(from<U>(a) != from<U>(b))),                                                \
      WASM64_TEST_OP(P ".lt_s", t t, 'i', to(from<S>(a) < from<S>(b))),                                               \
      WASM64_TEST_OP(P ".lt_u", t t, 'i', to(from<U>(a) < from<U>(b))),                                               \
      WASM64_TEST_OP(P ".gt_s", t t, 'i', to(from<S>(a) > from<S>(b))),                                               \
      WASM64_TEST_OP(P ".gt_u", t t, 'i', to(from<U>(a) > from<U>(b))),                                               \
      WASM64_TEST_OP(P ".le_s", t t, 'i', to(from<S>(a) <= from<S>(b))),                                              \
      WASM64_TEST_OP(P ".le_u", t t, 'i', to(from<U>(a) <= from<U>(b))),                                              \
      WASM64_TEST_OP(P ".ge_s", t t, 'i', to(from<S>(a) >= from<S>(b))),                                              \
      WASM64_TEST_OP(P ".ge_u", t t, 'i', to(from<U>(a) >= from<U>(b))),                                              \
      {P ".div_s", t t, t[0], [](bits64 a, bits64 b, errc& e) { return divide<S>(a, b, e, false); }, true},           \
      {P ".div_u", t t, t[0], [](bits64 a, bits64 b, errc& e) { return divide<U>(a, b, e, false); }, true},           \
      {P ".rem_s", t t, t[0], [](bits64 a, bits64 b, errc& e) { return divide<S>(a, b, e, true); }, true}, {          \
    P ".rem_u", t t, t[0], [](bits64 a, bits64 b, errc& e) { return divide<U>(a, b, e, true); }, true                 \
  }
#define WASM64_TEST_FLOAT(P, t, F, U)                                                                \
  WASM64_TEST_OP(P ".add", t t, t[0], arithmetic<F>(from<F>(a) + from<F>(b))),                       \
      WASM64_TEST_OP(P ".sub", t t, t[0], arithmetic<F>(from<F>(a) - from<F>(b))),                   \
      WASM64_TEST_OP(P ".mul", t t, t[0], arithmetic<F>(from<F>(a) * from<F>(b))),                   \
      WASM64_TEST_OP(P ".div", t t, t[0], arithmetic<F>(from<F>(a) / from<F>(b))),                   \
      WASM64_TEST_OP(P ".min", t t, t[0], arithmetic<F>(smaller(from<F>(a), from<F>(b)))),           \
      WASM64_TEST_OP(P ".max", t t, t[0], arithmetic<F>(larger(from<F>(a), from<F>(b)))),            \
      WASM64_TEST_OP(P ".copysign", t t, t[0], (a & ~top<U>) | (b & top<U>)),                        \
      WASM64_TEST_OP(P ".abs", t, t[0], a & ~top<U>), WASM64_TEST_OP(P ".neg", t, t[0], a ^ top<U>), \
      WASM64_TEST_OP(P ".sqrt", t, t[0], arithmetic<F>(std::sqrt(from<F>(a)))),                      \
      WASM64_TEST_OP(P ".floor", t, t[0], arithmetic<F>(std::floor(from<F>(a)))),                    \
      WASM64_TEST_OP(P ".ceil", t, t[0], arithmetic<F>(std::ceil(from<F>(a)))),                      \
      WASM64_TEST_OP(P ".trunc", t, t[0], arithmetic<F>(std::trunc(from<F>(a)))),                    \
      WASM64_TEST_OP(P ".nearest", t, t[0], arithmetic<F>(std::nearbyint(from<F>(a)))),              \
      WASM64_TEST_OP(P ".eq", t t, 'i', to(from<F>(a) == from<F>(b))),                               \
      WASM64_TEST_OP(P ".ne", t t, 'i', to(from<F>(a) != from<F>(b))),                               \
      WASM64_TEST_OP(P ".lt", t t, 'i', to(from<F>(a) < from<F>(b))),                                \
      WASM64_TEST_OP(P ".gt", t t, 'i', to(from<F>(a) > from<F>(b))),                                \
      WASM64_TEST_OP(P ".le", t t, 'i', to(from<F>(a) <= from<F>(b))),                               \
      WASM64_TEST_OP(P ".ge", t t, 'i', to(from<F>(a) >= from<F>(b)))

inline std::span<const value_op> value_ops() {
  using namespace ops;
  using i32 = std::int32_t;
  using u32 = std::uint32_t;
  using i64 = std::int64_t;
  using u64 = bits64;
  static constexpr value_op table[] = {
      WASM64_TEST_INT("i32", "i", u32, i32),
      WASM64_TEST_INT("i64", "I", u64, i64),
      WASM64_TEST_FLOAT("f32", "f", float, u32),
      WASM64_TEST_FLOAT("f64", "F", double, u64),
      WASM64_TEST_OP("i64.extend_i32_s", "i", 'I', to<i64>(from<i32>(a))),
      WASM64_TEST_OP("i64.extend_i32_u", "i", 'I', a),
      WASM64_TEST_OP("i32.wrap_i64", "I", 'i', a & 0xffffffff),
      WASM64_TEST_OP("f32.convert_i32_s", "i", 'f', to(static_cast<float>(from<i32>(a)))),
      WASM64_TEST_OP("f64.convert_i32_u", "i", 'F', to(static_cast<double>(from<u32>(a)))),
      WASM64_TEST_OP("f32.convert_i64_u", "I", 'f', to(static_cast<float>(from<u64>(a)))),
      WASM64_TEST_OP("f64.convert_i64_s", "I", 'F', to(static_cast<double>(from<i64>(a)))),
      WASM64_TEST_OP("f64.promote_f32", "f", 'F', arithmetic(static_cast<double>(from<float>(a)))),
      WASM64_TEST_OP("f32.demote_f64", "F", 'f', arithmetic(static_cast<float>(from<double>(a)))),
      WASM64_TEST_OP("i32.reinterpret_f32", "f", 'i', a),
      WASM64_TEST_OP("f32.reinterpret_i32", "i", 'f', a),
      WASM64_TEST_OP("i64.reinterpret_f64", "F", 'I', a),
      WASM64_TEST_OP("f64.reinterpret_i64", "I", 'F', a),
  };
  return table;
}

#undef WASM64_TEST_OP
#undef WASM64_TEST_INT
#undef WASM64_TEST_FLOAT

}  // namespace wasm64::test
