#include <string_view>

#include "tests/support/catch.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

// Bodies that a lenient validator would let through.

using namespace wasm64;

namespace {

errc verdict(std::string_view text) {
  const auto binary = text::parse_module(text);
  REQUIRE(binary.has_value());
  const auto compiled = compile(view_of(binary.value()));
  return compiled.has_value() ? errc{} : compiled.error().code;
}

}  // namespace

TEST_CASE("hostile typing: unreachable code lacks operands, but those it has keep their types") {
  CHECK(verdict("(func (result i32) (unreachable) (i32.add))") == errc{});
  CHECK(verdict("(func (result i32) (unreachable) (i64.const 0) (i32.add))") == errc::type_mismatch);
  CHECK(verdict("(func (unreachable) (i32.const 0))") == errc::type_mismatch);
  CHECK(verdict("(func (result i64) (return) (i32.const 0))") == errc::type_mismatch);
  CHECK(verdict("(func (result i32) (block (unreachable)))") == errc::type_mismatch);
  CHECK(verdict("(tag $e) (func (result i32) (throw $e) (f32.const 0))") == errc::type_mismatch);
  CHECK(verdict("(func (result i32) (loop (br 0)) (unreachable))") == errc{});
  CHECK(verdict("(func (unreachable) (select) (drop))") == errc{});
  CHECK(verdict("(func (result i32) (unreachable) (select (i64.const 0) (i32.const 0)))") == errc::type_mismatch);
  CHECK(verdict("(func (unreachable) (br_if 7))") == errc::unknown_label_index);
  CHECK(verdict("(func (unreachable) (local.get 0) (drop))") == errc::unknown_local);
}

TEST_CASE("hostile typing: the labels of a table take equally many values of matching types") {
  CHECK(verdict("(func (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))) (drop))") ==
        errc::type_mismatch);
  CHECK(verdict("(func (result i32) (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))))") == errc{});
  CHECK(verdict("(func (result i64) (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))) (unreachable))") ==
        errc::type_mismatch);
  // With nothing on the stack any types match, but not any number of them.
  CHECK(verdict("(func (result i64) (block (result i32) (unreachable) (br_table 0 1)) (unreachable))") == errc{});
  CHECK(verdict("(func (block (result i32) (unreachable) (br_table 0 1)) (drop))") == errc::type_mismatch);
  CHECK(verdict("(func (block (result i32) (unreachable) (br_table 0 0 0 1)) (drop))") == errc::type_mismatch);
  CHECK(verdict("(func (br_table 0 0 0 1 (i32.const 0)))") == errc::unknown_label_index);
}

TEST_CASE("hostile typing: select takes two of one type, and references only when it names it") {
  CHECK(verdict("(func (drop (select (i32.const 0) (i64.const 0) (i32.const 0))))") == errc::type_mismatch);
  CHECK(verdict("(func (drop (select (ref.null func) (ref.null func) (i32.const 0))))") == errc::type_mismatch);
  CHECK(verdict("(func (drop (select (result funcref) (ref.null func) (ref.null func) (i32.const 0))))") == errc{});
  CHECK(verdict("(func (drop (select (result funcref) (ref.null func) (ref.null extern) (i32.const 0))))") ==
        errc::type_mismatch);
  CHECK(verdict("(func (select (result) (nop)))") == errc::invalid_result_arity);
  CHECK(verdict("(func (select (result i32 i32) (i32.const 0) (i32.const 0) (i32.const 0)))") ==
        errc::invalid_result_arity);
}
