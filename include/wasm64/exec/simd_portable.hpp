#pragma once

#include "wasm64/exec/numeric.hpp"
#include "wasm64/exec/simd_types.hpp"

/// The operations for which machines have an instruction that vector extensions express badly, without that
/// instruction. What exec/simd_native.hpp puts in their place has the same bits; tests compare the two.
WASM64_HOT_BEGIN
namespace wasm64::simd::portable {

template <class V>
WASM64_HOT V add_sat_s(V a, V b) noexcept {
  using U = unsigned_lanes<V>;
  const U sum = as<U>(a) + as<U>(b);
  const U limit = as<U>(a < V{}) ^ all<U>(static_cast<lane_of<U>>(std::numeric_limits<lane_of<V>>::max()));
  // Overflow: the operands have one sign and the sum has the other.
  return as<V>(select(as<V>(~(as<U>(a) ^ as<U>(b)) & (as<U>(a) ^ sum)) < V{}, limit, sum));
}
template <class V>
WASM64_HOT V sub_sat_s(V a, V b) noexcept {
  using U = unsigned_lanes<V>;
  const U difference = as<U>(a) - as<U>(b);
  const U limit = as<U>(a < V{}) ^ all<U>(static_cast<lane_of<U>>(std::numeric_limits<lane_of<V>>::max()));
  return as<V>(select(as<V>((as<U>(a) ^ as<U>(b)) & (as<U>(a) ^ difference)) < V{}, limit, difference));
}
template <class V>
WASM64_HOT V add_sat_u(V a, V b) noexcept {
  const V sum = a + b;
  return sum | as<V>(sum < a);
}
template <class V>
WASM64_HOT V sub_sat_u(V a, V b) noexcept {
  return (a - b) & as<V>(a > b);
}

/// (a + b + 1) / 2 without the ninth bit.
template <class V>
WASM64_HOT V average(V a, V b) noexcept {
  return (a | b) - ((a ^ b) >> static_cast<lane_of<V>>(1));
}

template <class V>
WASM64_HOT V clamp(V v, lane_of<V> low, lane_of<V> high) noexcept {
  const V up = select(v < all<V>(low), all<V>(low), v);
  return select(up > all<V>(high), all<V>(high), up);
}
WASM64_HOT u8x16 even_lanes(u8x16 a, u8x16 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
WASM64_HOT u16x8 even_lanes(u16x8 a, u16x8 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}
WASM64_HOT i8x16 narrow_s(i16x8 a, i16x8 b) noexcept {
  return as<i8x16>(even_lanes(as<u8x16>(clamp(a, -0x80, 0x7f)), as<u8x16>(clamp(b, -0x80, 0x7f))));
}
WASM64_HOT u8x16 narrow_u(i16x8 a, i16x8 b) noexcept {
  return even_lanes(as<u8x16>(clamp(a, 0, 0xff)), as<u8x16>(clamp(b, 0, 0xff)));
}
WASM64_HOT i16x8 narrow_s(i32x4 a, i32x4 b) noexcept {
  return as<i16x8>(even_lanes(as<u16x8>(clamp(a, -0x8000, 0x7fff)), as<u16x8>(clamp(b, -0x8000, 0x7fff))));
}
WASM64_HOT u16x8 narrow_u(i32x4 a, i32x4 b) noexcept {
  return even_lanes(as<u16x8>(clamp(a, 0, 0xffff)), as<u16x8>(clamp(b, 0, 0xffff)));
}

/// The lanes' sign bits, lane 0 lowest.
template <class V>
WASM64_HOT std::uint32_t sign_bits(V v) noexcept {
  const auto u = as<unsigned_lanes<V>>(v);
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < lane_count<V>; ++i) bits |= static_cast<std::uint32_t>(u[i] >> (lane_bits<V> - 1)) << i;
  return bits;
}

/// Products of 16-bit lanes at full width.
WASM64_HOT i32x4 product_low(i16x8 a, i16x8 b) noexcept {
  return as<i32x4>(extend_low<u32x4>(a) * extend_low<u32x4>(b));
}
WASM64_HOT i32x4 product_high(i16x8 a, i16x8 b) noexcept {
  return as<i32x4>(extend_high<u32x4>(a) * extend_high<u32x4>(b));
}
WASM64_HOT i32x4 dot(i16x8 a, i16x8 b) noexcept {
  const u32x4 low = as<u32x4>(product_low(a, b)), high = as<u32x4>(product_high(a, b));
  return as<i32x4>(__builtin_shufflevector(low, high, 0, 2, 4, 6) + __builtin_shufflevector(low, high, 1, 3, 5, 7));
}
/// Rounding Q15 product; only -1 times -1 saturates.
WASM64_HOT i16x8 q15_product(i16x8 a, i16x8 b) noexcept {
  const i32x4 half = all<i32x4>(0x4000);
  return narrow_s((product_low(a, b) + half) >> 15, (product_high(a, b) + half) >> 15);
}

/// Bytes of a table of 32 by number. They are put together in registers: to read a vector from memory that was just
/// written byte by byte takes long.
WASM64_HOT u8x16 choose(u8x16 first, u8x16 second, u8x16 numbers) noexcept {
  std::uint8_t table[32];
  __builtin_memcpy(table, &first, 16);
  __builtin_memcpy(table + 16, &second, 16);
  const v128 by = as<v128>(numbers & all<u8x16>(31));
  v128 out{};
  for (unsigned half = 0; half < 2; ++half) {
    std::uint64_t lanes = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) lanes |= std::uint64_t{table[by[half] >> shift & 0xff]} << shift;
    out[half] = lanes;
  }
  return as<u8x16>(out);
}
/// Lanes of `a` by number; 16 and more give 0.
WASM64_HOT u8x16 swizzle(u8x16 a, u8x16 numbers) noexcept {
  return choose(a, u8x16{}, select(numbers < 16, numbers, all<u8x16>(16)));
}
/// Lanes of `a`, then `b`, by number below 32.
WASM64_HOT u8x16 shuffle(u8x16 a, u8x16 b, u8x16 numbers) noexcept { return choose(a, b, numbers); }

