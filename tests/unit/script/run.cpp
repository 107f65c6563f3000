#include "wasm64/script/run.hpp"

#include "tests/support/catch.hpp"
#include "wasm64/wasm64.hpp"

using namespace wasm64;

namespace {

script_report run(std::string_view source) {
  store<> st;
  return run_script(source, st);
}

/// The number of commands of a script that fail, all others being fine.
std::size_t failing(std::string_view source) { return run(source).failures.size(); }

}  // namespace

TEST_CASE("assertions that hold are counted", "[script]") {
  const auto report = run(R"script(
    (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
            (global (export "g") i64 (i64.const 7)))
    (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
    (assert_return (get "g") (i64.const 7))
    (invoke "add" (i32.const 1) (i32.const 2)))script");
  CHECK(report.ok());
  CHECK(report.passed == 2);
}

TEST_CASE("assertions that do not hold are listed with their place", "[script]") {
  const auto report = run(R"script((module (func (export "f") (result i32) (i32.const 42)))
    (assert_return (invoke "f") (i32.const 43))
    (assert_return (invoke "f"))
    (assert_return (invoke "g")))script");
  CHECK(report.passed == 0);
  REQUIRE(report.failures.size() == 3);
  CHECK(report.failures[0].at == text::position{2, 5});
  CHECK(report.failures[0].message == "assert_return f: got i32 0x2a");
}

TEST_CASE("a script that cannot be read is one failure", "[script]") {
  const auto report = run("(module)\n(assert_nothing)");
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures[0].at.line == 2);
}

TEST_CASE("NaN patterns", "[script]") {
  const std::string module = R"((module (func (export "n") (result f32) (f32.const nan:0x600000))
                                        (func (export "c") (result f64) (f64.const -nan))))";
  CHECK(failing(module + R"((assert_return (invoke "n") (f32.const nan:arithmetic)))") == 0);
  CHECK(failing(module + R"((assert_return (invoke "n") (f32.const nan:canonical)))") == 1);
  CHECK(failing(module + R"((assert_return (invoke "n") (f32.const nan)))") == 1);
  CHECK(failing(module + R"((assert_return (invoke "c") (f64.const nan:canonical)))") == 0);
  CHECK(failing(module + R"((assert_return (invoke "c") (f64.const nan)))") == 1);
}

TEST_CASE("references and alternatives", "[script]") {
  const std::string module = R"((module (func $f (export "f") (result funcref) (ref.func $f))
                                        (func (export "e") (param externref) (result externref) (local.get 0))))";
  CHECK(failing(module + R"((assert_return (invoke "f") (ref.func)))") == 0);
  CHECK(failing(module + R"((assert_return (invoke "f") (ref.null func)))") == 1);
  CHECK(failing(module + R"((assert_return (invoke "e" (ref.extern 0)) (ref.extern 0)))") == 0);
  CHECK(failing(module + R"((assert_return (invoke "e" (ref.extern 1)) (ref.extern 2)))") == 1);
  CHECK(failing(module + R"((assert_return (invoke "e" (ref.null extern)) (ref.null)))") == 0);
  CHECK(failing(module + R"((assert_return (invoke "e" (ref.null extern)) (ref.extern)))") == 1);
  CHECK(failing(module + R"((assert_return (invoke "f") (either (ref.null) (ref.func))))") == 0);
  CHECK(failing(module + R"((assert_return (invoke "f") (either (ref.null) (ref.extern))))") == 1);
}

TEST_CASE("how a call stops is told apart", "[script]") {
  const std::string module = R"((module (tag $t) (func (export "trap") unreachable) (func (export "return"))
      (func (export "throw") (throw $t)) (func $r (export "runaway") (call $r))))";
  CHECK(failing(module + R"((assert_trap (invoke "trap") "unreachable"))") == 0);
  CHECK(failing(module + R"((assert_trap (invoke "trap") "integer overflow"))") == 1);
  CHECK(failing(module + R"((assert_trap (invoke "return") "unreachable"))") == 1);
  CHECK(failing(module + R"((assert_trap (invoke "throw") "unhandled exception"))") == 1);
  CHECK(failing(module + R"((assert_exception (invoke "throw")))") == 0);
  CHECK(failing(module + R"((assert_exception (invoke "trap")))") == 1);
  CHECK(failing(module + R"((assert_exhaustion (invoke "runaway") "call stack exhausted"))") == 0);
  CHECK(failing(module + R"((assert_exhaustion (invoke "trap") "call stack exhausted"))") == 1);
  CHECK(failing(R"((assert_trap (module (func $f unreachable) (start $f)) "unreachable"))") == 0);
  CHECK(failing(R"((assert_trap (module (func $f) (start $f)) "unreachable"))") == 1);
}

TEST_CASE("rejections are told apart", "[script]") {
  CHECK(failing(R"((assert_malformed (module quote "(func") "unexpected end"))") == 0);
  CHECK(failing(R"script((assert_malformed (module quote "(func (result i32))") "type mismatch"))script") == 1);
  CHECK(failing(R"((assert_malformed (module binary "\00asm") "unexpected end"))") == 0);
  CHECK(failing(R"((assert_invalid (module (func (result i32))) "type mismatch"))") == 0);
  CHECK(failing(R"((assert_invalid (module (func)) "type mismatch"))") == 1);
  CHECK(failing(R"((assert_invalid (module quote "(func") "type mismatch"))") == 1);
  CHECK(failing(R"((assert_unlinkable (module (import "a" "b" (func))) "unknown import"))") == 0);
  CHECK(failing(R"((assert_unlinkable (module (import "spectest" "memory" (func))) "incompatible import type"))") == 0);
  CHECK(failing(R"((assert_unlinkable (module (import "spectest" "print" (func))) "unknown import"))") == 1);
}

TEST_CASE("what is not supported never passes", "[script]") {
  store<> st;
  script_options options;
  options.features.exceptions = false;
  const auto report = run_script(R"((assert_invalid (module (func throw_ref)) "type mismatch"))", st, options);
  CHECK(report.passed == 0);
  CHECK(report.failures.size() == 1);
}

TEST_CASE("modules see what is registered, and share it", "[script]") {
  CHECK(failing(R"script(
    (module $counter (global $g (mut i32) (i32.const 0)) (export "g" (global $g))
                     (func (export "up") (global.set $g (i32.add (global.get $g) (i32.const 1)))))
    (register "counter" $counter)
    (module $user (import "counter" "up" (func $up)) (func (export "twice") (call $up) (call $up)))
    (invoke "twice")
    (invoke $counter "up")
    (assert_return (get $counter "g") (i32.const 3)))script") == 0);
  CHECK(failing(R"((register "nobody"))") == 1);
}

TEST_CASE("a definition can be instantiated several times", "[script]") {
  CHECK(failing(R"script(
    (module definition $d (global (export "g") (mut i32) (i32.const 0))
                          (func (export "set") (global.set 0 (i32.const 1))))
    (module instance $a $d)
    (module instance $b $d)
    (invoke $a "set")
    (assert_return (get $a "g") (i32.const 1))
    (assert_return (get $b "g") (i32.const 0)))script") == 0);
}

TEST_CASE("after a module that fails there is no instance to act on", "[script]") {
  CHECK(failing(R"script(
    (module (func (export "f")))
    (module (func (result i32)))
    (assert_return (invoke "f")))script") == 2);
}
