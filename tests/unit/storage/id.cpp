#include "tests/support/catch.hpp"
#include "wasm64/storage/sha256.hpp"

using namespace wasm64;

namespace {

content_id hash(std::string_view text) {
  const auto id = sha256(as_bytes(text));
  REQUIRE(id.has_value());
  return id.assume_value();
}

}  // namespace

TEST_CASE("SHA-256 of the standard's examples", "[storage][id]") {
  CHECK(to_text(hash("")) == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  CHECK(to_text(hash("abc")) == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

TEST_CASE("an id has one text of 43 characters", "[storage][id]") {
  const content_id id = hash("abc");
  const std::string text = to_text(id);
  CHECK(text.size() == content_id::text_size);
  REQUIRE(parse_id(text).has_value());
  CHECK(parse_id(text).assume_value() == id);
  REQUIRE(parse_id(bytes_view(id.bytes)).has_value());
  CHECK(parse_id(bytes_view(id.bytes)).assume_value() == id);

  for (int first = 0; first < 256; ++first) {
    content_id other;
    other.bytes.fill(static_cast<std::uint8_t>(first));
    CHECK(parse_id(to_text(other)).assume_value() == other);
  }
}

TEST_CASE("texts that are no id are refused", "[storage][id]") {
  const std::string text = to_text(hash("abc"));
  CHECK_FALSE(parse_id("").has_value());
  CHECK_FALSE(parse_id(text + "=").has_value());
  CHECK_FALSE(parse_id(text.substr(1)).has_value());
  for (const char wrong : {'+', '/', '=', '.', '\0', '\xff'}) {
    std::string changed = text;
    changed[10] = wrong;
    CHECK(parse_id(changed).assume_error().code == errc::malformed_id);
  }
  std::string trailing = text;  // "0" carries two bits beyond the 256
  trailing.back() = '1';
  CHECK(parse_id(trailing).assume_error().code == errc::malformed_id);
}
