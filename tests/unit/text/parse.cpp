#include "wasm64/text/parse.hpp"
#include "tests/support/catch.hpp"
#include "wasm64/binary/decode.hpp"

using namespace wasm64;

namespace {

module parsed(std::string_view source) {
  auto binary = text::parse_module(source);
  REQUIRE(binary.has_value());
  const byte_vector& bytes = binary.assume_value();
  auto decoded = decode({bytes.data(), bytes.size()});
  REQUIRE(decoded.has_value());
  return std::move(decoded).assume_value();
}

std::string body(const module& m, std::size_t index) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : m.view(m.funcs[index].body)) {
    hex.push_back(digits[byte >> 4]);
    hex.push_back(digits[byte & 15]);
  }
  return hex;
}

std::string body(std::string_view instructions) {
  return body(parsed("(module (func " + std::string(instructions) + "))"), 0);
}

}  // namespace

TEST_CASE("folded instructions come after their operands", "[text][parse]") {
  CHECK(body("(i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))") == "4101410241036c6a0b");
  CHECK(body("i32.const 1 (i32.add (i32.const 2)) drop") == "410141026a1a0b");
  CHECK(body("(if (i32.const 1) (then nop) (else (nop) nop))") ==
        "410104400105"
        "01010b"
        "0b");
  CHECK(body("(block (result i32) (i32.const 7)) drop") == "027f41070b1a0b");
}

TEST_CASE("flat and folded forms are the same", "[text][parse]") {
  CHECK(body("block $a loop $b br $a br $b end $b end $a") == body("(block $a (loop $b (br $a) (br $b)))"));
  CHECK(body("i32.const 0 if $l br $l else $l nop end $l") ==
        body("(if $l (i32.const 0) (then (br $l)) (else (nop)))"));
  CHECK(body("block $h try_table (catch_all $h) nop end end") == body("(block $h (try_table (catch_all $h) (nop)))"));
  CHECK(body("try nop catch_all rethrow 0 end") == body("(try (do nop) (catch_all (rethrow 0)))"));
  CHECK(body("block $l try nop delegate $l end") == body("(block $l (try (do nop) (delegate $l)))"));
}

TEST_CASE("labels are found from the inside out", "[text][parse]") {
  CHECK(body("(block $x (block $x (br $x) (br 1)))") ==
        "02400240"
        "0c000c01"
        "0b0b0b");
  CHECK(body("(block $x (block $y (br_table $x $y 2 (i32.const 0))))") ==
        "02400240"
        "41000e02010002"
        "0b0b0b");
}

TEST_CASE("type uses share types and append missing ones", "[text][parse]") {
  const module m = parsed(R"((module
    (func $implicit (param f32))
    (type $a (func (param i32) (result i64)))
    (func $explicit (type $a) (i64.const 0))
    (func $shared (param $x i32) (result i64) (i64.const 0))
    (func $both (type $a) (param i32) (result i64) (i64.const 0))))");
  REQUIRE(m.types.size() == 2);
  CHECK(m.func_types[0] == 1);
  CHECK(m.func_types[1] == 0);
  CHECK(m.func_types[2] == 0);
  CHECK(m.func_types[3] == 0);
}

TEST_CASE("inline imports, exports and segments", "[text][parse]") {
  const module m = parsed(R"((module
    (func $f (export "f") (export "g") (import "env" "f") (param i32))
    (memory (export "m") i64 (data "abc" "\00"))
    (table funcref (elem $f $f))
    (global (export "x") (mut i32) (i32.const 5))))");
  REQUIRE(m.imports.size() == 1);
  CHECK(m.imports[0].module == "env");
  CHECK(m.exports.size() == 4);
  REQUIRE(m.memories.size() == 1);
  CHECK(m.memories[0].limits.is_64);
  CHECK(m.memories[0].limits.min == 1);
  CHECK(m.memories[0].limits.max == 1);
  REQUIRE(m.datas.size() == 1);
  CHECK(m.datas[0].init.size == 4);
  REQUIRE(m.tables.size() == 1);
  CHECK(m.tables[0].type.limits.min == 2);
  REQUIRE(m.elems.size() == 1);
  CHECK(m.elems[0].size() == 2);
}

TEST_CASE("identifiers become the name section", "[text][parse]") {
  const module m =
      parsed("(module $mod (import \"a\" \"b\" (func $imported)) (func) (func $\"two words\" (local $x i32)))");
  CHECK(m.name == "mod");
  CHECK(m.func_name(0) == "imported");
  CHECK(m.func_name(1) == "");
  CHECK(m.func_name(2) == "two words");
  CHECK(parsed("(module (func $id (@name \"given\")))").func_name(0) == "given");
}

TEST_CASE("recursive groups, sub types and fields", "[text][parse]") {
  const module m = parsed(R"((module
    (rec (type $list (sub (struct (field $head i32) (field $tail (mut (ref null $list))))))
         (type $fn (func (param (ref $list)))))
    (type $more (sub final $list (struct (field i32) (field (mut (ref null $list))) (field i8 i16))))
    (func (param $l (ref $list)) (result i32) (struct.get $list $head (local.get $l)))))");
  REQUIRE(m.types.size() == 4);
  CHECK(m.types[1].group_begin == 0);
  CHECK(m.types[1].group_size == 2);
  CHECK_FALSE(m.types[0].is_final);
  REQUIRE(m.types[2].supers.size() == 1);
  CHECK(m.types[2].fields.size() == 4);
  CHECK(body(m, 0) == "2000fb0200000b");
}

TEST_CASE("a module may come without its parentheses, or empty", "[text][parse]") {
  CHECK(parsed("(func) (func)").funcs.size() == 2);
  CHECK(parsed("").funcs.empty());
  CHECK(parsed("(module)").funcs.empty());
}

TEST_CASE("binaries pass through unchanged", "[text][parse]") {
  const std::uint8_t binary[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  auto bytes = text::to_binary(binary);
  REQUIRE(bytes.has_value());
  CHECK(bytes.assume_value() == byte_vector(std::begin(binary), std::end(binary)));
  CHECK(text::to_binary(as_bytes("(module)")).assume_value() == bytes.assume_value());
}

TEST_CASE("custom sections stand where their annotations want them", "[text][parse]") {
  auto binary = text::parse_module(R"((module (@custom "c" (before type) "xy") (func)))");
  REQUIRE(binary.has_value());
  const std::uint8_t expected[] = {0, 4, 1, 'c', 'x', 'y', 1};
  REQUIRE(binary.assume_value().size() > 15);
  CHECK(std::equal(std::begin(expected), std::end(expected), binary.assume_value().begin() + 8));
}

TEST_CASE("nesting needs no native stack and has no limit of its own", "[text][parse]") {
  const auto nested = [](std::size_t depth) {
    std::string source = "(func ";
    for (std::size_t i = 0; i < depth; ++i) source += "(block $b ";
    return source.append("(br $b)").append(depth + 1, ')');
  };
  CHECK(text::parse_module(nested(100'000)).has_value());
  CHECK_FALSE(text::parse_module(std::string(100'000, '(')).has_value());
}
