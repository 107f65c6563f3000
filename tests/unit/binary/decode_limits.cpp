#include "tests/support/catch.hpp"
#include "tests/unit/binary/module_bytes.hpp"
#include "wasm64/binary/decode.hpp"

using namespace wasm64;
using test::bytes;
using test::module_bytes;
using test::section;

namespace {

error failure(const bytes& binary, const decode_limits& limits = {}) {
  auto decoded = decode(binary, {}, limits);
  REQUIRE_FALSE(decoded.has_value());
  return decoded.error();
}

/// One function with two runs of locals.
bytes module_with_locals(const bytes& first_count, const bytes& second_count) {
  const bytes entry = test::joined({{0x02}, first_count, {0x7F}, second_count, {0x7E, 0x0B}});
  return module_bytes({section(1, {0x01, 0x60, 0x00, 0x00}), section(3, {0x01, 0x00}),
                       section(10, test::joined({{0x01, static_cast<std::uint8_t>(entry.size())}, entry}))});
}

}  // namespace

TEST_CASE("counts larger than the bytes left are malformed, whatever the limits", "[binary][limits]") {
  CHECK(failure(module_bytes({section(1, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F})})).code == errc::length_out_of_bounds);
  CHECK(failure(module_bytes({section(3, {0x80, 0x80, 0x80, 0x08})})).code == errc::length_out_of_bounds);
}

TEST_CASE("a configured limit is named when it is exceeded", "[binary][limits]") {
  decode_limits limits;
  limits.types = 1;
  const error e = failure(module_bytes({section(1, {0x02, 0x60, 0x00, 0x00, 0x60, 0x00, 0x00})}), limits);
  CHECK(e.code == errc::implementation_limit);
  CHECK(e.detail == "types");
  limits.module_size = 8;
  CHECK(failure(module_bytes({section(1, {0x00})}), limits).code == errc::module_too_large);
}

TEST_CASE("locals are limited per function, and their number fits 32 bits", "[binary][limits]") {
  CHECK(decode(module_with_locals({0x10}, {0x10})).has_value());
  const error many = failure(module_with_locals({0xC0, 0x84, 0x3D}, {0x01}));
  CHECK(many.code == errc::implementation_limit);
  CHECK(many.detail == "locals");
  CHECK(failure(module_with_locals({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, {0x01})).code == errc::too_many_locals);
}

TEST_CASE("locals are limited for all functions together", "[binary][limits]") {
  decode_limits limits;
  limits.all_locals = 3;
  CHECK(failure(module_with_locals({0x02}, {0x02}), limits).detail == "locals of all functions");
}
