#include <sstream>

#include "tests/support/wat.hpp"

// A v128 takes two slots wherever a number takes one.

using namespace wasm64;

namespace {

value vec(std::uint64_t low, std::uint64_t high) { return {types::v128, low, high}; }
const value a = vec(0x1111'2222'3333'4444, 0x5555'6666'7777'8888);
const value b = vec(0x9999'aaaa'bbbb'cccc, 0xdddd'eeee'ffff'0000);

}  // namespace

TEST_CASE("vectors: arguments and results, between other types") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (type $t (func (param i32 v128 f64 v128 externref i64) (result i64 v128 externref f64 v128 i32)))
    (table funcref (elem $swap))
    (func $swap (export "swap") (type $t)
      (local.get 5) (local.get 3) (local.get 4) (local.get 2) (local.get 1) (local.get 0))
    (func $call (export "call") (type $t)
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (call $swap))
    (func (export "indirect") (type $t)
      (call_indirect (type $t) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
        (i32.const 0)))
    (func (export "tail") (type $t)
      (return_call $call (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))))");
  for (const char* name : {"swap", "call", "indirect", "tail"}) {
    INFO(name);
    const auto results =
        e.call_with(in, name, {value::i32(7), a, value::f64(1.5), b, value::externref(3), value::i64(-1)});
    REQUIRE(results.size() == 6);
    CHECK(results[0] == value::i64(-1));
    CHECK(results[1] == b);
    CHECK(results[2] == value::externref(3));
    CHECK(results[3] == value::f64(1.5));
    CHECK(results[4] == a);
    CHECK(results[5] == value::i32(7));
  }
}

TEST_CASE("vectors: host functions take and give them") {
  test::engine<> e;
  e.imports.define("h", "not",
                   untyped_host_func({{types::i32, types::v128}, {types::v128, types::i32}},
                                     [](caller&, std::span<const value> arguments, std::span<value> results) {
                                       results[0] = vec(~arguments[1].bits, ~arguments[1].high);
                                       results[1] = arguments[0];
                                       return result<void>(success());
                                     }));
  instance& in = e.add(R"((module (import "h" "not" (func $not (param i32 v128) (result v128 i32)))
    (export "direct" (func $not))
    (func (export "f") (param v128) (result v128 i32) (call $not (i32.const 9) (local.get 0)))))");
  CHECK(e.call_with(in, "f", {a})[0] == vec(~a.bits, ~a.high));
  CHECK(e.call_with(in, "f", {a})[1] == value::i32(9));
  CHECK(e.call_with(in, "direct", {value::i32(4), b})[0] == vec(~b.bits, ~b.high));
}

TEST_CASE("vectors: locals begin as zero and keep their value beside others") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (func (export "zero") (result v128 v128) (local i32 v128 externref v128) (local.get 1) (local.get 3))
    (func (export "old") (param v128 v128) (result v128 v128 v128) (local $x v128)
      (local.set $x (local.get 0))
      (local.get $x) (local.tee $x (local.get 1)) (local.get $x)
      (local.set $x (v128.const i64x2 5 6)))
    (func (export "swap") (param v128 v128) (result v128 v128) (local $x v128)
      (local.get 0) (local.get 1) (local.set 0) (local.set 1) (local.get 0) (local.get 1))))");
  CHECK(e.call_with(in, "zero", {}) == vector<value>{vec(0, 0), vec(0, 0)});
  CHECK(e.call_with(in, "old", {a, b}) == vector<value>{a, b, b});
  CHECK(e.call_with(in, "swap", {a, b}) == vector<value>{b, a});
}

