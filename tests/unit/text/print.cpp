#include "wasm64/text/print.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/module_equality.hpp"
#include "wasm64/base/messages.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/text/literals.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/text/writer.hpp"

using namespace wasm64;

namespace {

byte_vector binary_of(std::string_view source) {
  auto binary = text::parse_module(source);
  if (!binary.has_value()) FAIL(to_string(binary.error()) << " in\n" << source);
  return std::move(binary).assume_value();
}

std::string printed(bytes_view binary) {
  const auto text = text::print_module(binary);
  if (!text.has_value()) FAIL(to_string(text.error()));
  return text.assume_value();
}

/// The printed text, which is the same module again.
std::string printed(std::string_view source) {
  const byte_vector binary = binary_of(source);
  std::string text = printed(view_of(binary));
  INFO(text);
  CHECK(binary_of(text) == binary);
  return text;
}

bool has(const std::string& text, std::string_view line) { return text.find(line) != std::string::npos; }

/// What `(module` and what follows print each of these instructions as, a line each.
void check_code(std::string_view module, std::initializer_list<const char*> instructions) {
  std::string source(module);
  source += "(func $code (param $x i32) (param i64) (local $y f64)";
  for (const char* line : instructions) source.append("\n").append(line);
  const std::string text = printed(source + "))");
  for (const char* line : instructions) {
    INFO(line << " in\n" << text);
    const bool found =
        has(text, std::string("\n    ") + line + "\n") || has(text, std::string("\n    ") + line + ")\n");
    CHECK(found);
  }
}

constexpr const char* definitions = R"((module
  (type $t (func (param i32) (result i32)))
  (type $s (struct (field $f (mut i32)) (field i8)))
  (type $a (array (mut i16)))
  (memory $m 1) (memory $n i64 1)
  (table $tab 1 funcref) (table $u 1 funcref)
  (global $g (mut i32) (i32.const 0))
  (tag $tag (param i32))
  (elem $e func) (data $d "") (data $d2 "")
)";

}  // namespace

TEST_CASE("instructions are printed by their kind of immediate", "[text][print]") {
  check_code(definitions, {
                              "nop",
                              "call $code",
                              "call_ref $t",
                              "call_indirect (type $t) (param i32) (result i32)",
                              "call_indirect $u (type $t) (param i32) (result i32)",
                              "local.get $x",
                              "local.get 1",
                              "local.tee $y",
                              "global.set $g",
                              "table.get",
                              "table.set $u",
                              "table.copy",
                              "table.copy $tab $u",
                              "table.init $e",
                              "table.init $u $e",
                              "elem.drop $e",
                              "memory.size",
                              "memory.grow $n",
                              "memory.copy",
                              "memory.copy $n $m",
                              "memory.init $d2",
                              "memory.init $n $d",
                              "data.drop $d",
                              "i32.load",
                              "i32.load $n offset=18446744073709551615 align=1",
                              "i64.store32 align=8",
                              "i32.atomic.rmw8.add_u offset=4",
                              "atomic.fence",
                              "v128.load8_lane 15",
                              "v128.load8_lane $n offset=1 0",
                              "i8x16.extract_lane_s 3",
                              "i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
                              "i32.const -2147483648",
                              "i64.const -9223372036854775808",
                              "i64.const 9223372036854775807",
                              "f32.const 0.1",
                              "f32.const -0",
                              "f64.const 5e-324",
                              "f64.const -nan:0x0000000000001",
                              "v128.const i32x4 0x00000000 0xffffffff 0x80000000 0x00000001",
                              "ref.null $s",
                              "ref.null extern",
                              "ref.test i31ref",
                              "ref.test (ref i31)",
                              "ref.cast (ref null $s)",
                              "ref.cast (ref $a)",
                              "select",
                              "select (result i32)",
                              "select (result (ref null $s) i64)",
                              "throw $tag",
                              "br 0",
                              "br_table 0",
                              "br_table 0 4 0",
                              "br_on_cast 0 anyref (ref $s)",
                              "br_on_cast_fail 0 (ref any) nullref",
                              "struct.get $s $f",
                              "struct.get_u $s 1",
                              "array.new_fixed $a 3",
                              "array.new_data $a $d",
                              "array.new_elem $a $e",
                              "array.copy $a $a",
                              "i64.add128",
                          });
}

