#include "wasm64/binary/utf8.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("well-formed UTF-8 of every length is accepted", "[binary][utf8]") {
  CHECK(is_utf8(as_bytes("")));
  CHECK(is_utf8(as_bytes("plain")));
  CHECK(
      is_utf8(as_bytes("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF")));
}

TEST_CASE("overlong forms, surrogates and stray bytes are refused", "[binary][utf8]") {
  for (const char* text : {"\x80", "\xC1\x80", "\xC2", "\xE0\x9F\x80", "\xED\xA0\x80", "\xE1\x80", "\xF0\x8F\x80\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC2\x41", "\xFF", "a\xE1\x80\x41"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(as_bytes(text)));
  }
}
