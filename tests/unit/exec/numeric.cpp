#include "wasm64/exec/numeric.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace wasm64;
using namespace wasm64::numeric;

namespace {

constexpr u32 canonical_f32 = 0x7fc00000;
constexpr u64 canonical_f64 = 0x7ff8000000000000;

f32 f32_of(u32 bits) { return bits_as<f32>(bits); }
f64 f64_of(u64 bits) { return bits_as<f64>(bits); }
u32 bits(f32 v) { return bits_as<u32>(v); }
u64 bits(f64 v) { return bits_as<u64>(v); }

/// The result of an operation that may trap, or the trap.
template <class Op, class... A>
std::pair<errc, typename Op::out> run(A... operands) {
  typename Op::out out{};
  const errc trap = Op::apply(static_cast<typename Op::in>(operands)..., out);
  return {trap, trap == errc{} ? out : typename Op::out{}};
}
template <class T>
std::pair<errc, T> gives(T v) {
  return {errc{}, v};
}
template <class T>
std::pair<errc, T> traps(errc code) {
  return {code, T{}};
}

}  // namespace

TEST_CASE("numeric: shifts and rotations take their count modulo the width") {
  CHECK(i32_shl::apply(1, 33) == 2);
  CHECK(i32_shr_u::apply(0x80000000, 32) == 0x80000000);
  CHECK(i32_shr_s::apply(0x80000000, 63) == 0xffffffff);
  CHECK(i64_shl::apply(1, 65) == 2);
  CHECK(i64_shr_s::apply(u64{1} << 63, 127) == ~u64{0});
  CHECK(i32_rotl::apply(0x80000001, 0) == 0x80000001);
  CHECK(i32_rotl::apply(0x80000001, 1) == 3);
  CHECK(i32_rotl::apply(0x80000001, 33) == 3);
  CHECK(i32_rotr::apply(3, 1) == 0x80000001);
  CHECK(i32_rotr::apply(3, 32) == 3);
  CHECK(i64_rotl::apply(u64{1} << 63, 1) == 1);
  CHECK(i64_rotr::apply(1, 65) == u64{1} << 63);
}

TEST_CASE("numeric: division traps on zero and on the one quotient that does not fit") {
  CHECK(run<i32_div_s>(7, -2) == gives<u32>(static_cast<u32>(-3)));
  CHECK(run<i32_div_s>(0x80000000, 0xffffffff) == traps<u32>(errc::trap_integer_overflow));
  CHECK(run<i32_div_s>(1, 0) == traps<u32>(errc::trap_integer_divide_by_zero));
  CHECK(run<i32_rem_s>(0x80000000, 0xffffffff) == gives<u32>(0));
  CHECK(run<i32_rem_s>(-7, 2) == gives<u32>(static_cast<u32>(-1)));
  CHECK(run<i32_rem_s>(1, 0) == traps<u32>(errc::trap_integer_divide_by_zero));
  CHECK(run<i32_div_u>(0x80000000, 0xffffffff) == gives<u32>(0));
  CHECK(run<i32_rem_u>(0x80000000, 0xffffffff) == gives<u32>(0x80000000));
  CHECK(run<i32_div_u>(1, 0) == traps<u32>(errc::trap_integer_divide_by_zero));
  CHECK(run<i64_div_s>(u64{1} << 63, ~u64{0}) == traps<u64>(errc::trap_integer_overflow));
  CHECK(run<i64_rem_s>(u64{1} << 63, ~u64{0}) == gives<u64>(0));
  CHECK(run<i64_rem_u>(5, 0) == traps<u64>(errc::trap_integer_divide_by_zero));
}

TEST_CASE("numeric: counting bits is defined for zero") {
  CHECK(i32_clz::apply(0) == 32);
  CHECK(i32_ctz::apply(0) == 32);
  CHECK(i32_clz::apply(1) == 31);
  CHECK(i64_clz::apply(0) == 64);
  CHECK(i64_ctz::apply(0) == 64);
  CHECK(i64_ctz::apply(u64{1} << 63) == 63);
  CHECK(i32_popcnt::apply(0xf0f0f0f0) == 16);
  CHECK(i64_popcnt::apply(~u64{0}) == 64);
}