TEST_CASE("every instruction of the table survives printing", "[text][print]") {
  // Bodies need not be valid; zero bytes are an immediate of every kind, for catch clauses and casts too.
  for (std::size_t i = 0; i < op_count; ++i) {
    const auto o = static_cast<op>(i);
    const op_info& row = info(o);
    const bool is_clause = o == op::else_ || o == op::end || o == op::catch_ || o == op::catch_all || o == op::delegate;
    if (is_clause) continue;
    byte_vector bytes(24, std::uint8_t{0});
    reader in(view_of(bytes));
    text::writer code;
    code.opcode(o);
    byte_vector probe(code.bytes().begin(), code.bytes().end());
    probe.insert(probe.end(), bytes.begin(), bytes.end());
    reader at(view_of(probe));
    const instruction read = read_instruction(at);
    INFO(row.text);
    REQUIRE_FALSE(at.failed());
    CHECK(read.code == o);

    byte_vector binary = binary_of("(module (type (func)) (func))");
    const bool is_block = row.imm == immediate_kind::block_type || row.imm == immediate_kind::try_table;
    byte_vector body(1, std::uint8_t{0});
    body.insert(body.end(), probe.begin(), probe.begin() + static_cast<std::ptrdiff_t>(at.offset()));
    body.insert(body.end(), is_block ? 2 : 1, std::uint8_t{0x0B});
    // The last six bytes are the code section of the empty function.
    binary.resize(binary.size() - 6);
    binary.insert(binary.end(),
                  {10, static_cast<std::uint8_t>(body.size() + 2), 1, static_cast<std::uint8_t>(body.size())});
    binary.insert(binary.end(), body.begin(), body.end());
    const std::string text = printed(view_of(binary));
    CHECK(has(text, row.text));
    const byte_vector again = binary_of(text);
    const auto m = decode(view_of(binary));
    const auto n = decode(view_of(again));
    REQUIRE(m.has_value());
    REQUIRE(n.has_value());
    INFO(text);
    CHECK(test::same_code(m.value(), m.value().funcs[0].body, n.value(), n.value().funcs[0].body));
  }
}

TEST_CASE("blocks are indented, their labels found by name", "[text][print]") {
  const std::string text = printed(R"((module (tag $e) (func
    (block $out (result i32)
      (loop $in (param) (br $out (i32.const 1)) (br $in))
      (block $out (br $out) (br 1))
      (if $c (i32.const 1) (then (br $c)) (else (nop)))
      (try (do nop) (catch $e drop) (catch_all (rethrow 0)))
      (try $t (do nop) (delegate $out))
      (try_table $h (result i32) (catch $e 0) (catch_ref $e $out) (catch_all 0) (catch_all_ref 0) (br $h (i32.const 2))))
    drop)))");
  const char* expected = R"(
    block $out (result i32)
      loop $in
        i32.const 1
        br $out
        br $in
      end
      block $out
        br $out
        br 1
      end
      i32.const 1
      if $c
        br $c
      else
        nop
      end
      try
        nop
      catch $e
        drop
      catch_all
        rethrow 0
      end
      try $t
        nop
      delegate $out
      try_table $h (result i32) (catch $e $out) (catch_ref $e $out) (catch_all $out) (catch_all_ref $out)
        i32.const 2
        br $h
      end
    end
    drop))";
  INFO(text);
  CHECK(has(text, expected));
}

