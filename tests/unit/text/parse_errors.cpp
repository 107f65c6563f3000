#include "tests/support/catch.hpp"
#include "wasm64/base/messages.hpp"
#include "wasm64/text/parse.hpp"

using namespace wasm64;

namespace {

error refused(std::string_view source) {
  auto binary = text::parse_module(source);
  REQUIRE_FALSE(binary.has_value());
  return binary.assume_error();
}

errc code(std::string_view source) { return refused(source).code; }

}  // namespace

TEST_CASE("an error says where it is", "[text][errors]") {
  const error e = refused("(module\n  (func\n    i32.bad))");
  CHECK(e.code == errc::unknown_operator);
  CHECK(e.offset == text::position{3, 5}.packed());
  CHECK(to_string(e) == "unknown operator: i32.bad (line 3, column 5)");
}

TEST_CASE("a module inside a larger text counts from where it begins", "[text][errors]") {
  auto binary = text::parse_module("(module\n (oops))", {10, 4});
  REQUIRE_FALSE(binary.has_value());
  CHECK(binary.assume_error().offset == text::position{11, 3}.packed());
  binary = text::parse_module("(module (oops))", {10, 4});
  CHECK(binary.assume_error().offset == text::position{10, 13}.packed());
}

TEST_CASE("syntax that does not fit", "[text][errors]") {
  CHECK(code("(module") == errc::malformed_text);
  CHECK(code("(module))") == errc::malformed_text);
  CHECK(code("(func (i32.add i32.const 1))") == errc::malformed_text);
  CHECK(code("(func block)") == errc::malformed_text);
  CHECK(code("(func end)") == errc::malformed_text);
  CHECK(code("(func else)") == errc::malformed_text);
  CHECK(code("(func (if (i32.const 0)))") == errc::malformed_text);
  CHECK(code("(func (catch_all))") == errc::malformed_text);
  CHECK(code("(func i32.const 0 if else else end)") == errc::malformed_text);
  CHECK(code("(func (result i32) (param i32))") == errc::malformed_text);
  CHECK(code("(func (local.get))") == errc::malformed_text);
}

TEST_CASE("literals that do not fit", "[text][errors]") {
  CHECK(code("(func (i32.const 0x100000000) drop)") == errc::constant_out_of_range);
  CHECK(code("(func (f32.const 1e39) drop)") == errc::constant_out_of_range);
  CHECK(code("(memory 0x1_0000_0000_0000_0000)") == errc::i64_constant_out_of_range);
  CHECK(code("(func (i32.load align=3 (i32.const 0)) drop)") == errc::alignment_not_power_of_two);
  CHECK(code("(func (v128.const i32x4 1 2 3) drop)") == errc::wrong_lane_count);
  CHECK(code("(func (i8x16.extract_lane_s 256 (v128.const i64x2 0 0)) drop)") == errc::i8_constant_out_of_range);
  CHECK(code("(memory 1 (pagesize 3))") == errc::malformed_page_size);
}

TEST_CASE("identifiers and labels that do not fit", "[text][errors]") {
  CHECK(refused("(func $f) (func $f)") ==
        error(errc::duplicate_identifier, text::position{1, 17}.packed(), "duplicate func $f"));
  CHECK(refused("(func (param $x i32) (local $x i32))").detail == "duplicate local $x");
  CHECK(refused("(type (struct (field $x i32) (field $x i32)))").detail == "duplicate field $x");
  CHECK(refused("(func (call $g))").detail == "unknown func $g");
  CHECK(code("(func (br $l))") == errc::unknown_label);
  CHECK(code("(func block $a end $b)") == errc::mismatching_label);
  CHECK(code("(func block end $l)") == errc::mismatching_label);
}

TEST_CASE("modules that do not fit together", "[text][errors]") {
  CHECK(refused("(func) (import \"\" \"\" (memory 1))").detail == "import after function");
  CHECK(refused("(global i32 (i32.const 0)) (func (import \"\" \"\"))").detail == "import after global");
  CHECK(code("(type $t (func (param i32))) (func (type $t) (param i64))") == errc::inline_function_type);
  CHECK(code("(func $f) (start $f) (start $f)") == errc::multiple_start_sections);
  CHECK(code("(export \"\\ff\" (func 0)) (func)") == errc::malformed_utf8);
}

TEST_CASE("annotations with a meaning are checked", "[text][errors]") {
  CHECK(refused("(@custom)").detail == "@custom annotation: missing section name");
  CHECK(refused("(func (@custom \"x\"))").detail == "misplaced @custom annotation");
  CHECK(refused("(module (@name \"a\") (@name \"b\"))").detail == "@name annotation: multiple module");
}
