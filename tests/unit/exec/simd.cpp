#include "wasm64/exec/simd.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace wasm64;
using namespace wasm64::simd;

namespace {

template <class V>
std::vector<lane_of<V>> lanes(V v) {
  std::vector<lane_of<V>> out(lane_count<V>);
  __builtin_memcpy(out.data(), &v, sizeof v);
  return out;
}
template <class V>
V of(const std::vector<lane_of<V>>& from) {
  V v;
  __builtin_memcpy(&v, from.data(), sizeof v);
  return v;
}
template <class A, class B>
bool same_bits(A a, B b) {
  return __builtin_memcmp(&a, &b, sizeof a) == 0;
}

/// Vectors whose lanes are edges of integers and floats of every width in all neighbourhoods, then pseudo-random ones.
std::vector<v128> samples() {
  const std::uint64_t edges[] = {0,
                                 1,
                                 0x7f,
                                 0x80,
                                 0xff,
                                 0x7fff,
                                 0x8000,
                                 0x7fff'ffff,
                                 0x8000'0000,
                                 0x4f00'0000'cf00'0000,  // 2^31 and -2^31 as f32
                                 0x4f80'0000'cf00'0001,  // 2^32, the float below -2^31
                                 0x3f00'0000'bf00'0000,  // 0.5
                                 0x4020'0000'c060'0000,  // 2.5 and -3.5
                                 0x4b00'0001'caff'ffff,  // around 2^23
                                 0x7f80'0000'ff80'0000,  // infinities
                                 0x7fc0'0000'ffc0'0000,  // canonical NaNs
                                 0x7fa0'0001'ff81'2345,  // signaling NaNs
                                 0x8000'0000'8000'0000,
                                 0x8080'8080'8080'8080,
                                 0x7fff'7fff'7fff'7fff,
                                 0x8000'8000'8000'8000,
                                 0x7fff'ffff'ffff'ffff,
                                 0x8000'0000'0000'0000,
                                 0x41df'ffff'ffff'ffff,  // the f64 below 2^31
                                 0x41e0'0000'0000'0000,
                                 0xc1e0'0000'001f'ffff,
                                 0xc1e0'0000'0020'0000,  // -2^31 - 1
                                 0x41ef'ffff'ffff'ffff,
                                 0x41f0'0000'0000'0000,  // 2^32
                                 0x3fe0'0000'0000'0000,
                                 0xbfe0'0000'0000'0000,
                                 0x4004'0000'0000'0000,  // 2.5
                                 0x4330'0000'0000'0001,  // around 2^52
                                 0x432f'ffff'ffff'ffff,
                                 0x7ff0'0000'0000'0000,
                                 0xfff0'0000'0000'0000,
                                 0x7ff4'0000'0000'0001,
                                 0xfff8'0000'0000'0000,
                                 0x000f'ffff'ffff'ffff,
                                 ~std::uint64_t{0}};
  std::vector<v128> all_samples;
  std::uint64_t previous = 0;
  for (const std::uint64_t edge : edges) {
    all_samples.push_back(v128{edge, previous});
    previous = edge;
  }
  std::uint64_t state = 1;
  const auto next = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 32 | state << 32) ^ state >> 29;
  };
  for (int i = 0; i < 60; ++i) all_samples.push_back(v128{next(), next()});
  return all_samples;
}

/// Compares two unary or binary functions on all samples.
template <class V, class F, class G>
void agree_1(const char* name, F f, G g) {
  INFO(name);
  for (const v128 a : samples()) {
    if (!same_bits(f(as<V>(a)), g(as<V>(a)))) FAIL(a[0] << " " << a[1]);
  }
}
template <class V, class F, class G>
void agree_2(const char* name, F f, G g) {
  INFO(name);
  const std::vector<v128> all_samples = samples();
  for (const v128 a : all_samples) {
    for (const v128 b : all_samples) {
      if (!same_bits(f(as<V>(a), as<V>(b)), g(as<V>(a), as<V>(b)))) {
        FAIL(a[0] << " " << a[1] << ", " << b[0] << " " << b[1]);
      }
    }
  }
}

