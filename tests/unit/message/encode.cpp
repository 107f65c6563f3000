#include "wasm64/message/encode.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace wasm64;

namespace {

byte_vector encoded(const message_value& v) {
  auto bytes = encode_message(v);
  REQUIRE(bytes.has_value());
  return std::move(bytes).assume_value();
}

bytes_view view(const byte_vector& bytes) { return {bytes.data(), bytes.size()}; }

/// "msg" 1, then the bytes given.
byte_vector raw(std::initializer_list<int> bytes) {
  byte_vector all{'m', 's', 'g', 1};
  for (const int b : bytes) all.push_back(static_cast<std::uint8_t>(b));
  return all;
}

errc error_of(const byte_vector& bytes) {
  const auto decoded = decode_message(view(bytes));
  REQUIRE(!decoded.has_value());
  return decoded.assume_error().code;
}

message_value sample() {
  return message_value::map(
      {{"null-in-list", message_value::list({message_value(), message_value::unset(), true, false})},
       {"integers", message_value::list({0, -1, std::numeric_limits<std::int64_t>::min(), ~std::uint64_t{0}})},
       {"floats", message_value::list({0.0, -0.0, 1e300, std::numeric_limits<double>::infinity(),
                                       std::numeric_limits<double>::quiet_NaN()})},
       {"Key", "upper"},
       {"key", "lower"},
       {"empty", message_value::list({"", message_value::list({}), message_value::map()})},
       {"bytes", message_value(bytes_view(reinterpret_cast<const std::uint8_t*>("\0\xff"), 2))}});
}

}  // namespace

TEST_CASE("every kind survives a round trip", "[message][encode]") {
  const byte_vector bytes = encoded(sample());
  const auto decoded = decode_message(view(bytes));
  REQUIRE(decoded.has_value());
  CHECK(decoded.assume_value() == sample());
  CHECK(encoded(decoded.assume_value()) == bytes);
}

TEST_CASE("the encoding is what the header says", "[message][encode]") {
  CHECK(
      encoded(message_value::map({{"k", -2}})) ==
      raw({9, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 'k', 5, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
  CHECK(encoded(message_value::list({"ab", true})) ==
        raw({8, 2, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 3}));
}

TEST_CASE("the order of insertion leaves no trace, nor does the private part", "[message][encode]") {
  message_value a = message_value::map({{"x", 1}, {"Y", 2}});
  message_value b = message_value::map();
  REQUIRE(b.set("Y", 2).has_value());
  REQUIRE(b.set_private("instance", message_value(host_object::make(1))).has_value());
  REQUIRE(b.set("x", 1).has_value());
  CHECK(encoded(a) == encoded(b));
}

TEST_CASE("host objects and excessive depth cannot be encoded", "[message][encode]") {
  CHECK(encode_message(message_value::list({message_value(host_object::make(1))})).assume_error().code ==
        errc::malformed_message);
  message_value deep;
  for (std::size_t i = 0; i <= max_value_depth; ++i) deep = message_value::list({std::move(deep)});
  CHECK(encode_message(deep).assume_error().code == errc::nesting_too_deep);
  CHECK(encode_message(deep.elements()[0]).has_value());
}

TEST_CASE("hostile bytes are refused", "[message][encode]") {
  CHECK(error_of({}) == errc::malformed_message);
  CHECK(error_of({'m', 's', 'g', 2, 0}) == errc::malformed_message);
  CHECK(error_of(raw({})) == errc::unexpected_end);
  CHECK(error_of(raw({10})) == errc::malformed_message);
  CHECK(error_of(raw({0, 0})) == errc::malformed_message);

  SECTION("lengths beyond the bytes allocate nothing") {
    CHECK(error_of(raw({7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})) == errc::length_out_of_bounds);
    CHECK(error_of(raw({8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})) == errc::length_out_of_bounds);
    CHECK(error_of(raw({9, 1, 0, 0, 0, 0, 0, 0, 0, 0})) == errc::length_out_of_bounds);
  }
  SECTION("what the encoder would not write") {
    CHECK(error_of(raw({5, 1, 0, 0, 0, 0, 0, 0, 0})) == errc::malformed_message);           // negative without sign
    CHECK(error_of(raw({6, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f})) == errc::malformed_message);     // NaN payload
    CHECK(error_of(raw({9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) ==
          errc::malformed_message);  // null item
    byte_vector unordered = encoded(message_value::map({{"a", true}, {"b", true}}));
    std::swap(unordered[21], unordered[31]);
    CHECK(error_of(unordered) == errc::malformed_message);
  }
  SECTION("private keys") {
    byte_vector bytes = encoded(message_value::map({{"prov", true}}));
    bytes[bytes.size() - 3] = 'i';
    CHECK(error_of(bytes) == errc::malformed_message);
  }
  SECTION("nesting") {
    byte_vector bytes = raw({});
    for (int i = 0; i < 100'000; ++i) {
      const std::uint8_t list_of_one[] = {8, 1, 0, 0, 0, 0, 0, 0, 0};
      bytes.insert(bytes.end(), std::begin(list_of_one), std::end(list_of_one));
    }
    CHECK(error_of(bytes) == errc::nesting_too_deep);
  }
}

TEST_CASE("every truncation and every changed byte is refused or decodes to what encodes back", "[message][encode]") {
  const byte_vector bytes = encoded(sample());
  bool ok = true;
  for (std::size_t size = 0; size < bytes.size(); ++size) ok = ok && !decode_message({bytes.data(), size}).has_value();
  CHECK(ok);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {1, 2, 0x20, 0x80, 0xff}) {
      byte_vector changed = bytes;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      const auto decoded = decode_message(view(changed));
      if (decoded.has_value()) ok = ok && encoded(decoded.assume_value()) == changed;
    }
  }
  CHECK(ok);
}
