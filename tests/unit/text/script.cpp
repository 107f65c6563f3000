#include "wasm64/text/script.hpp"
#include "tests/support/catch.hpp"

using namespace wasm64;
using text::script_command;
using text::script_command_kind;
using text::script_type;

namespace {

vector<script_command> parsed(std::string_view source) {
  auto commands = text::parse_script(source);
  REQUIRE(commands.has_value());
  return std::move(commands).assume_value();
}

script_command only(std::string_view source) {
  auto commands = parsed(source);
  REQUIRE(commands.size() == 1);
  return std::move(commands[0]);
}

}  // namespace

TEST_CASE("modules of a script, in their three forms", "[text][script]") {
  const std::string source = R"script(
    (module $a (func (export "f")))
    (module binary "\00asm" "\01\00\00\00")
    (module quote "(func" ")")
    (module definition $d (memory 1))
    (module instance $i $d))script";
  const auto commands = parsed(source);
  REQUIRE(commands.size() == 5);
  CHECK(commands[0].kind == script_command_kind::module);
  CHECK(commands[0].at == text::position{2, 5});
  CHECK(commands[0].module.name == "a");
  CHECK(commands[0].module.source == "(module $a (func (export \"f\")))");
  CHECK(commands[0].module.to_binary().has_value());
  CHECK(commands[1].module.to_binary().assume_value().size() == 8);
  CHECK(commands[2].module.bytes == "(func)");
  CHECK(commands[2].module.to_binary().has_value());
  CHECK(commands[3].module.is_definition);
  CHECK(commands[3].module.to_binary().has_value());
  CHECK(commands[4].kind == script_command_kind::instance);
  CHECK(commands[4].name == "i");
  CHECK(commands[4].definition == "d");
}

TEST_CASE("a module's errors have the script's lines", "[text][script]") {
  const auto commands = parsed("\n\n(assert_malformed\n  (module (bad)) \"x\")");
  REQUIRE(commands.size() == 1);
  auto binary = commands[0].module.to_binary();
  REQUIRE_FALSE(binary.has_value());
  CHECK(binary.assume_error().offset >> 32 == 4);
}

TEST_CASE("actions and their arguments", "[text][script]") {
  const auto c = only(R"((invoke $m "f" (i32.const -1) (f64.const 0x1p1) (ref.null extern) (ref.extern 7)
                             (v128.const i16x8 1 2 3 4 5 6 7 8)))");
  CHECK(c.kind == script_command_kind::action);
  CHECK(c.action.module == "m");
  CHECK(c.action.name == "f");
  REQUIRE(c.action.args.size() == 5);
  CHECK(c.action.args[0].type == script_type::i32);
  CHECK(c.action.args[0].bits[0] == 0xffffffff);
  CHECK(c.action.args[1].bits[0] == 0x4000000000000000);
  CHECK(c.action.args[2].type == script_type::null);
  CHECK(c.action.args[2].heap == heap::extern_);
  CHECK(c.action.args[3].bits[0] == 7);
  CHECK(c.action.args[4].bits[0] == 0x0004'0003'0002'0001);
  CHECK(c.action.args[4].bits[1] == 0x0008'0007'0006'0005);
  CHECK(only("(get \"g\")").action.is_get);
  CHECK(only("(register \"r\" $m)").text == "r");
}

TEST_CASE("expected results may be patterns", "[text][script]") {
  const auto c = only(R"((assert_return (invoke "f") (f32.const nan:canonical) (ref.func) (ref.extern)
    (v128.const f32x4 1 nan:arithmetic 0 nan:canonical) (either (i32.const 1) (i32.const 2)) (ref.null)))");
  REQUIRE(c.expected.size() == 6);
  CHECK(c.expected[0].nan[0] == text::nan_pattern::canonical);
  CHECK(c.expected[1].value.type == script_type::func);
  CHECK_FALSE(c.expected[2].has_bits);
  CHECK(c.expected[3].lanes == 4);
  CHECK(c.expected[3].nan[0] == text::nan_pattern::exact);
  CHECK(c.expected[3].nan[1] == text::nan_pattern::arithmetic);
  CHECK(c.expected[3].value.bits[0] == 0x3f800000);
  CHECK(c.expected[4].either.size() == 2);
  CHECK_FALSE(c.expected[5].has_heap);
}

TEST_CASE("assertions keep their message", "[text][script]") {
  auto c = only("(assert_trap (invoke \"f\") \"unreachable\")");
  CHECK(c.kind == script_command_kind::assert_trap);
  CHECK_FALSE(c.has_module);
  CHECK(c.text == "unreachable");
  c = only("(assert_trap (module (func $f unreachable) (start $f)) \"unreachable\")");
  CHECK(c.has_module);
  CHECK(only("(assert_unlinkable (module) \"x\")").kind == script_command_kind::assert_unlinkable);
  CHECK(only("(assert_exception (invoke \"f\"))").kind == script_command_kind::assert_exception);
  CHECK(only("(thread $t (module))").kind == script_command_kind::unsupported);
}

TEST_CASE("a script that is one bare module", "[text][script]") {
  const auto c = only("(func (export \"f\")) (memory 1)");
  CHECK(c.kind == script_command_kind::module);
  CHECK(c.module.to_binary().has_value());
}

TEST_CASE("what is no script is refused", "[text][script]") {
  CHECK_FALSE(text::parse_script("(assert_return)").has_value());
  CHECK_FALSE(text::parse_script("(assert_invalid (invoke \"f\") \"x\")").has_value());
  CHECK_FALSE(text::parse_script("(invoke \"f\" (f32.const nan:canonical))").has_value());
  CHECK_FALSE(text::parse_script("(frobnicate)").has_value());
}