#define SAME_1(V, name) \
  agree_1<V>(#V " " #name, [](V a) { return native::name(a); }, [](V a) { return portable::name(a); })
#define SAME_2(V, name) \
  agree_2<V>(#V " " #name, [](V a, V b) { return native::name(a, b); }, [](V a, V b) { return portable::name(a, b); })

/// An instruction against a function of single lanes.
#define LANES_1(instruction, V, lane)                          \
  agree_1<V>(                                                  \
      #instruction, [](V v) { return instruction::apply(v); }, \
      [](V v) {                                                \
        V out{};                                               \
        for (unsigned i = 0; i < lane_count<V>; ++i) {         \
          const lane_of<V> a = v[i];                           \
          out[i] = static_cast<lane_of<V>>(lane);              \
        }                                                      \
        return out;                                            \
      })
#define LANES_2(instruction, V, lane)                                  \
  agree_2<V>(                                                          \
      #instruction, [](V v, V w) { return instruction::apply(v, w); }, \
      [](V v, V w) {                                                   \
        V out{};                                                       \
        for (unsigned i = 0; i < lane_count<V>; ++i) {                 \
          const lane_of<V> a = v[i], b = w[i];                         \
          out[i] = static_cast<lane_of<V>>(lane);                      \
        }                                                              \
        return out;                                                    \
      })

int saturated(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

}  // namespace

TEST_CASE("simd: native instructions have the bits of the portable functions") {
  SAME_2(i8x16, add_sat_s);
  SAME_2(i16x8, add_sat_s);
  SAME_2(i8x16, sub_sat_s);
  SAME_2(i16x8, sub_sat_s);
  SAME_2(u8x16, add_sat_u);
  SAME_2(u16x8, add_sat_u);
  SAME_2(u8x16, sub_sat_u);
  SAME_2(u16x8, sub_sat_u);
  SAME_2(u8x16, average);
  SAME_2(u16x8, average);
  SAME_2(i16x8, narrow_s);
  SAME_2(i16x8, narrow_u);
  SAME_2(i32x4, narrow_s);
  SAME_2(i32x4, narrow_u);
  SAME_2(i16x8, dot);
  SAME_2(i16x8, q15_product);
  SAME_2(i64x2, equal);
  SAME_2(i64x2, less_s);
  SAME_2(u8x16, swizzle);
  SAME_2(f32x4, lesser);
  SAME_2(f64x2, lesser);
  SAME_2(f32x4, greater);
  SAME_2(f64x2, greater);
  SAME_2(f32x4, ordered);
  SAME_2(f64x2, ordered);
  SAME_1(i64x2, negative);
  SAME_1(u8x16, sign_bits);
  SAME_1(u16x8, sign_bits);
  SAME_1(u32x4, sign_bits);
  SAME_1(u64x2, sign_bits);
  for (const v128 numbers : samples()) {
    const u8x16 by = as<u8x16>(numbers) & all<u8x16>(31);
    agree_2<u8x16>(
        "shuffle", [by](u8x16 a, u8x16 b) { return native::shuffle(a, b, by); },
        [by](u8x16 a, u8x16 b) { return portable::shuffle(a, b, by); });
  }
}

TEST_CASE("simd: integer lanes are what single integers are") {
  LANES_2(i8x16_add_sat_s, i8x16, saturated(a + b, -128, 127));
  LANES_2(i8x16_add_sat_u, u8x16, saturated(a + b, 0, 255));
  LANES_2(i8x16_sub_sat_s, i8x16, saturated(a - b, -128, 127));
  LANES_2(i8x16_sub_sat_u, u8x16, saturated(a - b, 0, 255));
  LANES_2(i16x8_add_sat_s, i16x8, saturated(a + b, -32768, 32767));
  LANES_2(i16x8_add_sat_u, u16x8, saturated(a + b, 0, 65535));
  LANES_2(i16x8_sub_sat_s, i16x8, saturated(a - b, -32768, 32767));
  LANES_2(i16x8_sub_sat_u, u16x8, saturated(a - b, 0, 65535));
  LANES_2(i16x8_q15mulr_sat_s, i16x8, saturated((a * b + 0x4000) >> 15, -32768, 32767));
  LANES_2(i8x16_avgr_u, u8x16, (a + b + 1) / 2);
  LANES_2(i16x8_avgr_u, u16x8, (a + b + 1) / 2);
  LANES_2(i8x16_min_s, i8x16, a < b ? a : b);
  LANES_2(i16x8_max_u, u16x8, a > b ? a : b);
  LANES_2(i32x4_mul, u32x4, std::uint64_t{a} * b);
  LANES_2(i64x2_mul, u64x2, a * b);
  LANES_2(i64x2_eq, i64x2, a == b ? -1 : 0);
  LANES_2(i64x2_ne, i64x2, a != b ? -1 : 0);
  LANES_2(i64x2_lt_s, i64x2, a < b ? -1 : 0);
  LANES_2(i64x2_le_s, i64x2, a <= b ? -1 : 0);
  LANES_1(i8x16_popcnt, u8x16, __builtin_popcount(a));
  LANES_1(i8x16_abs, i8x16, a < 0 ? -a : a);
  LANES_1(i64x2_abs, i64x2, a < 0 ? 0 - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a));
}

TEST_CASE("simd: shifts take their count modulo the lane's width") {
  for (const std::uint32_t n : {0u, 1u, 7u, 8u, 9u, 31u, 63u, 64u, 0xffffffffu}) {
    for (const v128 v : samples()) {
      for (unsigned i = 0; i < 16; ++i) {
        CHECK(i8x16_shl::apply(as<u8x16>(v), n)[i] == static_cast<std::uint8_t>(as<u8x16>(v)[i] << (n & 7)));
        CHECK(i8x16_shr_u::apply(as<u8x16>(v), n)[i] == as<u8x16>(v)[i] >> (n & 7));
        CHECK(as<i8x16>(i8x16_shr_s::apply(as<u8x16>(v), n))[i] == as<i8x16>(v)[i] >> (n & 7));
      }
      for (unsigned i = 0; i < 2; ++i) {
        CHECK(i64x2_shl::apply(v, n)[i] == v[i] << (n & 63));
        CHECK(as<i64x2>(i64x2_shr_s::apply(v, n))[i] == as<i64x2>(v)[i] >> (n & 63));
      }
    }
  }
}

TEST_CASE("simd: lanes are found by number") {
  const u8x16 v = lane_numbers<u8x16>() + all<u8x16>(0x80);
  for (std::uint32_t n = 0; n < 16; ++n) {
    CHECK(i8x16_extract_lane_u::apply(v, n) == 0x80 + n);
    CHECK(i8x16_extract_lane_s::apply(as<i8x16>(v), n) == 0xffffff80u + n);
    std::vector<std::uint8_t> expected = lanes(v);
    expected[n] = 7;
    CHECK(lanes(i8x16_replace_lane::apply(v, 0x107, n)) == expected);
  }
  for (std::uint32_t n = 0; n < 2; ++n) {
    std::vector<std::uint64_t> expected{1, 2};
    expected[n] = 9;
    CHECK(lanes(i64x2_replace_lane::apply(v128{1, 2}, 9, n)) == expected);
  }
  CHECK(lanes(i32x4_replace_lane::apply(u32x4{1, 2, 3, 4}, 9, 2)) == std::vector<std::uint32_t>{1, 2, 9, 4});
}

TEST_CASE("simd: float lanes are what single floats are") {
  LANES_2(f32x4_add, f32x4, numeric::f32_add::apply(a, b));
  LANES_2(f32x4_sub, f32x4, numeric::f32_sub::apply(a, b));
  LANES_2(f32x4_mul, f32x4, numeric::f32_mul::apply(a, b));
  LANES_2(f32x4_div, f32x4, numeric::f32_div::apply(a, b));
  LANES_2(f32x4_min, f32x4, numeric::f32_min::apply(a, b));
  LANES_2(f32x4_max, f32x4, numeric::f32_max::apply(a, b));
  LANES_2(f64x2_add, f64x2, numeric::f64_add::apply(a, b));
  LANES_2(f64x2_sub, f64x2, numeric::f64_sub::apply(a, b));
  LANES_2(f64x2_mul, f64x2, numeric::f64_mul::apply(a, b));
  LANES_2(f64x2_div, f64x2, numeric::f64_div::apply(a, b));
  LANES_2(f64x2_min, f64x2, numeric::f64_min::apply(a, b));
  LANES_2(f64x2_max, f64x2, numeric::f64_max::apply(a, b));
  LANES_1(f32x4_sqrt, f32x4, numeric::f32_sqrt::apply(a));
  LANES_1(f32x4_ceil, f32x4, numeric::f32_ceil::apply(a));
  LANES_1(f32x4_floor, f32x4, numeric::f32_floor::apply(a));
  LANES_1(f32x4_trunc, f32x4, numeric::f32_trunc::apply(a));
  LANES_1(f32x4_nearest, f32x4, numeric::f32_nearest::apply(a));
  LANES_1(f64x2_sqrt, f64x2, numeric::f64_sqrt::apply(a));
  LANES_1(f64x2_ceil, f64x2, numeric::f64_ceil::apply(a));
  LANES_1(f64x2_floor, f64x2, numeric::f64_floor::apply(a));
  LANES_1(f64x2_trunc, f64x2, numeric::f64_trunc::apply(a));
  LANES_1(f64x2_nearest, f64x2, numeric::f64_nearest::apply(a));
}

TEST_CASE("simd: every rounding is that of single floats near every integer and tie") {
  for (int i = -70000; i <= 70000; ++i) {
    const float x = static_cast<float>(i) * 0.125f;
    const f32x4 v{x, -x, x + 8388600.0f, x * 1024.0f};
    const f64x2 w{static_cast<double>(x), static_cast<double>(x) + 4503599627370490.0};
    for (unsigned k = 0; k < 4; ++k) {
      if (!same_bits(f32x4_nearest::apply(v)[k], numeric::round_nearest(v[k]))) FAIL(v[k]);
      if (!same_bits(f32x4_floor::apply(v)[k], numeric::round_down(v[k]))) FAIL(v[k]);
      if (!same_bits(f32x4_ceil::apply(v)[k], numeric::round_up(v[k]))) FAIL(v[k]);
      if (!same_bits(f32x4_trunc::apply(v)[k], numeric::truncate(v[k]))) FAIL(v[k]);
    }
    for (unsigned k = 0; k < 2; ++k) {
      if (!same_bits(f64x2_nearest::apply(w)[k], numeric::round_nearest(w[k]))) FAIL(w[k]);
      if (!same_bits(f64x2_floor::apply(w)[k], numeric::round_down(w[k]))) FAIL(w[k]);
    }
  }
}

TEST_CASE("simd: conversions are those of single numbers") {
  for (const v128 v : samples()) {
    const f32x4 f = as<f32x4>(v);
    const f64x2 d = as<f64x2>(v);
    for (unsigned i = 0; i < 4; ++i) {
      CHECK(i32x4_trunc_sat_f32x4_s::apply(f)[i] == numeric::trunc_saturating<std::int32_t>(f[i]));
      CHECK(i32x4_trunc_sat_f32x4_u::apply(f)[i] == numeric::trunc_saturating<std::uint32_t>(f[i]));
      CHECK(f32x4_convert_i32x4_s::apply(as<i32x4>(v))[i] == static_cast<float>(as<i32x4>(v)[i]));
      CHECK(f32x4_convert_i32x4_u::apply(as<u32x4>(v))[i] == static_cast<float>(as<u32x4>(v)[i]));
    }
    for (unsigned i = 0; i < 2; ++i) {
      CHECK(i32x4_trunc_sat_f64x2_s_zero::apply(d)[i] == numeric::trunc_saturating<std::int32_t>(d[i]));
      CHECK(i32x4_trunc_sat_f64x2_u_zero::apply(d)[i] == numeric::trunc_saturating<std::uint32_t>(d[i]));
      CHECK(i32x4_trunc_sat_f64x2_s_zero::apply(d)[i + 2] == 0);
      CHECK(f64x2_convert_low_i32x4_s::apply(as<i32x4>(v))[i] == static_cast<double>(as<i32x4>(v)[i]));
      CHECK(f64x2_convert_low_i32x4_u::apply(as<u32x4>(v))[i] == static_cast<double>(as<u32x4>(v)[i]));
      CHECK(same_bits(f32x4_demote_f64x2_zero::apply(d)[i], numeric::f32_demote_f64::apply(d[i])));
      CHECK(same_bits(f64x2_promote_low_f32x4::apply(f)[i], numeric::f64_promote_f32::apply(f[i])));
    }
  }
}

TEST_CASE("simd: operations that are no arithmetic keep the bits of NaNs") {
  const u32x4 nan{0x7fa12345, 0xffc00001, 0x7f800001, 0xff812345};
  const f32x4 a = as<f32x4>(nan), one = all<f32x4>(1);
  CHECK(lanes(as<u32x4>(f32x4_abs::apply(a))) ==
        std::vector<std::uint32_t>{0x7fa12345, 0x7fc00001, 0x7f800001, 0x7f812345});
  CHECK(lanes(as<u32x4>(f32x4_neg::apply(a))) ==
        std::vector<std::uint32_t>{0xffa12345, 0x7fc00001, 0xff800001, 0x7f812345});
  CHECK(same_bits(f32x4_pmin::apply(a, one), nan));
  CHECK(same_bits(f32x4_pmin::apply(one, a), one));
  CHECK(same_bits(f32x4_pmax::apply(a, one), nan));
  CHECK(same_bits(f32x4_pmax::apply(one, a), one));
  const f64x2 zero{0.0, -0.0}, other{-0.0, 0.0};
  CHECK(same_bits(f64x2_pmin::apply(zero, other), zero));
  CHECK(same_bits(f64x2_pmax::apply(zero, other), zero));
}

TEST_CASE("simd: relaxed multiply-add rounds twice") {
  // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24, of which f32 keeps 1 + 2^-11.
  const f32x4 a = all<f32x4>(1.0f + 0x1p-12f), c = all<f32x4>(-(1.0f + 0x1p-11f));
  CHECK(lanes(f32x4_relaxed_madd::apply(a, a, c)) == std::vector<float>(4, 0.0f));
  CHECK(lanes(f32x4_relaxed_nmadd::apply(a, a, -c)) == std::vector<float>(4, 0.0f));
  const f64x2 d = all<f64x2>(1.0 + 0x1p-27), e = all<f64x2>(-(1.0 + 0x1p-26));
  CHECK(lanes(f64x2_relaxed_madd::apply(d, d, e)) == std::vector<double>(2, 0.0));
  CHECK(lanes(f64x2_relaxed_nmadd::apply(d, d, -e)) == std::vector<double>(2, 0.0));
  const f64x2 infinite = all<f64x2>(std::numeric_limits<double>::infinity());
  CHECK(lanes(as<v128>(f64x2_relaxed_madd::apply(infinite, f64x2{}, d))) ==
        std::vector<std::uint64_t>(2, 0x7ff8'0000'0000'0000));
}

TEST_CASE("simd: relaxed dot products take both operands signed") {
  const i16x8 a = as<i16x8>(all<u8x16>(0x80)), b = as<i16x8>(all<u8x16>(0xff));
  CHECK(lanes(i16x8_relaxed_dot_i8x16_i7x16_s::apply(a, b)) == std::vector<std::uint16_t>(8, 256));
  CHECK(lanes(i16x8_relaxed_dot_i8x16_i7x16_s::apply(a, a)) == std::vector<std::uint16_t>(8, 0x8000));
  CHECK(lanes(i32x4_relaxed_dot_i8x16_i7x16_add_s::apply(a, b, all<u32x4>(5))) == std::vector<std::uint32_t>(4, 517));
}