TEST_CASE("vectors: blocks, branches and tables of branches carry them") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (func (export "if") (param i32 v128 v128) (result v128 i32)
      (if (result v128 i32) (local.get 0) (then (local.get 1) (i32.const 1)) (else (local.get 2) (i32.const 2))))
    (func (export "br_if") (param i32 v128 v128) (result v128)
      (block $out (result v128)
        (br_if $out (i32.const 8) (local.get 1) (local.get 0)) (drop) (drop) (local.get 2)))
    (func (export "loop") (param $n i32) (param v128) (result v128)
      (local.get 1)
      (loop $l (param v128) (result v128)
        (i64x2.add (v128.const i64x2 1 2))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "br_table") (param i32 v128 v128) (result v128 i32)
      (block $a (result v128)
        (block $b (result v128)
          (i64.const 1)
          (block $c (result v128)
            (i32.const 3) (local.get 1) (br_table $a $b $c (local.get 0)))
          (v128.not) (br 2 (i32.const 30)))
        (br 1 (i32.const 20)))
      (i32.const 10))))");
  CHECK(e.call_with(in, "if", {value::i32(1), a, b}) == vector<value>{a, value::i32(1)});
  CHECK(e.call_with(in, "if", {value::i32(0), a, b}) == vector<value>{b, value::i32(2)});
  CHECK(e.call_with(in, "br_if", {value::i32(1), a, b})[0] == a);
  CHECK(e.call_with(in, "br_if", {value::i32(0), a, b})[0] == b);
  CHECK(e.call_with(in, "loop", {value::i32(10), vec(1, 1)})[0] == vec(11, 21));
  CHECK(e.call_with(in, "br_table", {value::i32(0), a, b}) == vector<value>{a, value::i32(10)});
  CHECK(e.call_with(in, "br_table", {value::i32(1), a, b}) == vector<value>{a, value::i32(20)});
  CHECK(e.call_with(in, "br_table", {value::i32(2), a, b}) == vector<value>{vec(~a.bits, ~a.high), value::i32(30)});
}

TEST_CASE("vectors: select takes either whole") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (func (export "plain") (param i32 v128 v128) (result v128) (select (local.get 1) (local.get 2) (local.get 0)))
    (func (export "typed") (param i32 v128 v128) (result v128)
      (select (result v128) (v128.not (local.get 1)) (local.get 2) (i32.eqz (local.get 0))))))");
  CHECK(e.call_with(in, "plain", {value::i32(1), a, b})[0] == a);
  CHECK(e.call_with(in, "plain", {value::i32(0), a, b})[0] == b);
  CHECK(e.call_with(in, "typed", {value::i32(0), a, b})[0] == vec(~a.bits, ~a.high));
  CHECK(e.call_with(in, "typed", {value::i32(1), a, b})[0] == b);
}

TEST_CASE("vectors: globals, their initial values and those imported") {
  test::engine<> e;
  e.add_as("m", R"((module (global (export "c") v128 (v128.const i64x2 3 4))))");
  instance& in = e.add(R"((module (global $c (import "m" "c") v128)
    (global $first (mut i32) (i32.const 1)) (global $g (mut v128) (global.get $c)) (global $after (mut i32) (i32.const 2))
    (func (export "get") (result i32 v128 i32) (global.get $first) (global.get $g) (global.get $after))
    (func (export "set") (param v128) (global.set $g (local.get 0)))
    (func (export "c") (result v128) (global.get $c))))");
  CHECK(e.call_with(in, "get", {}) == vector<value>{value::i32(1), vec(3, 4), value::i32(2)});
  e.call_with(in, "set", {a});
  CHECK(e.call_with(in, "get", {}) == vector<value>{value::i32(1), a, value::i32(2)});
  CHECK(e.call_with(in, "c", {})[0] == vec(3, 4));
}

TEST_CASE("vectors: exceptions carry them") {
  test::engine<> e;
  instance& in = e.add(R"((module (tag $e (param i32 v128 externref v128))
    (func $throw (param v128 v128) (throw $e (i32.const 1) (local.get 0) (ref.null extern) (local.get 1)))
    (func (export "try_table") (param v128 v128) (result i32 v128 externref v128)
      (block $h (result i32 v128 externref v128)
        (try_table (catch $e $h) (call $throw (local.get 0) (local.get 1))) (unreachable)))
    (func (export "legacy") (param v128 v128) (result i32 v128 externref v128)
      (try (result i32 v128 externref v128)
        (do (call $throw (local.get 0) (local.get 1)) (unreachable))
        (catch $e)))))");
  for (const char* name : {"try_table", "legacy"}) {
    INFO(name);
    CHECK(e.call_with(in, name, {a, b}) == vector<value>{value::i32(1), a, value::null(types::externref), b});
  }
}