TEST_CASE("numeric: extensions and wrapping") {
  CHECK(i32_extend8_s::apply(0x17f) == 0x7f);
  CHECK(i32_extend8_s::apply(0x80) == 0xffffff80);
  CHECK(i32_extend16_s::apply(0x18000) == 0xffff8000);
  CHECK(i64_extend32_s::apply(0x180000000) == 0xffffffff80000000);
  CHECK(i64_extend_i32_s::apply(0x80000000) == 0xffffffff80000000);
  CHECK(i64_extend_i32_u::apply(0x80000000) == 0x80000000);
  CHECK(i32_wrap_i64::apply(0x123456789abcdef0) == 0x9abcdef0);
}

TEST_CASE("numeric: every NaN that arithmetic yields is the canonical one") {
  const f32 signaling = f32_of(0xffa00001);
  const f64 payload = f64_of(0xfff8000000000123);
  CHECK(bits(f32_add::apply(signaling, 1)) == canonical_f32);
  CHECK(bits(f32_sub::apply(f32_of(0x7f800000), f32_of(0x7f800000))) == canonical_f32);
  CHECK(bits(f32_mul::apply(0, f32_of(0x7f800000))) == canonical_f32);
  CHECK(bits(f32_div::apply(0, 0)) == canonical_f32);
  CHECK(bits(f32_sqrt::apply(-1)) == canonical_f32);
  CHECK(bits(f32_min::apply(signaling, 1)) == canonical_f32);
  CHECK(bits(f32_max::apply(1, signaling)) == canonical_f32);
  CHECK(bits(f32_ceil::apply(signaling)) == canonical_f32);
  CHECK(bits(f32_demote_f64::apply(payload)) == canonical_f32);
  CHECK(bits(f64_add::apply(payload, 1)) == canonical_f64);
  CHECK(bits(f64_div::apply(0, 0)) == canonical_f64);
  CHECK(bits(f64_sqrt::apply(-1)) == canonical_f64);
  CHECK(bits(f64_min::apply(payload, 1)) == canonical_f64);
  CHECK(bits(f64_nearest::apply(payload)) == canonical_f64);
  CHECK(bits(f64_floor::apply(payload)) == canonical_f64);
  CHECK(bits(f64_trunc::apply(payload)) == canonical_f64);
  CHECK(bits(f64_promote_f32::apply(signaling)) == canonical_f64);
}

TEST_CASE("numeric: abs, neg, copysign and reinterpret change the sign bit at most") {
  const u32 nan = 0x7fa00001;
  CHECK(bits(f32_neg::apply(f32_of(nan))) == 0xffa00001);
  CHECK(bits(f32_abs::apply(f32_of(nan | 0x80000000))) == nan);
  CHECK(bits(f32_copysign::apply(f32_of(nan), -1)) == 0xffa00001);
  CHECK(bits(f32_copysign::apply(1, f32_of(0xffa00001))) == 0xbf800000);
  CHECK(i32_reinterpret_f32::apply(f32_of(nan)) == nan);
  CHECK(bits(f32_reinterpret_i32::apply(nan)) == nan);
  const u64 wide = 0x7ff0000000000001;
  CHECK(bits(f64_neg::apply(f64_of(wide))) == (wide | u64{1} << 63));
  CHECK(bits(f64_abs::apply(f64_of(wide | u64{1} << 63))) == wide);
  CHECK(bits(f64_copysign::apply(f64_of(wide), -0.0)) == (wide | u64{1} << 63));
  CHECK(i64_reinterpret_f64::apply(f64_of(wide)) == wide);
  CHECK(bits(f64_reinterpret_i64::apply(wide)) == wide);
}

