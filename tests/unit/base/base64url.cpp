#include "wasm64/base/base64url.hpp"
#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("base64url writes and reads any bytes", "[base]") {
  const std::pair<std::string_view, std::string_view> known[] = {
      {"", ""},      {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"\xff\xfe\xfd", "__79"},
      {"\xfb", "-w"}};
  for (const auto& [bytes, text] : known) {
    CHECK(to_base64url(as_bytes(bytes)) == text);
    const auto back = from_base64url(text);
    REQUIRE(back.has_value());
    CHECK(as_text({back.assume_value().data(), back.assume_value().size()}) == bytes);
  }
}

TEST_CASE("base64url has one text for each sequence of bytes", "[base]") {
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "Zm9vZ", "Z g", "+w", "/w"}) {
    const auto back = from_base64url(text);
    REQUIRE(!back.has_value());
    CHECK(back.assume_error().code == errc::malformed_message);
  }
}
