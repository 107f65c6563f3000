#include "tests/unit/valid/wat_outcome.hpp"

using namespace wasm64;
using test::check_invalid;
using test::check_valid;
using test::outcome_of;

TEST_CASE("structures: made, read and written by their fields' types", "[valid][aggregates]") {
  check_valid({
      "(func (result (ref $s)) (struct.new $s (i32.const 1)))",
      "(func (result (ref $m)) (struct.new_default $m))",
      "(func (result (ref $s)) (struct.new $p (i32.const 1) (ref.func $declared)))",
      "(func (result (ref $q)) (struct.new $q (i32.const 1) (i32.const 2)))",
      "(func (param (ref $p)) (result i32) (struct.get $s 0 (local.get 0)))",
      "(func (param (ref null $q)) (result i32) (struct.get_s $q 0 (local.get 0)))",
      "(func (param (ref null $q)) (struct.set $q 1 (local.get 0) (i32.const 1)))",
      "(func (param (ref $m)) (struct.set $m 1 (local.get 0) (ref.i31 (i32.const 1))))",
      "(func (result (ref $p)) (unreachable) (struct.new $p))",
  });
  check_invalid(errc::type_mismatch, {
                                         "(func (drop (struct.new $s (i64.const 1))))",
                                         "(func (drop (struct.new_default $p)))",
                                         "(func (param (ref $s)) (drop (struct.get_u $s 0 (local.get 0))))",
                                         "(func (param (ref $q)) (drop (struct.get $q 0 (local.get 0))))",
                                         "(func (param (ref $s)) (drop (struct.get $p 0 (local.get 0))))",
                                         "(func (param (ref struct)) (drop (struct.get $s 0 (local.get 0))))",
                                         "(func (param (ref $m)) (struct.set $m 0 (local.get 0) (i32.const 1)))",
                                     });
  check_invalid(errc::immutable_field, {"(func (param (ref $s)) (struct.set $s 0 (local.get 0) (i32.const 1)))"});
  check_invalid(errc::unknown_field, {"(func (param (ref $s)) (drop (struct.get $s 1 (local.get 0))))"});
  check_invalid(errc::unknown_type, {"(func (drop (struct.new_default $a)))", "(func (drop (struct.new_default 99)))"});
}

TEST_CASE("arrays: made, read and written by their element's type", "[valid][aggregates]") {
  check_valid({
      "(func (result (ref $a)) (array.new $a (i32.const 1) (i32.const 2)))",
      "(func (result (ref $a)) (array.new_default $a (i32.const 2)))",
      "(func (result (ref $c)) (array.new_fixed $c 2 (i32.const 1) (i32.const 2)))",
      "(func (result (ref $b)) (array.new_fixed $b 0))",
      "(func (result (ref $c)) (array.new_data $c $x (i32.const 0) (i32.const 1)))",
      "(func (result (ref $d)) (array.new_elem $d $e (i32.const 0) (i32.const 1)))",
      "(func (param (ref $c)) (result i32) (array.get_u $c (local.get 0) (i32.const 0)))",
      "(func (param (ref $b)) (result (ref $s)) (array.get $b (local.get 0) (i32.const 0)))",
      "(func (param (ref $c)) (array.set $c (local.get 0) (i32.const 0) (i32.const 1)))",
      "(func (param arrayref) (result i32) (array.len (local.get 0)))",
      "(func (param (ref $c)) (array.fill $c (local.get 0) (i32.const 0) (i32.const 1) (i32.const 2)))",
      "(func (param (ref $c)) (array.copy $c $c (local.get 0) (i32.const 0) (local.get 0) (i32.const 1) (i32.const "
      "2)))",
      "(func (param (ref $c)) (array.init_data $c $x (local.get 0) (i32.const 0) (i32.const 1) (i32.const 2)))",
      "(func (param (ref $d)) (array.init_elem $d $e (local.get 0) (i32.const 0) (i32.const 1) (i32.const 2)))",
  });
  check_invalid(errc::type_mismatch, {
                                         "(func (drop (array.new_default $b (i32.const 2))))",
                                         "(func (drop (array.new_fixed $a 3 (i32.const 1) (i32.const 2))))",
                                         "(func (param (ref $c)) (drop (array.get $c (local.get 0) (i32.const 0))))",
                                         "(func (param (ref $a)) (drop (array.get_s $a (local.get 0) (i32.const 0))))",
                                         "(func (param (ref $s)) (drop (array.len (local.get 0))))",
                                         "(func (drop (array.new_elem $b $e (i32.const 0) (i32.const 1))))",
                                         "(func (drop (array.new_elem $a $e (i32.const 0) (i32.const 1))))",
                                     });
  check_invalid(errc::immutable_array, {
                                           "(func (param (ref $b)) (unreachable) (array.set $b))",
                                           "(func (param (ref $b)) (unreachable) (array.fill $b))",
                                           "(func (param (ref $b)) (unreachable) (array.copy $b $b))",
                                           "(func (param (ref $b)) (unreachable) (array.init_elem $b $e))",
                                       });
  check_invalid(errc::array_types_mismatch,
                {"(func (unreachable) (array.copy $a $c))", "(func (unreachable) (array.copy $c $a))"});
  check_invalid(errc::array_not_numeric,
                {"(func (unreachable) (array.new_data $d $x) (drop))", "(func (unreachable) (array.init_data $d $x))"});
  check_invalid(errc::unknown_data_segment, {"(func (unreachable) (array.new_data $a 9) (drop))"});
  check_invalid(errc::unknown_elem_segment, {"(func (unreachable) (array.new_elem $d 9) (drop))"});
  check_invalid(errc::unknown_type, {"(func (unreachable) (array.new_default $s) (drop))"});
}