TEST_CASE("numeric: min and max tell the zeros apart") {
  CHECK(bits(f32_min::apply(0.0f, -0.0f)) == 0x80000000);
  CHECK(bits(f32_min::apply(-0.0f, 0.0f)) == 0x80000000);
  CHECK(bits(f32_max::apply(0.0f, -0.0f)) == 0);
  CHECK(bits(f32_max::apply(-0.0f, -0.0f)) == 0x80000000);
  CHECK(bits(f64_min::apply(0.0, -0.0)) == u64{1} << 63);
  CHECK(bits(f64_max::apply(-0.0, 0.0)) == 0);
  CHECK(f64_min::apply(-1, 2) == -1);
  CHECK(f64_max::apply(-1, 2) == 2);
}

TEST_CASE("numeric: rounding keeps the sign of zero") {
  CHECK(bits(f32_ceil::apply(-0.5f)) == 0x80000000);
  CHECK(bits(f32_trunc::apply(-0.9f)) == 0x80000000);
  CHECK(bits(f32_nearest::apply(-0.5f)) == 0x80000000);
  CHECK(bits(f32_floor::apply(-0.0f)) == 0x80000000);
  CHECK(bits(f32_floor::apply(0.9f)) == 0);
  CHECK(bits(f64_ceil::apply(-0.5)) == u64{1} << 63);
  CHECK(bits(f64_trunc::apply(-0.9)) == u64{1} << 63);
  CHECK(bits(f64_nearest::apply(-0.5)) == u64{1} << 63);
  CHECK(bits(f64_sqrt::apply(-0.0)) == u64{1} << 63);
}

TEST_CASE("numeric: rounding goes to the right neighbour") {
  CHECK(f32_nearest::apply(2.5f) == 2.0f);
  CHECK(f32_nearest::apply(3.5f) == 4.0f);
  CHECK(f32_nearest::apply(-2.5f) == -2.0f);
  CHECK(f32_nearest::apply(8388607.5f) == 8388608.0f);
  CHECK(f32_nearest::apply(16777215.0f) == 16777215.0f);
  CHECK(f32_ceil::apply(1.000001f) == 2.0f);
  CHECK(f32_floor::apply(-1.000001f) == -2.0f);
  CHECK(f64_nearest::apply(4503599627370495.5) == 4503599627370496.0);
  CHECK(f64_nearest::apply(0.49999999999999994) == 0.0);
  CHECK(f64_ceil::apply(4503599627370495.5) == 4503599627370496.0);
  CHECK(f64_floor::apply(-4503599627370495.5) == -4503599627370496.0);
  CHECK(f64_trunc::apply(1e300) == 1e300);
  CHECK(f64_floor::apply(-std::numeric_limits<f64>::infinity()) == -std::numeric_limits<f64>::infinity());
}

TEST_CASE("numeric: truncation is checked at the nearest floats on both sides of each bound") {
  constexpr errc overflow = errc::trap_integer_overflow;
  CHECK(run<i32_trunc_f32_s>(2147483520.0f) == gives<u32>(2147483520));
  CHECK(run<i32_trunc_f32_s>(2147483648.0f) == traps<u32>(overflow));
  CHECK(run<i32_trunc_f32_s>(-2147483648.0f) == gives<u32>(0x80000000));
  CHECK(run<i32_trunc_f32_s>(-2147483904.0f) == traps<u32>(overflow));
  CHECK(run<i32_trunc_f32_u>(4294967040.0f) == gives<u32>(4294967040));
  CHECK(run<i32_trunc_f32_u>(4294967296.0f) == traps<u32>(overflow));
  CHECK(run<i32_trunc_f32_u>(-0.99999994f) == gives<u32>(0));
  CHECK(run<i32_trunc_f32_u>(-1.0f) == traps<u32>(overflow));
  CHECK(run<i32_trunc_f64_s>(2147483647.9) == gives<u32>(2147483647));
  CHECK(run<i32_trunc_f64_s>(2147483648.0) == traps<u32>(overflow));
  CHECK(run<i32_trunc_f64_s>(-2147483648.9) == gives<u32>(0x80000000));
  CHECK(run<i32_trunc_f64_s>(-2147483649.0) == traps<u32>(overflow));
  CHECK(run<i32_trunc_f64_u>(4294967295.9) == gives<u32>(0xffffffff));
  CHECK(run<i64_trunc_f32_s>(9223371487098961920.0f) == gives<u64>(9223371487098961920u));
  CHECK(run<i64_trunc_f32_s>(9223372036854775808.0f) == traps<u64>(overflow));
  CHECK(run<i64_trunc_f64_s>(-9223372036854775808.0) == gives<u64>(u64{1} << 63));
  CHECK(run<i64_trunc_f64_s>(-9223372036854777856.0) == traps<u64>(overflow));
  CHECK(run<i64_trunc_f64_u>(18446744073709549568.0) == gives<u64>(18446744073709549568u));
  CHECK(run<i64_trunc_f64_u>(18446744073709551616.0) == traps<u64>(overflow));
  CHECK(run<i64_trunc_f64_u>(-1.0) == traps<u64>(overflow));
  CHECK(run<i32_trunc_f32_s>(f32_of(0x7fa00000)) == traps<u32>(errc::trap_invalid_conversion));
  CHECK(run<i64_trunc_f64_u>(f64_of(canonical_f64)) == traps<u64>(errc::trap_invalid_conversion));
}