TEST_CASE("definitions of every kind are printed", "[text][print]") {
  const std::string text = printed(R"((module $mod
    (type $f (func (param i32) (param i64 f32) (result f64)))
    (rec (type $l (sub (struct (field $v (mut i8)) (field (ref null $l))))) (type (sub final $l (struct
      (field (mut i8)) (field (ref null $l)) (field v128)))))
    (type (array (mut externref)))
    (import "m" "f" (func $imp (type $f) (param $p i32) (param i64 f32) (result f64)))
    (import "m" "t" (table i64 1 2 (ref null $l)))
    (import "m" "m" (memory 1 2 shared))
    (import "m" "g" (global (mut i32)))
    (import "m" "e" (tag (param i32)))
    (table 1 (ref $f) (ref.func $imp))
    (memory i64 1 (pagesize 1))
    (global $g (ref any) (ref.i31 (i32.add (i32.const 1) (i32.const 2))))
    (export "a" (func $imp)) (export "b" (global $g))
    (start $start)
    (elem (table 1) (i32.const 0) func $imp)
    (elem $pas (ref $f) (ref.func $imp) (item ref.func $imp))
    (elem declare func $imp)
    (data (memory 1) (offset (i64.add (i64.const 1) (i64.const 2))) "a")
    (data $x "")
    (func $start)))");
  for (const char* line : {
           "(module $mod\n",
           "(type $f (;0;) (func (param i32 i64 f32) (result f64)))",
           "(rec\n    (type $l (;1;) (sub (struct (field $v (mut i8)) (field (ref null $l)))))",
           "(sub final $l (struct (field (mut i8)) (field (ref null $l)) (field v128)))",
           "(array (mut externref))",
           "(import \"m\" \"f\" (func $imp (;0;) (type $f) (param $p i32) (param i64 f32) (result f64)))",
           "(table (;0;) i64 1 2 (ref null $l))",
           "(memory (;0;) 1 2 shared)",
           "(global (;0;) (mut i32))",
           "(table (;1;) 1 (ref $f) (ref.func $imp))",
           "(memory (;1;) i64 1 (pagesize 1))",
           "(global $g (;1;) (ref any) (i32.const 1) (i32.const 2) (i32.add) (ref.i31))",
           "(export \"b\" (global $g))",
           "(start $start)",
           "(elem (;0;) (table 1) (i32.const 0) func $imp)",
           "(elem $pas (;1;) (ref $f) (ref.func $imp) (ref.func $imp))",
           "(elem (;2;) declare func $imp)",
           "(data (;0;) (memory 1) (offset (i64.const 1) (i64.const 2) (i64.add)) \"a\")",
           "(data $x (;1;) \"\")",
       }) {
    INFO(line << " in\n" << text);
    CHECK(has(text, line));
  }
}

TEST_CASE("names that are no plain identifiers are quoted or given", "[text][print]") {
  const std::string text = printed(R"((module
    (func $"two words" (call $"two words") (call $"\"\\\n\00"))
    (func $"\"\\\n\00")
    (func $"λ" (call $"λ"))
    (func $"\u{202e}rtl\u{85}")
    (func $same) (func (@name "same") (call 4) (call 5)) (func (@name "") (param $p i32) (param (@name "p") i32))))");
  for (const char* piece : {
           "(func $\"two words\" (;0;)",
           "call $\"two words\"",
           "call $\"\\\"\\\\\\n\\00\"",
           "(func $\"λ\" (;2;)",
           "(func $\"\\e2\\80\\aertl\\c2\\85\" (;3;)",
           "(func $same (;4;) (type 0))",
           "(func (;5;) (@name \"same\") (type 0)\n    call $same\n    call 5)",
           "(func (;6;) (@name \"\") (type 1) (param $p i32) (param (@name \"p\") i32)",
       }) {
    INFO(piece << " in\n" << text);
    CHECK(has(text, piece));
  }
}

TEST_CASE("strings show what is harmless and escape the rest", "[text][print]") {
  const std::string text = printed(R"((module (import "\t\"é" "\7f" (func)) (memory 1) (data "é\ff ok\t\\")))");
  CHECK(has(text, R"((import "\t\"é" "\7f")"));
  CHECK(has(text, R"("\c3\a9\ff ok\t\\")"));
}

