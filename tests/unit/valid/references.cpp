#include "tests/unit/valid/wat_outcome.hpp"

using namespace wasm64;
using test::check_invalid;
using test::check_valid;
using test::outcome_of;
using test::outcome_of_body;

TEST_CASE("references: ref.func has the type of the function", "[valid][references]") {
  check_valid({"(func (result (ref $g)) (ref.func $declared))", "(func (result funcref) (ref.func $declared))",
               "(func (result (ref func)) (ref.func $declared))"});
  check_invalid(errc::type_mismatch, {"(func (result (ref $f)) (ref.func $declared))"});
}

TEST_CASE("references: calls take arguments and a reference of the very type", "[valid][references]") {
  check_valid({
      "(func (param (ref $f)) (result i64) (call_ref $f (i32.const 1) (local.get 0)))",
      "(func (param (ref null $f)) (result i64) (return_call_ref $f (i32.const 1) (local.get 0)))",
      "(func (call_ref $g (ref.null nofunc)))",
      "(func (result i64) (unreachable) (call_ref $f))",
  });
  check_invalid(errc::type_mismatch, {
                                         "(func (param funcref) (call_ref $g (local.get 0)))",
                                         "(func (param (ref $g)) (call_ref $f (i32.const 1) (local.get 0)) (drop))",
                                         "(func (param (ref $f)) (return_call_ref $f (i32.const 1) (local.get 0)))",
                                         "(func (unreachable) (i32.const 0) (call_ref $g))",
                                     });
  check_invalid(errc::unknown_type, {"(func (call_ref $s (ref.null $s)))", "(func (call_ref 99 (ref.null $s)))"});
}

TEST_CASE("references: null leaves a type by a branch or a trap", "[valid][references]") {
  check_valid({
      "(func (param (ref null $f)) (result (ref $f)) (ref.as_non_null (local.get 0)))",
      "(func (param anyref) (result (ref any)) (block (return (br_on_null 0 (local.get 0)))) (unreachable))",
      "(func (param anyref) (result (ref any)) (block (result (ref any)) (br_on_non_null 0 (local.get 0)) "
      "(unreachable)))",
      "(func (result (ref $f)) (unreachable) (ref.as_non_null))",
      "(func (result i32 (ref 0)) (block (result i32) (unreachable) (br_on_null 0) (return)) (unreachable))",
      "(func (result (ref $s)) (block (result (ref $s)) (unreachable) (br_on_non_null 0)))",
  });
  check_invalid(errc::type_mismatch,
                {
                    "(func (param i32) (drop (ref.as_non_null (local.get 0))))",
                    "(func (param anyref) (result (ref eq)) (ref.as_non_null (local.get 0)))",
                    "(func (param anyref) (block (br_on_non_null 0 (local.get 0))))",
                    "(func (param anyref) (result anyref) (br_on_null 0 (local.get 0)))",
                    "(func (param i32) (block (br_on_null 0 (local.get 0)) (drop)))",
                    "(func (param anyref) (result (ref eq)) (br_on_non_null 0 (local.get 0)) (unreachable))",
                });
  check_invalid(errc::unknown_label_index, {"(func (param anyref) (drop (br_on_null 9 (local.get 0))))"});
}

TEST_CASE("references: casts stay within a hierarchy and narrow branches", "[valid][references]") {
  check_valid({
      "(func (param anyref) (result i32) (ref.test (ref $s) (local.get 0)))",
      "(func (param eqref) (result (ref null $s)) (ref.cast (ref null $s) (local.get 0)))",
      "(func (param funcref) (result (ref $f)) (ref.cast (ref $f) (local.get 0)))",
      "(func (param externref) (result i32) (ref.test (ref noextern) (local.get 0)))",
      "(func (param anyref) (result (ref $p)) (br_on_cast 0 anyref (ref $p) (local.get 0)) (unreachable))",
      "(func (param anyref) (result anyref) (br_on_cast 0 anyref (ref null $p) (local.get 0)) (ref.as_non_null))",
      "(func (param anyref) (result (ref any)) (block $l (result (ref any)) (br_on_cast_fail $l anyref (ref null i31)"
      " (local.get 0)) (unreachable)))",
      "(func (param anyref) (result (ref any)) (block $l (result (ref i31))"
      " (return (br_on_cast $l (ref any) (ref i31) (ref.as_non_null (local.get 0)))) (unreachable)))",
  });
  check_invalid(
      errc::type_mismatch,
      {
          "(func (param funcref) (result i32) (ref.test (ref $s) (local.get 0)))",
          "(func (param externref) (drop (ref.cast (ref any) (local.get 0))))",
          "(func (param i32) (drop (ref.cast (ref any) (local.get 0))))",
          "(func (param eqref) (result anyref) (br_on_cast 0 eqref anyref (local.get 0)))",
          "(func (param anyref) (br_on_cast 0 anyref (ref $p) (local.get 0)) (drop))",
          "(func (param anyref) (result (ref $p)) (br_on_cast 0 anyref (ref $s) (local.get 0)) (unreachable))",
          "(func (param anyref) (result (ref any))"
          " (br_on_cast_fail 0 anyref (ref i31) (local.get 0)) (unreachable))",
      });
}

