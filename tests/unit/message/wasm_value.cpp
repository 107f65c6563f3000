#include "wasm64/message/wasm_value.hpp"
#include "tests/support/catch.hpp"
#include "wasm64/message/default_policy.hpp"

#include <limits>

using namespace wasm64;

namespace {

using policy = default_message_policy;

std::uint64_t bits(const message_value& v, val_type type) {
  const auto converted = to_wasm<policy>(v, type);
  REQUIRE(converted.has_value());
  return converted.assume_value();
}

errc error_of(const message_value& v, val_type type) {
  const auto converted = to_wasm<policy>(v, type);
  REQUIRE(!converted.has_value());
  return converted.assume_error().code;
}

std::uint64_t f64(double d) { return std::bit_cast<std::uint64_t>(d); }
std::uint64_t f32(float f) { return std::bit_cast<std::uint32_t>(f); }

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("integers are taken in the range of the type, wrapping the unsigned half", "[message][wasm]") {
  CHECK(bits(-1, types::i32) == 0xffffffff);
  CHECK(bits(std::int64_t{-2147483648}, types::i32) == 0x80000000);
  CHECK(bits(4294967295, types::i32) == 0xffffffff);
  CHECK(error_of(std::int64_t{-2147483649}, types::i32) == errc::argument_out_of_range);
  CHECK(error_of(4294967296, types::i32) == errc::argument_out_of_range);
  CHECK(error_of(~std::uint64_t{0}, types::i32) == errc::argument_out_of_range);

  CHECK(bits(-1, types::i64) == ~std::uint64_t{0});
  CHECK(bits(~std::uint64_t{0}, types::i64) == ~std::uint64_t{0});
  CHECK(bits(std::numeric_limits<std::int64_t>::min(), types::i64) == std::uint64_t{1} << 63);
}

TEST_CASE("float parameters take integers, integer parameters no floats", "[message][wasm]") {
  CHECK(bits(5, types::f64) == f64(5.0));
  CHECK(bits(-3, types::f32) == f32(-3.0f));
  CHECK(bits(~std::uint64_t{0}, types::f64) == f64(18446744073709551616.0));
  CHECK(bits(16777217, types::f32) == f32(16777216.0f));
  // Rounding once: through f64 this would give 2^60 + 2^37.
  CHECK(bits((std::int64_t{1} << 60) + (std::int64_t{1} << 36) + 1, types::f32) == f32(1152921642045800448.0f));
  CHECK(error_of(1.0, types::i32) == errc::argument_type_mismatch);
  CHECK(error_of(not_a_number, types::i64) == errc::argument_type_mismatch);
}

TEST_CASE("f32 rounds to nearest and overflows to infinity", "[message][wasm]") {
  CHECK(bits(1.5, types::f32) == f32(1.5f));
  CHECK(bits(0.1, types::f32) == f32(0.1f));
  CHECK(bits(1e39, types::f32) == 0x7f800000);
  CHECK(bits(-1e300, types::f32) == 0xff800000);
  CHECK(bits(0x1.fffffefffffffp+127, types::f32) == 0x7f7fffff);
  CHECK(bits(0x1.ffffffp+127, types::f32) == 0x7f800000);
  CHECK(bits(-inf, types::f32) == 0xff800000);
  CHECK(bits(1e-46, types::f32) == 0);
}

TEST_CASE("NaN is canonical and infinities have texts", "[message][wasm]") {
  CHECK(bits(not_a_number, types::f64) == 0x7ff8000000000000);
  CHECK(bits(-not_a_number, types::f32) == 0x7fc00000);
  for (const char* text : {"nan", "NaN", "-nan"}) CHECK(bits(text, types::f64) == 0x7ff8000000000000);
  for (const char* text : {"inf", "+inf", "Infinity"}) CHECK(bits(text, types::f64) == f64(inf));
  for (const char* text : {"-inf", "-Infinity"}) CHECK(bits(text, types::f32) == 0xff800000);
  for (const char* text : {"", "-", "5", "--inf", "in"})
    CHECK(error_of(text, types::f64) == errc::argument_type_mismatch);
  CHECK(error_of("inf", types::i32) == errc::argument_type_mismatch);
}

TEST_CASE("values of other kinds and types are refused", "[message][wasm]") {
  for (const message_value& v :
       {message_value(), message_value(true), message_value::list({1}), message_value::map()}) {
    CHECK(error_of(v, types::i32) == errc::argument_type_mismatch);
  }
  for (const val_type type : {types::v128, types::funcref, types::externref}) {
    CHECK(error_of(1, type) == errc::argument_type_mismatch);
    CHECK(error_of(1.0, type) == errc::argument_type_mismatch);
  }
}

TEST_CASE("results come back as signed integers and floats", "[message][wasm]") {
  CHECK(from_wasm<policy>(0xffffffff, types::i32) == message_value(-1));
  CHECK(from_wasm<policy>(0xdead'beef'0000'0001, types::i32) == message_value(1));
  CHECK(from_wasm<policy>(~std::uint64_t{0}, types::i64) == message_value(-1));
  CHECK(from_wasm<policy>(f32(1.5f), types::f32) == message_value(1.5));
  CHECK(from_wasm<policy>(f64(-0.0), types::f64) == message_value(-0.0));
  CHECK(from_wasm<policy>(f64(inf), types::f64) == message_value(inf));
  CHECK(from_wasm<policy>(0x7fa00001, types::f32) == message_value(not_a_number));
  CHECK(from_wasm<policy>(0, types::externref).is_null());
}