TEST_CASE("annotations stand for custom sections", "[text][print]") {
  const std::string text = printed(R"((module
    (@custom "first" (before first) "1") (@custom "mid" (after import) "2") (@custom "pre" (before code) "3")
    (@custom "last" "\ff") (@wasm64.datacount)
    (func $f (@metadata.code.branch_hint "\01") (if (i32.const 0) (then)) i32.const 1
      (@metadata.code.branch_hint "\00") br_if 0)))");
  for (const char* piece : {
           "(@custom \"first\" (before first) \"1\")",
           "(@custom \"mid\" (after type) \"2\")",
           "(@custom \"pre\" (before code) \"3\")",
           "(@custom \"last\" \"\\ff\")",
           "(@wasm64.datacount)",
           "\n    (@metadata.code.branch_hint \"\\01\") if\n",
           "\n    (@metadata.code.branch_hint \"\\00\") br_if 0)\n",
       }) {
    INFO(piece << " in\n" << text);
    CHECK(has(text, piece));
  }
}

TEST_CASE("sections that names and hints cannot say are kept byte by byte", "[text][print]") {
  for (const char* custom : {
           R"("name" "\ff")",                                            // malformed
           R"("name" (before first) "\01\04\01\00\01f")",                // in front
           R"("name" "\01\04\01\09\01f")",                               // no such function
           R"("name" "\01\04\01\00\01f\0c\00")",                         // a subsection that nobody knows
           R"("name" "\02\05\01\00\01\05\00")",                          // no such local
           R"("name" "\03\06\01\00\01\00\01l")",                         // no such label
           R"("name" "\03\05\01\00\01\00\00")",                          // a label without letters
           R"("name" "\01\85\00\01\00\01f")",                            // a padded size
           R"("metadata.code.branch_hint" "\00")",                       // behind the code
           R"("metadata.code.branch_hint" (before code) "\00")",         // nothing
           R"("metadata.code.branch_hint" (before code) "\ff")",         // malformed
           R"("metadata.code.branch_hint" (before code) "\01\00\01\00\01\01")",  // on no instruction
           R"("metadata.code.branch_hint" (before code) "\01\00\01\02\01\01")",  // on the function's `end`
       }) {
    INFO(custom);
    const std::string text = printed("(module (func nop) (@custom " + std::string(custom) + "))");
    CHECK(has(text, "(@custom \""));
  }
}