TEST_CASE("numeric: saturating truncation goes to the bounds, NaN to zero") {
  CHECK(i32_trunc_sat_f32_s::apply(1e20f) == 0x7fffffff);
  CHECK(i32_trunc_sat_f32_s::apply(-1e20f) == 0x80000000);
  CHECK(i32_trunc_sat_f32_u::apply(-5) == 0);
  CHECK(i32_trunc_sat_f64_u::apply(1e20) == 0xffffffff);
  CHECK(i64_trunc_sat_f64_s::apply(std::numeric_limits<f64>::infinity()) == 0x7fffffffffffffff);
  CHECK(i64_trunc_sat_f64_u::apply(-std::numeric_limits<f64>::infinity()) == 0);
  CHECK(i64_trunc_sat_f32_u::apply(1e30f) == ~u64{0});
  CHECK(i64_trunc_sat_f64_u::apply(1e19) == 10000000000000000000u);
  CHECK(i32_trunc_sat_f64_s::apply(f64_of(0xfff8000000000000)) == 0);
}

TEST_CASE("numeric: integers convert to the nearest float") {
  CHECK(f32_convert_i32_s::apply(16777217) == 16777216.0f);
  CHECK(f32_convert_i32_u::apply(0xffffffff) == 4294967296.0f);
  CHECK(f32_convert_i32_s::apply(0xffffffff) == -1.0f);
  CHECK(f32_convert_i64_u::apply(~u64{0}) == 18446744073709551616.0f);
  CHECK(f32_convert_i64_u::apply(0x8000008000000001) == 9223373136366403584.0f);
  CHECK(f64_convert_i64_s::apply(u64{1} << 63) == -9223372036854775808.0);
  CHECK(f64_convert_i64_u::apply(9007199254740993) == 9007199254740992.0);
  CHECK(f64_convert_i64_u::apply(~u64{0}) == 18446744073709551616.0);
  CHECK(f32_demote_f64::apply(1e300) == std::numeric_limits<f32>::infinity());
  CHECK(bits(f32_demote_f64::apply(-1e-300)) == 0x80000000);
}

TEST_CASE("numeric: comparisons with NaN are false, except ne") {
  const f64 nan = f64_of(canonical_f64);
  CHECK_FALSE(f64_eq::apply(nan, nan));
  CHECK(f64_ne::apply(nan, nan));
  CHECK_FALSE(f64_lt::apply(nan, 0));
  CHECK_FALSE(f64_le::apply(nan, 0));
  CHECK_FALSE(f64_gt::apply(nan, 0));
  CHECK_FALSE(f64_ge::apply(0, nan));
  CHECK(f32_eq::apply(0.0f, -0.0f));
  CHECK(i32_lt_s::apply(-1, 0));
  CHECK_FALSE(i32_lt_u::apply(0xffffffff, 0));
}
