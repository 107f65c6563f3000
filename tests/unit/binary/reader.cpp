#include "wasm64/binary/reader.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("a reader counts offsets from the start of the whole", "[binary][reader]") {
  const std::uint8_t bytes[] = {0x01, 0x80, 0x01, 0x7F, 0xAA, 0xBB};
  reader in(bytes);
  CHECK(in.u8() == 1);
  CHECK(in.u32() == 128);
  CHECK(in.s32() == -1);
  CHECK(in.offset() == 4);
  reader part = in.sub(1);
  CHECK(part.offset() == 4);
  CHECK(part.u8() == 0xAA);
  CHECK(part.at_end());
  CHECK(in.offset() == 5);
}

TEST_CASE("the first failure of a reader sticks", "[binary][reader]") {
  const std::uint8_t bytes[] = {0x01, 0x02, 0x03};
  reader in(bytes);
  in.u8();
  CHECK(in.f32_bits() == 0);
  CHECK(in.failure() == errc::unexpected_end);
  CHECK(in.failure_offset() == 1);
  CHECK(in.u32() == 0);
  CHECK(in.bytes(1).empty());
  CHECK(in.failure() == errc::unexpected_end);
  CHECK(in.failure_offset() == 1);
}

TEST_CASE("a part cannot be longer than what is left", "[binary][reader]") {
  const std::uint8_t bytes[] = {0x01, 0x02};
  reader in(bytes);
  reader part = in.sub(3);
  CHECK(in.failure() == errc::length_out_of_bounds);
  CHECK(part.failed());
}

TEST_CASE("floating-point constants are little-endian bits", "[binary][reader]") {
  const std::uint8_t bytes[] = {0x01, 0x00, 0xA0, 0x7F, 0, 0, 0, 0, 0, 0, 0xF0, 0xBF};
  reader in(bytes);
  CHECK(in.f32_bits() == 0x7FA0'0001);
  CHECK(in.f64_bits() == 0xBFF0'0000'0000'0000);
  CHECK(in.at_end());
}
