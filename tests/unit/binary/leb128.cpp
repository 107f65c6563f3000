#include "wasm64/binary/leb128.hpp"

#include <initializer_list>
#include <limits>

#include "tests/support/catch.hpp"

using namespace wasm64;

namespace {

template <class T, unsigned bits>
leb128_read<T> read(std::initializer_list<std::uint8_t> bytes) {
  return read_leb128<T, bits>(bytes.begin(), bytes.end());
}

}  // namespace

TEST_CASE("unsigned integers read up to their full width", "[binary][leb128]") {
  CHECK(read<std::uint32_t, 32>({0x00}).value == 0);
  CHECK(read<std::uint32_t, 32>({0xE5, 0x8E, 0x26}).value == 624485);
  CHECK(read<std::uint32_t, 32>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).value == 0xFFFF'FFFF);
  CHECK(read<std::uint64_t, 64>({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}).value ==
        std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("signed integers extend their sign", "[binary][leb128]") {
  CHECK(read<std::int32_t, 32>({0x7F}).value == -1);
  CHECK(read<std::int32_t, 32>({0xFF, 0x00}).value == 127);
  CHECK(read<std::int32_t, 32>({0x80, 0x80, 0x80, 0x80, 0x78}).value == std::numeric_limits<std::int32_t>::min());
  CHECK(read<std::int64_t, 33>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).value == 0xFFFF'FFFF);
  CHECK(read<std::int64_t, 33>({0x80, 0x80, 0x80, 0x80, 0x70}).value == -(std::int64_t{1} << 32));
  CHECK(read<std::int64_t, 64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F}).value ==
        std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("padding is allowed as far as the width goes", "[binary][leb128]") {
  CHECK(read<std::uint32_t, 32>({0x82, 0x80, 0x80, 0x80, 0x00}).value == 2);
  CHECK(read<std::int32_t, 32>({0xFE, 0xFF, 0xFF, 0xFF, 0x7F}).value == -2);
  CHECK(read<std::uint32_t, 32>({0x82, 0x80, 0x80, 0x80, 0x80, 0x00}).failure == errc::integer_too_long);
  CHECK(read<std::int64_t, 33>({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}).failure == errc::integer_too_long);
}

TEST_CASE("unused bits of the last byte must extend the value", "[binary][leb128]") {
  CHECK(read<std::uint32_t, 32>({0x82, 0x80, 0x80, 0x80, 0x10}).failure == errc::integer_too_large);
  CHECK(read<std::int32_t, 32>({0x80, 0x80, 0x80, 0x80, 0x08}).failure == errc::integer_too_large);
  CHECK(read<std::int32_t, 32>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).failure == errc::integer_too_large);
  CHECK(read<std::uint64_t, 64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}).failure ==
        errc::integer_too_large);
}

TEST_CASE("an integer cut short fails where it ends", "[binary][leb128]") {
  const std::uint8_t bytes[] = {0x80, 0x80};
  const auto cut = read_leb128<std::uint32_t, 32>(bytes, bytes + 2);
  CHECK(cut.failure == errc::unexpected_end);
  CHECK(cut.next == bytes + 2);
  CHECK(read<std::uint32_t, 32>({}).failure == errc::unexpected_end);
}