TEST_CASE("aggregates: operands nobody pushed take no time in unreachable code", "[valid][aggregates]") {
  std::string fields;
  for (int i = 0; i < 9'999; ++i) fields += " i32";
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += " struct.new $wide drop array.new_fixed $a 4294967295 drop";
  CHECK(outcome_of("(module (type $wide (struct (field" + fields + "))) (type $a (array i32)) (func unreachable" +
                   body + "))")
            .code == errc{});
}

TEST_CASE("aggregates: constant expressions make them", "[valid][aggregates]") {
  check_valid({
      "(global (ref $s) (struct.new $s (i32.const 1)))",
      "(global (ref $m) (struct.new_default $m))",
      "(global (ref $q) (struct.new $q (i32.const 1) (i32.const 2)))",
      "(global (ref $a) (array.new $a (i32.const 1) (i32.const 2)))",
      "(global (ref $a) (array.new_default $a (i32.const 2)))",
      "(global (ref $b) (array.new_fixed $b 1 (struct.new $s (i32.const 1))))",
      "(global i31ref (ref.i31 (i32.add (i32.const 1) (i32.const 2))))",
      "(global (ref extern) (extern.convert_any (ref.i31 (i32.const 1))))",
      "(global anyref (any.convert_extern (ref.null extern)))",
  });
  check_invalid(errc::type_mismatch, {
                                         "(global (ref $s) (struct.new $s (i64.const 1)))",
                                         "(global (ref $s) (struct.new $s))",
                                         "(global (ref $p) (struct.new_default $p))",
                                         "(global (ref $b) (array.new_default $b (i32.const 2)))",
                                         "(global (ref $a) (array.new_fixed $a 4294967295))",
                                         "(global (ref any) (any.convert_extern (ref.null extern)))",
                                         "(global i31ref (ref.i31 (i64.const 1)))",
                                         "(global (ref $p) (struct.new $s (i32.const 1)))",
                                     });
  check_invalid(errc::constant_expression_required,
                {
                    "(global i32 (struct.get $s 0 (struct.new $s (i32.const 1))))",
                    "(global (ref $c) (array.new_data $c $x (i32.const 0) (i32.const 1)))",
                });
  check_invalid(errc::unknown_type,
                {"(global anyref (struct.new_default $a))", "(global anyref (array.new_default 99))"});
}

TEST_CASE("aggregates: data segments in code need the count section", "[valid][aggregates]") {
  auto binary = text::parse_module(R"((module (type $c (array (mut i8))) (data "abc")
    (func (drop (array.new_data $c 0 (i32.const 0) (i32.const 1))))))");
  REQUIRE(binary.has_value());
  byte_vector bytes = std::move(binary).value();
  for (std::size_t i = 8; i + 2 < bytes.size(); i += 2u + bytes[i + 1]) {
    if (bytes[i] == 12) {
      bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.begin() + static_cast<std::ptrdiff_t>(i) + 3);
      break;
    }
  }
  const auto compiled = compile(view_of(bytes));
  REQUIRE_FALSE(compiled.has_value());
  CHECK(compiled.error().code == errc::data_count_required);
}