TEST_CASE("vectors: accesses in every memory, at every offset, to the last byte") {
  // Memory 0 by the short path, memory 1 and large offsets by the long one.
  for (const char* where : {"", "$far "}) {
    INFO(where);
    std::ostringstream text;
    text << "(module (memory $near 1) (memory $far 1)\n";
    for (const char* op : {"load", "load8x8_s", "load16x4_u", "load32x2_s", "load8_splat", "load16_splat",
                           "load32_splat", "load64_splat", "load32_zero", "load64_zero"}) {
      text << "(func (export \"" << op << "\") (param i32) (result v128) (v128." << op << " " << where
           << "offset=8 (local.get 0)))\n";
    }
    text << "(func (export \"store\") (param i32 v128) (v128.store " << where
         << "offset=8 (local.get 0) (local.get 1)))"
         << "(func (export \"sum\") (param i32 i32) (result v128) (v128.load " << where
         << "offset=8 (i32.add (local.get 0) (local.get 1))))"
         << "(func (export \"get16\") (param i32 v128) (result v128) (v128.load16_lane " << where
         << "offset=8 3 (local.get 0) (local.get 1)))"
         << "(func (export \"put64\") (param i32 v128) (v128.store64_lane " << where
         << "offset=8 1 (local.get 0) (local.get 1)))"
         << "(func (export \"far\") (param i32) (result v128) (v128.load " << where
         << "offset=0xffffffff (local.get 0))))";
    test::engine<> e;
    instance& in = e.add(text.str());
    constexpr std::int32_t last = 65536 - 16 - 8;
    vector<value> none;
    e.call_with(in, "store", {value::i32(last), vec(0x8070'6050'4030'2010, 0xf0e0'd0c0'b0a0'9080)});
    CHECK(e.failure_with(in, "store", {value::i32(last + 1), a}, none) == errc::trap_memory_out_of_bounds);
    CHECK(e.failure_with(in, "load", {value::i32(last + 1)}, none) == errc::trap_memory_out_of_bounds);
    CHECK(e.failure_with(in, "load", {value::i32(-1)}, none) == errc::trap_memory_out_of_bounds);
    CHECK(e.failure_with(in, "far", {value::i32(0)}, none) == errc::trap_memory_out_of_bounds);
    CHECK(e.call_with(in, "load", {value::i32(last)})[0] == vec(0x8070'6050'4030'2010, 0xf0e0'd0c0'b0a0'9080));
    CHECK(e.call_with(in, "sum", {value::i32(last - 5), value::i32(5)})[0].bits == 0x8070'6050'4030'2010);
    CHECK(e.failure_with(in, "sum", {value::i32(last), value::i32(1)}, none) == errc::trap_memory_out_of_bounds);
    const value low = value::i32(last);
    CHECK(e.call_with(in, "load8x8_s", {low})[0] == vec(0x0040'0030'0020'0010, 0xff80'0070'0060'0050));
    CHECK(e.call_with(in, "load16x4_u", {low})[0] == vec(0x0000'4030'0000'2010, 0x0000'8070'0000'6050));
    CHECK(e.call_with(in, "load32x2_s", {low})[0] == vec(0x4030'2010, 0xffff'ffff'8070'6050));
    CHECK(e.call_with(in, "load8_splat", {low})[0] == vec(0x1010'1010'1010'1010, 0x1010'1010'1010'1010));
    CHECK(e.call_with(in, "load16_splat", {low})[0] == vec(0x2010'2010'2010'2010, 0x2010'2010'2010'2010));
    CHECK(e.call_with(in, "load32_splat", {low})[0] == vec(0x4030'2010'4030'2010, 0x4030'2010'4030'2010));
    CHECK(e.call_with(in, "load64_splat", {low})[0] == vec(0x8070'6050'4030'2010, 0x8070'6050'4030'2010));
    CHECK(e.call_with(in, "load32_zero", {low})[0] == vec(0x4030'2010, 0));
    CHECK(e.call_with(in, "load64_zero", {low})[0] == vec(0x8070'6050'4030'2010, 0));
    CHECK(e.call_with(in, "get16", {low, a})[0] == vec(0x2010'2222'3333'4444, a.high));
    CHECK(e.failure_with(in, "get16", {value::i32(65536 - 8 - 1), a}, none) == errc::trap_memory_out_of_bounds);
    e.call_with(in, "put64", {value::i32(last + 8), b});
    CHECK(e.call_with(in, "load", {low})[0] == vec(0x8070'6050'4030'2010, b.high));
  }
}

TEST_CASE("vectors: words, halves of words and bytes are shuffled alike") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (func (export "words") (param v128 v128) (result v128)
      (i8x16.shuffle 4 5 6 7 28 29 30 31 0 1 2 3 16 17 18 19 (local.get 0) (local.get 1)))
    (func (export "bytes") (param v128 v128) (result v128)
      (i8x16.shuffle 1 0 16 31 15 2 3 4 5 6 7 8 9 10 11 12 (local.get 0) (local.get 1)))
    (func (export "same") (param v128) (result v128)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 (v128.not (local.get 0)) (v128.not (local.get 0))))
    (func (export "swizzle") (param v128 v128) (result v128) (i8x16.swizzle (local.get 0) (local.get 1)))))");
  CHECK(e.call_with(in, "words", {a, b})[0] == vec(0xdddd'eeee'1111'2222, 0xbbbb'cccc'3333'4444));
  CHECK(e.call_with(in, "bytes", {a, b})[0] == vec(0x2233'3355'ddcc'4444, 0x6677'7788'8811'1122));
  CHECK(e.call_with(in, "same", {a})[0] == vec(~a.high, ~a.bits));
  CHECK(e.call_with(in, "swizzle", {a, vec(0x0f0e'0d0c'100b'0a09, 0xff'80'20'11'03'02'01'00)})[0] ==
        vec(0x5555'6666'0077'7788, 0x0000'0000'3333'4444));
}

TEST_CASE("vectors: frames full of them run into the limit, not off the stack") {
  // Counting down through frames of 3 parameters and locals that are vectors, and many on the operand stack.
  std::string text = "(module (func $f (export \"f\") (param $n i32) (param v128) (result v128) (local v128 v128) ";
  text += "(if (i32.eqz (local.get 0)) (then (return (local.get 1)))) ";
  for (int i = 0; i < 200; ++i) text += "(i32x4.add (v128.const i32x4 1 2 3 4) ";
  text += "(call $f (i32.sub (local.get 0) (i32.const 1)) (local.get 1))" + std::string(200, ')') + "))";
  for (const std::uint32_t values : {1u << 20, 5000u, 1000u}) {
    limits l;
    l.stack_values = values;
    test::engine<> e(l);
    instance& in = e.add(text);
    vector<value> none;
    CHECK(e.failure_with(in, "f", {value::i32(100'000), a}, none) == errc::trap_call_stack_exhausted);
    CHECK(e.call_with(in, "f", {value::i32(1), vec(0, 0)})[0] == vec(0x190'0000'00c8, 0x320'0000'0258));
  }
}

TEST_CASE("vectors: a thousand parameters and results are as many slots again") {
  std::string params = "(param", results = "(result", gets;
  for (int i = 0; i < 1000; ++i) {
    params += " v128";
    results += " v128";
    gets += "(local.get " + std::to_string(i) + ")";
  }
  test::engine<> e;
  instance& in = e.add("(module (func $id (export \"id\") " + params + ") " + results + ") " + gets +
                       ") (func (export \"call\") " + params + ") " + results + ") " + gets + " (call $id)))");
  vector<value> arguments, outcome;
  for (std::uint64_t i = 0; i < 1000; ++i) arguments.push_back(vec(i, ~i));
  for (const char* name : {"id", "call"}) {
    REQUIRE(e.st.call(e.func(in, name), view_of(arguments), outcome).has_value());
    CHECK(outcome == arguments);
  }
}
