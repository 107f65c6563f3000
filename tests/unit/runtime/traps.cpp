#include "wasm64/runtime/trace.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

TEST_CASE("traps: the stack trace has names and the offsets of the instructions, innermost first") {
  test::engine<> e;
  const auto m = test::compile_wat(R"((module
    (func $div (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $div (i32.const 8) (local.get 0))))
    (func $run (export "run") (param i32) (result i32) (call $middle (local.get 0)))))");
  instance& in = e.add(m);
  CHECK(e.call<std::int32_t>(in, "run", 2) == 5);
  CHECK(e.failure(in, "run", 0) == errc::trap_integer_divide_by_zero);
  const trap& t = e.st.last_trap();
  CHECK(t.depth == 3);
  REQUIRE(t.frames.size() == 3);
  const char* const names[] = {"div", "middle", "run"};
  const std::uint8_t opcodes[] = {0x6d, 0x10, 0x10};  // i32.div_s, call, call
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(t.frames[i].name == names[i]);
    CHECK(t.frames[i].function == i);
    REQUIRE(t.frames[i].offset < m->bytes.size());
    CHECK(m->bytes[t.frames[i].offset] == opcodes[i]);
  }
  const std::string text = to_string(t);
  CHECK(text.find("integer divide by zero\n  #0 div @ 0x") == 0);
  CHECK(text.find("\n  #2 run @ 0x") != std::string::npos);
}

TEST_CASE("traps: offsets are those of the instruction, not of what it was fused with") {
  test::engine<> e;
  const auto m = test::compile_wat(R"((module (memory 1) (table 1 funcref)
    (func (export "load") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 65534))))
    (func (export "store") (param i32) (local i32)
      (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
      (i32.store offset=4 (i32.sub (i32.const 0) (local.get 1)) (i32.const 7)))
    (func (export "indirect") (param i32) (call_indirect (local.get 0)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (f64.add (local.get 0) (f64.const 1))))
    (func (export "branch") (param i32)
      (if (i32.lt_s (local.get 0) (i32.const 5)) (then (unreachable)))
      (block (br_if 0 (i32.eqz (i32.gt_s (local.get 0) (i32.const 9)))) (drop (i32.rem_u (local.get 0) (i32.const 0))))))
    )");
  instance& in = e.add(m);
  const auto opcode = [&] { return int{m->bytes[e.st.last_trap().frames.at(0).offset]}; };
  CHECK(e.failure(in, "load", 0) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x28);
  CHECK(e.failure(in, "store", 1) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x36);
  CHECK(e.failure(in, "indirect", 0) == errc::trap_uninitialized_element);
  CHECK(opcode() == 0x11);
  CHECK(e.failure(in, "indirect", 1) == errc::trap_undefined_element);
  CHECK(e.failure(in, "trunc", 1e300) == errc::trap_integer_overflow);
  CHECK(opcode() == 0xaa);
  CHECK(e.failure(in, "branch", 1) == errc::trap_unreachable);
  CHECK(opcode() == 0x00);
  CHECK(e.failure(in, "branch", 10) == errc::trap_integer_divide_by_zero);
  CHECK(opcode() == 0x70);
  CHECK_NOTHROW(e.call(in, "branch", 7));
}

TEST_CASE("traps: a deep trace keeps the innermost frames and counts the others") {
  test::engine<> e;
  instance& in = e.add(R"((module (func $f (export "f") (param i32)
    (if (i32.eqz (local.get 0)) (then (unreachable))) (call $f (i32.sub (local.get 0) (i32.const 1))))))");
  CHECK(e.failure(in, "f", 999) == errc::trap_unreachable);
  CHECK(e.st.last_trap().depth == 1000);
  CHECK(e.st.last_trap().frames.size() == trap::max_frames);
  CHECK(to_string(e.st.last_trap()).find("936 more") != std::string::npos);
}

TEST_CASE("traps: an instance can be used after one, with what was done before it") {
  test::engine<> e;
  instance& in = e.add(R"((module (memory 1) (global $g (export "g") (mut i32) (i32.const 0))
    (func $deep (export "run") (param i32) (result i32)
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (i32.store (i32.const 0) (global.get $g))
      (if (i32.eqz (local.get 0)) (then (unreachable)))
      (if (i32.gt_s (local.get 0) (i32.const 0)) (then (return (call $deep (i32.sub (local.get 0) (i32.const 1))))))
      (i32.load (i32.const 0)))))");
  for (int i = 0; i < 1000; ++i) CHECK(e.failure(in, "run", 99) == errc::trap_unreachable);
  CHECK(e.call<std::int32_t>(in, "run", -1) == 100'001);
}

TEST_CASE("traps: in the start function they fail the instantiation, with a trace") {
  test::engine<> e;
  e.add_as("a", R"((module (memory (export "m") 1)
    (func (export "peek") (result i32) (i32.load (i32.const 0)))))");
  const auto made = e.st.instantiate(test::compile_wat(R"((module (import "a" "m" (memory 1))
    (func $begin (i32.store (i32.const 0) (i32.const 77)) (unreachable)) (start $begin)))"),
                                     e.imports);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == errc::trap_unreachable);
  CHECK(e.st.last_trap().frames.at(0).name == "begin");
  instance& b = e.add(R"((module (import "a" "peek" (func $p (result i32)))
    (func (export "run") (result i32) (call $p))))");
  CHECK(e.call<std::int32_t>(b, "run") == 77);
}

TEST_CASE("traps: calls with wrong arguments fail before anything runs") {
  test::engine<> e;
  instance& in = e.add(R"((module (func (export "f") (param i32 f64) (result i64) (i64.const 1))
    (func (export "r") (param funcref externref))))");
  func_instance& f = e.func(in, "f");
  vector<value> results;
  CHECK(e.failure_with(in, "f", {}, results) == errc::arity_mismatch);
  CHECK(e.failure_with(in, "f", {value::i32(1), value::f32(1)}, results) == errc::argument_type_mismatch);
  CHECK(e.failure_with(in, "r", {value::null(types::externref), value::null(types::funcref)}, results) ==
        errc::argument_type_mismatch);
  CHECK(e.st.call<std::int64_t>(f, 1).error().code == errc::arity_mismatch);
  CHECK(e.st.call<std::int64_t>(f, 1.0, 1.0).error().code == errc::argument_type_mismatch);
  CHECK(e.st.call<std::int32_t>(f, 1, 1.0).error().code == errc::argument_type_mismatch);
  CHECK(e.st.call<>(f, 1, 1.0).error().code == errc::arity_mismatch);
  CHECK(e.st.call<std::int64_t>(f, 1, 1.0).value() == 1);
}
