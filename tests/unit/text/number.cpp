#include "wasm64/text/number.hpp"
#include "tests/support/catch.hpp"

using namespace wasm64;
using text::binary32;
using text::binary64;

namespace {

std::uint64_t f32(std::string_view text) {
  const text::literal read = text::parse_float(text, binary32);
  CHECK(read.failure == errc{});
  return read.bits;
}

std::uint64_t f64(std::string_view text) {
  const text::literal read = text::parse_float(text, binary64);
  CHECK(read.failure == errc{});
  return read.bits;
}

bool is_too_large(std::string_view text, text::float_format format) {
  return text::parse_float(text, format).failure == errc::constant_out_of_range;
}

}  // namespace

TEST_CASE("integers may be written signed or unsigned", "[text][number]") {
  CHECK(text::parse_integer("0xffff_ffff", 32).bits == 0xffff'ffff);
  CHECK(text::parse_integer("-1", 32).bits == 0xffff'ffff);
  CHECK(text::parse_integer("-0x8000_0000", 32).bits == 0x8000'0000);
  CHECK(text::parse_integer("18446744073709551615", 64).bits == ~std::uint64_t{0});
  CHECK(text::parse_integer("-128", 8).bits == 0x80);
  CHECK(text::parse_integer("255", 8).bits == 0xff);
  CHECK(text::parse_integer("4294967296", 32).failure == errc::constant_out_of_range);
  CHECK(text::parse_integer("-2147483649", 32).failure == errc::constant_out_of_range);
  CHECK(text::parse_integer("18446744073709551616", 64).failure == errc::constant_out_of_range);
  CHECK(text::parse_integer("256", 8).failure == errc::constant_out_of_range);
  CHECK(text::parse_integer("1.0", 32).failure == errc::malformed_text);
  CHECK(text::parse_integer("0x", 32).failure == errc::malformed_text);
  CHECK(text::parse_integer("1_", 32).failure == errc::malformed_text);
}

TEST_CASE("floats round to nearest, ties to even", "[text][number]") {
  CHECK(f64("0.1") == 0x3fb999999999999a);
  CHECK(f64("-0") == 0x8000000000000000);
  CHECK(f64("6.022_140e+23") == 0x44dfe18586d75edc);
  CHECK(f32("0x1.000001p0") == 0x3f800000);
  CHECK(f32("0x1.000003p0") == 0x3f800002);
  CHECK(f32("0x1.00000100000000000000001p0") == 0x3f800001);
  CHECK(f64("0x1.fffffffffffff7ffffp1023") == 0x7fefffffffffffff);
}

TEST_CASE("a float is not rounded twice", "[text][number]") {
  // Nearest double of this lies exactly between two floats; the number itself is a little above.
  CHECK(f32("1.00000005960464477539062500000000000000000000000001") == 0x3f800001);
  CHECK(f32("0x1.00000100000000000000001p+0") == 0x3f800001);
}

TEST_CASE("subnormal floats and underflow", "[text][number]") {
  CHECK(f64("0x1p-1074") == 1);
  CHECK(f64("0x0.8p-1074") == 0);
  CHECK(f64("0x0.800000001p-1074") == 1);
  CHECK(f64("0x1.fffffffffffffp-1023") == 0x0010000000000000);
  CHECK(f32("1e-50") == 0);
  CHECK(f64("-1e-99999999999999999999") == 0x8000000000000000);
  CHECK(f64("0e99999999999999999999") == 0);
}

TEST_CASE("floats beyond the format are out of range", "[text][number]") {
  CHECK(f32("0x1.fffffefffffff8p127") == 0x7f7fffff);
  CHECK(is_too_large("0x1.ffffffp127", binary32));
  CHECK(is_too_large("1e39", binary32));
  CHECK(is_too_large("1e309", binary64));
  CHECK(is_too_large("0x1p1024", binary64));
  CHECK(is_too_large("0x1p999999999999999999999", binary64));
}

TEST_CASE("infinities and NaN payloads", "[text][number]") {
  CHECK(f32("inf") == 0x7f800000);
  CHECK(f64("-inf") == 0xfff0000000000000);
  CHECK(f32("nan") == 0x7fc00000);
  CHECK(f32("-nan:0x200000") == 0xffa00000);
  CHECK(f64("nan:0x1") == 0x7ff0000000000001);
  CHECK(is_too_large("nan:0x0", binary32));
  CHECK(is_too_large("nan:0x80_0000", binary32));
  CHECK(text::parse_float("nan:1", binary32).failure == errc::malformed_text);
  CHECK(text::parse_float("0x.0p1", binary64).failure == errc::malformed_text);
}