// Comparisons of 64-bit lanes by 32-bit ones.

/// The upper 32 bits of every lane over the whole lane.
WASM64_HOT i64x2 spread_high(i32x4 a) noexcept { return as<i64x2>(__builtin_shufflevector(a, a, 1, 1, 3, 3)); }
WASM64_HOT i64x2 equal(i64x2 a, i64x2 b) noexcept {
  const i32x4 halves = as<i32x4>(a) == as<i32x4>(b);
  return as<i64x2>(halves & __builtin_shufflevector(halves, halves, 1, 0, 3, 2));
}
WASM64_HOT i64x2 negative(i64x2 a) noexcept { return spread_high(as<i32x4>(a) >> 31); }
/// Where the signs agree, the difference has no overflow and its sign decides.
WASM64_HOT i64x2 less_s(i64x2 a, i64x2 b) noexcept {
  const u64x2 x = as<u64x2>(a), y = as<u64x2>(b);
  return negative(as<i64x2>((x & ~y) | (~(x ^ y) & (x - y))));
}

/// Where neither is a NaN.
template <class V>
WASM64_HOT signed_lanes<V> ordered(V a, V b) noexcept {
  return (a == a) & (b == b);
}
/// `a < b ? a : b` and `a > b ? a : b` as bits: of unordered operands and of zeros, `b`.
template <class V>
WASM64_HOT V lesser(V a, V b) noexcept {
  return select(a < b, a, b);
}
template <class V>
WASM64_HOT V greater(V a, V b) noexcept {
  return select(a > b, a, b);
}

WASM64_HOT f32x4 square_root(f32x4 a) noexcept {
  for (unsigned i = 0; i < 4; ++i) a[i] = numeric::square_root(a[i]);
  return a;
}
WASM64_HOT f64x2 square_root(f64x2 a) noexcept {
  for (unsigned i = 0; i < 2; ++i) a[i] = numeric::square_root(a[i]);
  return a;
}

// Rounding. Adding and subtracting 2^(mantissa bits) rounds a magnitude below it to the nearest integer, ties to even;
// from there the others are one step away. NaNs come out as they went in.

template <class V>
inline constexpr lane_of<V> integral_from =
    sizeof(lane_of<V>) == 4 ? lane_of<V>{8388608.0} : lane_of<V>{4503599627370496.0};
template <class V>
WASM64_HOT unsigned_lanes<V> sign_mask() noexcept {
  using U = unsigned_lanes<V>;
  return all<U>(static_cast<lane_of<U>>(lane_of<U>{1} << (lane_bits<V> - 1)));
}
template <class V>
WASM64_HOT V magnitude(V v) noexcept {
  return as<V>(as<unsigned_lanes<V>>(v) & ~sign_mask<V>());
}
/// `rounded` with the sign of `x`, or `x` where it has no fraction.
template <class V>
WASM64_HOT V round_result(V rounded, V x) noexcept {
  return select(magnitude(x) < all<V>(integral_from<V>), select(sign_mask<V>(), x, rounded), x);
}
template <class V>
WASM64_HOT V nearest(V x) noexcept {
  const V big = all<V>(integral_from<V>);
  return round_result((magnitude(x) + big) - big, x);
}
template <class V>
WASM64_HOT V one_where(signed_lanes<V> mask) noexcept {
  return as<V>(as<unsigned_lanes<V>>(all<V>(1)) & as<unsigned_lanes<V>>(mask));
}
template <class V>
WASM64_HOT V floor(V x) noexcept {
  const V t = nearest(x);
  return round_result(t - one_where<V>(t > x), x);
}
template <class V>
WASM64_HOT V ceil(V x) noexcept {
  const V t = nearest(x);
  return round_result(t + one_where<V>(t < x), x);
}
template <class V>
WASM64_HOT V trunc(V x) noexcept {
  const V m = magnitude(x), t = nearest(m);
  return round_result(t - one_where<V>(t > m), x);
}

}  // namespace wasm64::simd::portable
WASM64_HOT_END