TEST_CASE("references: conversions keep null and its absence", "[valid][references]") {
  check_valid({
      "(func (param (ref extern)) (result (ref any)) (any.convert_extern (local.get 0)))",
      "(func (param anyref) (result externref) (extern.convert_any (local.get 0)))",
      "(func (param (ref $s)) (result (ref extern)) (extern.convert_any (local.get 0)))",
      "(func (result (ref any)) (unreachable) (any.convert_extern))",
      "(func (result i31ref) (ref.i31 (i32.const 1)))",
      "(func (param i31ref) (result i32) (i32.add (i31.get_s (local.get 0)) (i31.get_u (local.get 0))))",
      "(func (param eqref) (param (ref $a)) (result i32) (ref.eq (local.get 0) (local.get 1)))",
  });
  check_invalid(errc::type_mismatch,
                {
                    "(func (param externref) (result (ref any)) (any.convert_extern (local.get 0)))",
                    "(func (param funcref) (drop (extern.convert_any (local.get 0))))",
                    "(func (param eqref) (result i32) (i31.get_s (local.get 0)))",
                    "(func (param anyref) (drop (ref.eq (local.get 0) (local.get 0))))",
                });
}

TEST_CASE("references: select without a type is for numbers", "[valid][references]") {
  check_valid(
      {"(func (param (ref $s)) (result (ref $s)) (select (result (ref $s)) (local.get 0) (local.get 0)"
       " (i32.const 1)))"});
  check_invalid(errc::type_mismatch,
                {
                    "(func (param anyref) (drop (select (local.get 0) (local.get 0) (i32.const 1))))",
                    "(func (param (ref null $s)) (result (ref $s)) (select (result (ref $s))"
                    " (local.get 0) (local.get 0) (i32.const 1)))",
                });
}

TEST_CASE("references: tables, globals and segments hold typed references", "[valid][references]") {
  check_valid({
      "(table 1 (ref null $f))",
      "(table 1 (ref $g) (ref.func $declared))",
      "(table 2 (ref i31) (ref.i31 (i32.const 7)))",
      "(global (ref $g) (ref.func $declared))",
      "(global $i i32 (i32.const 3)) (global $r (ref $s) (struct.new $s (global.get $i))) (global eqref (global.get "
      "$r))",
      "(elem (ref $g) (ref.func $declared))",
      "(table $t 1 (ref null $g)) (elem (table $t) (i32.const 0) (ref $g) (ref.func $declared))",
  });
  check_invalid(errc::type_mismatch, {
                                         "(table 1 (ref $g))",
                                         "(table 1 (ref $g) (ref.null $g))",
                                         "(table 1 (ref null $f) (ref.func $declared))",
                                         "(global (ref $f) (ref.func $declared))",
                                         "(elem (ref $g) (ref.null $g))",
                                         "(table $t 1 (ref null $f)) (elem (table $t) (i32.const 0) func $declared)",
                                         "(table $t 1 (ref null $f)) (func (table.init $t $e (i32.const 0)"
                                         " (i32.const 0) (i32.const 0)))",
                                     });
}

TEST_CASE("references: messages spell the types", "[valid][references]") {
  CHECK(outcome_of_body("(func (param (ref null 2)) (result (ref 3)) (local.get 0))").detail ==
        "expected (ref 3), found (ref null 2)");
  CHECK(outcome_of_body("(func (param (ref noextern)) (result i31ref) (local.get 0))").detail ==
        "expected (ref null i31), found (ref noextern)");
  CHECK(outcome_of_body("(func (unreachable) (ref.as_non_null) (i32.const 1) (i32.add) (drop))").detail ==
        "expected i32, found (ref bottom)");
}

TEST_CASE("references: instructions of a feature that is off are named", "[valid][references]") {
  feature_set features;
  features.gc = false;
  const char* const typed = "(module (func (unreachable) (br_on_null 0) (drop)))";
  const char* const cast = "(module (func (unreachable) (ref.eq) (drop)))";
  CHECK(outcome_of(typed, features).code == errc{});
  CHECK(outcome_of(cast, features).code == errc::unsupported_feature);
  CHECK(outcome_of(cast, features).detail == "gc");
  CHECK(outcome_of("(module (global i31ref (ref.i31 (i32.const 1))))", features).detail == "gc");
  features.function_references = false;
  CHECK(outcome_of(typed, features).detail == "typed references");
}

TEST_CASE("references: unknown flags of br_on_cast are malformed", "[valid][references]") {
  auto binary =
      text::parse_module("(module (func (param anyref) (result anyref) (br_on_cast 0 anyref eqref (local.get 0))))");
  REQUIRE(binary.has_value());
  byte_vector bytes = std::move(binary).value();
  for (std::size_t i = 0; i + 2 < bytes.size(); ++i) {
    if (bytes[i] == 0xFB && bytes[i + 1] == 0x18) bytes[i + 2] = 4;
  }
  const auto compiled = compile(view_of(bytes));
  REQUIRE_FALSE(compiled.has_value());
  CHECK(compiled.error().code == errc::malformed_cast_flags);
}
