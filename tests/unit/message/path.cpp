#include "wasm64/message/path.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace wasm64;

namespace {

std::string joined(std::string_view path) {
  std::string text;
  std::string_view segment;
  for (path_segments walk(path); walk.next(segment);) text.append("[").append(segment).append("]");
  return text;
}

}  // namespace

TEST_CASE("paths drop empty segments", "[message][path]") {
  CHECK(joined("a/b/c") == "[a][b][c]");
  CHECK(joined("/a//b/") == "[a][b]");
  CHECK(joined("/").empty());
  CHECK(joined("").empty());
  CHECK(path_segments("x//y").count() == 2);
  CHECK(path_segments("//").empty());
}

TEST_CASE("keys ignore the case of letters, except in ids", "[message][path]") {
  CHECK(same_key("Output-Prefix", "output-prefix"));
  CHECK_FALSE(same_key("a-b", "a_b"));
  CHECK_FALSE(same_key("ab", "abc"));
  for (const std::size_t size : {32u, 42u, 43u}) CHECK_FALSE(same_key(std::string(size, 'A'), std::string(size, 'a')));
  CHECK(same_key(std::string(41, 'A'), std::string(41, 'a')));
  CHECK(same_key("\xC3\x84", "\xC3\x84"));
}

TEST_CASE("private keys begin with priv in any case", "[message][path]") {
  CHECK(is_private_key("priv"));
  CHECK(is_private_key("PRIVATE"));
  CHECK(is_private_key("Priv/x"));
  CHECK_FALSE(is_private_key("pri"));
  CHECK_FALSE(is_private_key("a-priv"));
}

TEST_CASE("lists count from one, in plain decimal", "[message][path]") {
  CHECK(list_position("1") == 0);
  CHECK(list_position("10") == 9);
  for (const char* wrong : {"", "0", "01", "-1", "1x", "99999999999999999999"})
    CHECK(list_position(wrong) == ~std::size_t{0});
}
