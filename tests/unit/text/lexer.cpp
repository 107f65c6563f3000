#include "wasm64/text/lexer.hpp"
#include "tests/support/catch.hpp"
#include "wasm64/text/string_literal.hpp"

using namespace wasm64;
using text::token_kind;

namespace {

text::token_list lex(std::string_view source) {
  auto list = text::tokenize(source);
  REQUIRE(list.has_value());
  return std::move(list).assume_value();
}

error lex_error(std::string_view source) {
  auto list = text::tokenize(source);
  REQUIRE_FALSE(list.has_value());
  return list.assume_error();
}

}  // namespace

TEST_CASE("tokens know their kind and place", "[text][lexer]") {
  const text::token_list list = lex("(module $m\n  \"h\\69\" -1 nan i32.add)");
  const token_kind kinds[] = {token_kind::left_paren, token_kind::keyword,     token_kind::id,
                              token_kind::string,     token_kind::number,      token_kind::keyword,
                              token_kind::keyword,    token_kind::right_paren, token_kind::end_of_input};
  REQUIRE(list.tokens.size() == std::size(kinds));
  for (std::size_t i = 0; i < std::size(kinds); ++i) CHECK(list.tokens[i].kind == kinds[i]);
  CHECK(list.tokens[2].text == "$m");
  CHECK(list.tokens[2].at == text::position{1, 9});
  CHECK(list.tokens[3].at == text::position{2, 3});
  CHECK(text::decode_string(list.tokens[3].text) == "hi");
}

TEST_CASE("comments and annotations vanish", "[text][lexer]") {
  CHECK(lex(";; all of it").tokens.size() == 1);
  CHECK(lex("a (; (; nested ;) \n ;) b;;c\nd").tokens.size() == 4);
  const text::token_list list = lex("a (@note (x \")\") {;] ) b");
  CHECK(list.tokens.size() == 3);
  REQUIRE(list.annotations.size() == 1);
  CHECK(list.annotations[0].id == "note");
  CHECK(list.annotations[0].next_token == 1);
}

TEST_CASE("an identifier may be quoted", "[text][lexer]") {
  const text::token_list list = lex("$fh $\"fh\" $\"\\u{66}\\68\" $\"a b\"");
  CHECK(text::decode_id(list.tokens[0].text) == "fh");
  CHECK(text::decode_id(list.tokens[1].text) == "fh");
  CHECK(text::decode_id(list.tokens[2].text) == "fh");
  CHECK(text::decode_id(list.tokens[3].text) == "a b");
}

TEST_CASE("strings decode every escape", "[text][lexer]") {
  CHECK(text::decode_string(R"("\t\n\r\"\'\\")") == "\t\n\r\"'\\");
  CHECK(text::decode_string(R"("\00\fF")") == std::string("\0\xff", 2));
  CHECK(text::decode_string(R"("\u{24}\u{a2}\u{20_ac}\u{10348}")") == "$\u00a2\u20ac\U00010348");
}

TEST_CASE("lexical errors name their kind and place", "[text][lexer]") {
  CHECK(lex_error("a\n b\"c\"") == error(errc::unknown_operator, text::position{2, 2}.packed()));
  CHECK(lex_error("0drop").code == errc::unknown_operator);
  CHECK(lex_error("1__0").code == errc::unknown_operator);
  CHECK(lex_error("a, b").code == errc::unknown_operator);
  CHECK(lex_error("$").code == errc::empty_identifier);
  CHECK(lex_error("$\"\"").code == errc::empty_identifier);
  CHECK(lex_error("\"abc").code == errc::unclosed_string);
  CHECK(lex_error("\"a\nb\"").code == errc::unclosed_string);
  CHECK(lex_error("\"\\q\"").code == errc::malformed_string);
  CHECK(lex_error("\"\\u{d800}\"").code == errc::malformed_string);
  CHECK(lex_error("\"\\u{110000}\"").code == errc::malformed_string);
  CHECK(lex_error("(; (; ;)").code == errc::unclosed_comment);
  CHECK(lex_error("(@a (b)").code == errc::unclosed_annotation);
  CHECK(lex_error("(@ a)").code == errc::empty_annotation_id);
  CHECK(lex_error("a \x01").code == errc::illegal_character);
  CHECK(lex_error("stra\u00dfe").code == errc::illegal_character);
  CHECK(lex_error(";; \x80").code == errc::malformed_utf8);
}