TEST_CASE("floats are printed exactly", "[text][print]") {
  const auto shown = [](std::uint64_t bits, text::float_format format) {
    std::string literal;
    text::append_float(literal, bits, format);
    const text::literal read = text::parse_float(literal, format);
    CHECK(read.failure == errc{});
    CHECK(read.bits == bits);
    return literal;
  };
  CHECK(shown(0x3F80'0000, text::binary32) == "1");
  CHECK(shown(0x8000'0000, text::binary32) == "-0");
  CHECK(shown(0x0000'0001, text::binary32) == "1e-45");
  CHECK(shown(0x7F7F'FFFF, text::binary32) == "3.4028235e+38");
  CHECK(shown(0x7FC0'0000, text::binary32) == "nan");
  CHECK(shown(0xFF80'0001, text::binary32) == "-nan:0x000001");
  CHECK(shown(0x3FB9'9999'9999'999A, text::binary64) == "0.1");
  CHECK(shown(0x7FEF'FFFF'FFFF'FFFF, text::binary64) == "1.7976931348623157e+308");
  CHECK(shown(0xFFF0'0000'0000'0000, text::binary64) == "-inf");
  CHECK(shown(0x7FFF'FFFF'FFFF'FFFF, text::binary64) == "nan:0xfffffffffffff");
  std::uint64_t bits = 0x9E37'79B9'7F4A'7C15;
  for (int i = 0; i < 1000; ++i) {
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    shown(bits, text::binary64);
    shown(bits >> 32, text::binary32);
  }
}

TEST_CASE("deep nesting is printed without indenting for ever", "[text][print]") {
  std::string source = "(func ";
  for (int i = 0; i < 100'000; ++i) source += "block ";
  for (int i = 0; i < 100'000; ++i) source += "end ";
  const byte_vector binary = binary_of(source + ")");
  const std::string text = printed(view_of(binary));
  CHECK(text.size() < 20'000'000);
  CHECK(binary_of(text) == binary);
}

TEST_CASE("printing refuses malformed bodies and texts that are too long", "[text][print]") {
  const auto failure = [](std::string_view body) {
    byte_vector binary = binary_of("(module (func))");
    binary.resize(binary.size() - 6);
    binary.insert(binary.end(),
                  {10, static_cast<std::uint8_t>(body.size() + 2), 1, static_cast<std::uint8_t>(body.size())});
    const bytes_view bytes = as_bytes(body);
    binary.insert(binary.end(), bytes.begin(), bytes.end());
    const auto text = text::print_module(view_of(binary));
    return text.has_value() ? errc{} : text.error().code;
  };
  using namespace std::string_view_literals;
  CHECK(failure("\0\x0B"sv) == errc{});
  CHECK(failure("\0"sv) == errc::unexpected_end);
  CHECK(failure("\0\x02\x40\x0B"sv) == errc::unexpected_end);
  CHECK(failure("\0\x0B\x0B"sv) == errc::end_opcode_expected);
  CHECK(failure("\0\x05\x0B"sv) == errc::end_opcode_expected);
  CHECK(failure("\0\x04\x40\x05\x05\x0B\x0B"sv) == errc::end_opcode_expected);
  CHECK(failure("\0\x06\x40\x19\x19\x0B\x0B"sv) == errc::end_opcode_expected);
  CHECK(failure("\0\x06\x40\x19\x18\0\x0B"sv) == errc::end_opcode_expected);
  CHECK(failure("\0\x27\x0B"sv) == errc::illegal_opcode);
  CHECK(failure("\0\x0E\xFF\xFF\xFF\xFF\x0F\x0B"sv) == errc::unexpected_end);
  CHECK(failure("\0\xFB\x18\x04\0\x70\x70\x0B"sv) == errc::malformed_cast_flags);
  CHECK(failure("\0\x1F\x40\x01\x04\0\x0B\x0B"sv) == errc::malformed_catch_kind);
  CHECK(failure("\0\xFE\x03\x01\x0B"sv) == errc::zero_byte_expected);
  CHECK(text::print_module(as_bytes("not a module")).error().code == errc::bad_magic);

  const byte_vector binary = binary_of("(module (func $long_name (call $long_name) (call $long_name)))");
  const std::string text = printed(view_of(binary));
  CHECK(text::print_module(view_of(binary), text.size()).has_value());
  CHECK(text::print_module(view_of(binary), text.size() - 1).error().code == errc::implementation_limit);
  CHECK(text::print_module(view_of(binary), 0).error().code == errc::implementation_limit);
}

TEST_CASE("a damaged module is refused, or printed as text that is that module", "[text][print]") {
  const byte_vector good = binary_of(R"((module $m
    (type $t (func (param i32 i32) (result i32))) (rec (type $s (sub (struct (field $f i32))))
      (type $a (array (mut i8))))
    (import "m" "f" (func $f (type $t)))
    (table $tab 1 (ref null $t) (ref.null $t)) (memory $mem 1 2) (tag $e (param i32))
    (global $g (mut i64) (i64.const 5))
    (export "run" (func $run))
    (elem $el (i32.const 0) (ref null $t) (ref.func $f)) (data $d (i32.const 1) "ab")
    (func $run (type $t) (param $x i32) (param $y i32) (result i32) (local $z f64) (local i32 i32)
      (block $out (try_table (catch $e 0) (br_table $out 0 (local.get $x))))
      (@metadata.code.branch_hint "\00") (if $l (local.get $y) (then (br $l)) (else (unreachable)))
      (drop (struct.get $s $f (struct.new $s (i32.load8_u offset=2 (local.get $x)))))
      (memory.init $d (local.get 0) (local.get 1) (i32.const 1))
      (call_indirect $tab (type $t) (local.get $x) (f64.const 1.5) (i32.const 0)))
    (@custom "c" (before code) "xy")))");
  std::size_t printed_ones = 0;
  byte_vector bytes = good;
  for (std::uint8_t& byte : bytes) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
      if (const auto text = text::print_module(view_of(bytes)); text.has_value()) {
        const auto again = text::parse_module(text.value());
        INFO(text.value());
        REQUIRE(again.has_value());
        REQUIRE(printed(view_of(again.value())) == text.value());
        ++printed_ones;
      }
      byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
    }
  }
  CHECK(printed_ones > good.size());
}
