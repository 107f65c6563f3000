#include "tests/support/wat.hpp"

using namespace wasm64;

// Cells that do what several instructions say. Each function is called with values that tell the parts apart.

#define TEST_BOTH(name) TEMPLATE_TEST_CASE("combined: " name, "[lower]", engine_config, metered_engine_config)

TEST_BOTH("the step of a loop and its branch") {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module
    (func (export "up") (param i32 i32) (result i32) (local i32)
      (loop $l
        (local.set 2 (i32.add (local.get 2) (i32.const 3)))
        (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 1))))
      (local.get 2))
    (func (export "strides") (param i64 i64) (result i64) (local i64)
      (loop $l
        (local.set 2 (i64.add (local.get 2) (i64.const 1)))
        (br_if $l (i64.lt_s (local.tee 0 (i64.add (local.get 1) (local.get 0))) (i64.const 100))))
      (local.get 2))
    (func (export "wrap") (param i32) (result i64)
      (loop $l
        (local.set 0 (i32.add (local.get 0) (i32.const -1)))
        (br_if $l (i64.lt_s (i64.extend_i32_u (local.get 0)) (i64.const 10))))
      (i64.extend_i32_u (local.get 0)))
    (func (export "down") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (br_if $l (local.tee 0 (i32.add (local.get 0) (i32.const -1)))))
      (local.get 1))
    (func (export "jump") (param i32) (result i32)
      (block $out
        (loop $l
          (br_if $out (i32.gt_s (local.get 0) (i32.const 20)))
          (local.set 0 (i32.add (local.get 0) (i32.const 7)))
          (br $l)))
      (local.get 0))))");
  CHECK(e.template call<std::int32_t>(in, "up", 0, 5) == 15);
  CHECK(e.template call<std::int32_t>(in, "up", 7, 5) == 3);
  CHECK(e.template call<std::int64_t>(in, "strides", std::int64_t{0}, std::int64_t{30}) == 4);
  CHECK(e.template call<std::int64_t>(in, "wrap", 5) == 0xffffffff);
  CHECK(e.template call<std::int32_t>(in, "down", 4) == 10);
  CHECK(e.template call<std::int32_t>(in, "jump", 1) == 22);
}

TEST_BOTH("a local and a constant are added when the local still has its value") {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module (memory i64 1)
    (func $second (param i64 i64) (result i64) (local.get 1))
    (func (export "before") (param i64) (result i64)
      (i64.add (local.get 0) (i64.const 5))
      (local.set 0 (i64.const 100))
      (i64.add (local.get 0)))
    (func (export "over") (param i64 i32) (result i64)
      (i64.add (local.get 0) (i64.const 5))
      (if (local.get 1) (then (local.set 0 (i64.const 100))))
      (i64.add (local.get 0)))
    (func (export "twice") (param i32) (result i32)
      (i32.add (i32.add (local.get 0) (i32.const 0x7fffffff)) (i32.const 0x7fffffff)))
    (func (export "both") (param i64) (result i64) (local i64 i64)
      (local.set 2 (local.tee 1 (i64.add (local.get 0) (i64.const 3))))
      (i64.add (i64.mul (local.get 0) (i64.const 100)) (i64.add (i64.mul (local.get 1) (i64.const 10)) (local.get 2))))
    (func (export "argument") (param i64) (result i64)
      (call $second (i64.add (local.get 0) (i64.const 1)) (i64.add (local.get 0) (i64.const 2))))
    (func (export "stored") (param i64) (result i64)
      (i64.store (i64.add (local.get 0) (i64.const 16)) (i64.mul (local.get 0) (i64.const 3)))
      (i64.store (i64.add (local.get 0) (i64.const 24)) (i64.const 9))
      (f64.store (i64.add (local.get 0) (i64.const 32)) (f64.add (f64.convert_i64_s (local.get 0)) (f64.const 0.5)))
      (f64.store (i64.add (local.get 0) (i64.const 40)) (f64.const 0))
      (i64.store8 (i64.add (local.get 0) (i64.const 16)) (i64.const 77))
      (i64.add (i64.load (i64.add (local.get 0) (i64.const 16)))
        (i64.add (i64.load offset=8 (i64.add (local.get 0) (i64.const 16)))
          (i64.trunc_f64_s (f64.load (i64.add (local.get 0) (i64.const 32)))))))))");
  CHECK(e.template call<std::int64_t>(in, "before", std::int64_t{1}) == 106);
  CHECK(e.template call<std::int64_t>(in, "over", std::int64_t{1}, 0) == 7);
  CHECK(e.template call<std::int64_t>(in, "over", std::int64_t{1}, 1) == 106);
  CHECK(e.template call<std::int32_t>(in, "twice", 5) == 3);
  CHECK(e.template call<std::int64_t>(in, "both", std::int64_t{2}) == 255);
  CHECK(e.template call<std::int64_t>(in, "argument", std::int64_t{40}) == 42);
  CHECK(e.template call<std::int64_t>(in, "stored", std::int64_t{1000}) == (3000 & ~0xff) + 77 + 9 + 1000);
}

TEST_BOTH("addresses wrap before their offset is added, and accesses trap where they are") {
  test::engine<TestType> e;
  const auto m = test::compile_wat(R"((module (memory 1)
    (data (i32.const 0) "\01\00\00\00\02\00\00\00\03\00\00\00")
    (func (export "wraps") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 8))))
    (func (export "next") (param i32) (result i32)
      (i32.load offset=4 (local.tee 0 (i32.add (local.get 0) (i32.const 4))))
      (i32.mul (local.get 0) (i32.const 10))
      (i32.add))
    (func (export "is_two") (param i32) (result i32)
      (if (i32.eq (i32.load offset=4 (local.get 0)) (i32.const 2)) (then (return (i32.const 1))))
      (i32.const 0))
    (func (export "is_zero") (param i32) (result i32)
      (block (br_if 0 (i32.load8_u (local.get 0))) (return (i32.const 1)))
      (i32.const 0))))");
  const instance& in = e.add(m);
  const auto opcode = [&] { return int{m->bytes[e.st.last_trap().frames.at(0).offset]}; };
  CHECK(e.template call<std::int32_t>(in, "wraps", -4) == 2);
  CHECK(e.failure(in, "wraps", -12) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x28);
  CHECK(e.template call<std::int32_t>(in, "next", -4) == 2);
  CHECK(e.template call<std::int32_t>(in, "next", 0) == 43);
  CHECK(e.failure(in, "next", 65528) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x28);
  CHECK(e.template call<std::int32_t>(in, "is_two", 0) == 1);
  CHECK(e.template call<std::int32_t>(in, "is_two", 4) == 0);
  CHECK(e.failure(in, "is_two", 65530) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x28);
  CHECK(e.template call<std::int32_t>(in, "is_zero", 0) == 0);
  CHECK(e.template call<std::int32_t>(in, "is_zero", 1) == 1);
  CHECK(e.failure(in, "is_zero", 65536) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x2d);
}

TEST_BOTH("bits, shifts, wraps and globals") {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module
    (global $sp (mut i32) (i32.const 16)) (global $big (mut i64) (i64.const 16))
    (func (export "bits") (param i64 i32) (result i32)
      (if (i64.eqz (i64.and (local.get 0) (i64.const 0xf0))) (then (return (i32.const 1))))
      (if (i32.and (local.get 1) (i32.const 6)) (then (return (i32.const 2))))
      (i32.eqz (i32.and (local.get 1) (i32.const 1))))
    (func (export "scaled") (param i32 i64) (result i64)
      (i64.add (local.get 1) (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 67))))
    (func (export "rotated") (param i32 i32) (result i32)
      (i32.xor (i32.rotl (local.get 0) (i32.const 36)) (local.get 1)))
    (func (export "low") (param i64) (result i32)
      (block $b (block $a (br_table $a $b (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 0)))))
        (return (i32.add (i32.wrap_i64 (local.get 0)) (i32.const 5))))
      (i32.sub (i32.const 0) (i32.wrap_i64 (local.get 0))))
    (func (export "truth") (param i64) (result i32)
      (if (result i32) (i32.wrap_i64 (local.get 0)) (then (i32.const 1)) (else (i32.const 0))))
    (func (export "frame") (result i32) (local i32)
      (global.set $sp (local.tee 0 (i32.sub (global.get $sp) (i32.const 32))))
      (global.set $big (i64.add (global.get $big) (i64.const -17)))
      (global.set $sp (i32.add (local.get 0) (i32.const 48)))
      (i32.add (i32.mul (global.get $sp) (i32.const 100))
        (i32.add (i32.mul (i64.eq (global.get $big) (i64.const -1)) (i32.const 10)) (i32.lt_s (local.get 0) (i32.const 0)))))))");
  CHECK(e.template call<std::int32_t>(in, "bits", std::int64_t{0x10f}, 7) == 1);
  CHECK(e.template call<std::int32_t>(in, "bits", std::int64_t{0x110}, 2) == 2);
  CHECK(e.template call<std::int32_t>(in, "bits", std::int64_t{0x110}, 8) == 1);
  CHECK(e.template call<std::int32_t>(in, "bits", std::int64_t{0x110}, 9) == 0);
  CHECK(e.template call<std::int64_t>(in, "scaled", -1, std::int64_t{1}) == (0xffffffffll << 3) + 1);
  CHECK(e.template call<std::int32_t>(in, "rotated", 0x10000001, 0x100) == 0x111);
  CHECK(e.template call<std::int32_t>(in, "low", std::int64_t{7} << 32) == 5);
  CHECK(e.template call<std::int32_t>(in, "low", (std::int64_t{7} << 32) + 3) == -3);
  CHECK(e.template call<std::int32_t>(in, "truth", std::int64_t{7} << 32) == 0);
  CHECK(e.template call<std::int32_t>(in, "truth", std::int64_t{7}) == 1);
  CHECK(e.template call<std::int32_t>(in, "frame") == 3211);
}

TEST_BOTH("products are rounded before they are added") {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module
    (func (export "sum") (param f64 f64 f64) (result f64) (f64.add (local.get 2) (f64.mul (local.get 0) (local.get 1))))
    (func (export "difference") (param f64 f64 f64) (result f64)
      (f64.sub (local.get 2) (f64.mul (local.get 0) (local.get 1))))
    (func (export "chain") (param f64 f64) (result f64)
      (f64.add (f64.add (f64.mul (local.get 0) (local.get 0)) (f64.mul (local.get 1) (local.get 1)))
               (f64.mul (f64.add (local.get 0) (local.get 1)) (f64.sub (local.get 0) (local.get 1)))))))");
  const double a = 1 + 0x1p-30;
  CHECK(e.template call<double>(in, "sum", a, a, -1.0) == 0x1p-29);  // fused it would have a last bit of 2^-60
  CHECK(e.template call<double>(in, "difference", a, a, 1.0) == -0x1p-29);
  CHECK(e.template call<double>(in, "chain", 3.0, 2.0) == 18);
}

TEST_BOTH("vectors are read from their register when it holds them") {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module (memory 1)
    (type $box (struct (field v128)))
    (global $g (mut v128) (v128.const i32x4 1 2 3 4))
    (data (i32.const 16) "\05\00\00\00\06\00\00\00\07\00\00\00\08\00\00\00")
    (func $sum (param v128) (result i32)
      (i32.add (i32.add (i32x4.extract_lane 0 (local.get 0)) (i32x4.extract_lane 1 (local.get 0)))
               (i32.add (i32x4.extract_lane 2 (local.get 0)) (i32x4.extract_lane 3 (local.get 0)))))
    (func (export "memory") (result i32)
      (call $sum (i32x4.sub (v128.load (i32.const 16)) (i32x4.add (global.get $g) (v128.load (i32.const 16))))))
    (func (export "object") (result i32)
      (call $sum (i32x4.add (v128.const i32x4 10 20 30 40)
        (struct.get $box 0 (struct.new $box (i32x4.mul (global.get $g) (v128.const i32x4 2 2 2 2)))))))
    (func (export "select") (param i32) (result i32)
      (call $sum (i32x4.sub (select (result v128) (global.get $g) (v128.const i32x4 9 9 9 9) (local.get 0))
        (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (global.get $g) (global.get $g)))))
    (func (export "moved") (result i32) (local v128 v128)
      (local.set 0 (i32x4.add (global.get $g) (global.get $g)))
      (local.set 1 (local.get 0))
      (local.set 0 (v128.const i32x4 1 1 1 1))
      (call $sum (i32x4.shr_u (i32x4.add (local.get 1) (local.get 0)) (i32.const 1))))
    (func (export "stored") (result i32)
      (v128.store (i32.const 64) (v128.xor (global.get $g) (v128.const i32x4 -1 -1 -1 -1)))
      (call $sum (v128.load (i32.const 64))))))");
  CHECK(e.template call<std::int32_t>(in, "memory") == -10);
  CHECK(e.template call<std::int32_t>(in, "object") == 120);
  CHECK(e.template call<std::int32_t>(in, "select", 1) == 0);
  CHECK(e.template call<std::int32_t>(in, "select", 0) == 26);
  CHECK(e.template call<std::int32_t>(in, "moved") == 1 + 2 + 3 + 4);
  CHECK(e.template call<std::int32_t>(in, "stored") == -14);
}

TEST_BOTH("constants are selected, indices extended, factors loaded") {
  test::engine<TestType> e;
  const auto m = test::compile_wat(R"((module (memory i64 1)
    (func (export "or_constant") (param i32 i64) (result i64)
      (select (local.get 1) (i64.const 7) (i32.gt_s (local.get 0) (i32.const 3))))
    (func (export "constant_or") (param i32 i32) (result i32)
      (select (i32.const 0) (i32.add (local.get 1) (i32.const 1)) (local.get 0)))
    (func (export "negative") (param i32 i32) (result i32) (select (local.get 1) (i32.const -1) (local.get 0)))
    (func (export "constants") (param i32) (result i32) (select (i32.const 1) (i32.const -2) (local.get 0)))
    (func (export "index") (param i32 i64) (result i64)
      (i64.add (local.get 1) (i64.shl (i64.extend_i32_s (local.get 0)) (i64.const 3))))
    (func (export "extended") (param i32 i64) (result i64)
      (i64.add (i64.extend_i32_s (i32.mul (local.get 0) (i32.const 2))) (local.get 1)))
    (func (export "dot") (param i64) (result f64) (local f64)
      (f64.store (i64.const 16) (f64.const 3))
      (f64.store (i64.const 24) (f64.const 5))
      (local.set 1 (f64.const 0.5))
      (f64.add (f64.add (local.get 1)
          (f64.mul (f64.load (i64.add (local.get 0) (i64.const 16))) (f64.load (i64.add (local.get 0) (i64.const 24)))))
        (f64.mul (f64.load (i64.add (local.get 0) (i64.const 24))) (f64.load (i64.add (local.get 0) (i64.const 24))))))))");
  const instance& in = e.add(m);
  CHECK(e.template call<std::int64_t>(in, "or_constant", 4, std::int64_t{-9}) == -9);
  CHECK(e.template call<std::int64_t>(in, "or_constant", 3, std::int64_t{-9}) == 7);
  CHECK(e.template call<std::int32_t>(in, "constant_or", 1, 41) == 0);
  CHECK(e.template call<std::int32_t>(in, "constant_or", 0, 41) == 42);
  CHECK(e.template call<std::int32_t>(in, "negative", 0, 41) == -1);
  CHECK(e.template call<std::int32_t>(in, "constants", 5) == 1);
  CHECK(e.template call<std::int32_t>(in, "constants", 0) == -2);
  CHECK(e.template call<std::int64_t>(in, "index", -2, std::int64_t{100}) == 84);
  CHECK(e.template call<std::int64_t>(in, "extended", -3, std::int64_t{10}) == 4);
  CHECK(e.template call<double>(in, "dot", std::int64_t{0}) == 40.5);
  CHECK(e.failure(in, "dot", std::int64_t{65536 - 24}) == errc::trap_memory_out_of_bounds);
  const std::uint32_t at = e.st.last_trap().frames.at(0).offset;
  CHECK(int{m->bytes[at]} == 0x2b);
  CHECK(int{m->bytes[at + 3]} == 0xa2);  // the second load, in front of the product
}

TEST_BOTH("an addition that two locals get is not taken for that of one") {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module (memory 1)
    (func (export "jump") (param i32) (result i32) (local i32 i32)
      (block $l (local.set 2 (local.tee 1 (i32.add (local.get 0) (i32.const 1)))) (br $l))
      (local.get 2))
    (func (export "step") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (local.tee 0 (i32.add (local.get 0) (i32.const 1))))
        (br_if $l (i32.lt_u (local.get 0) (i32.const 10))))
      (local.get 1))
    (func (export "load") (param i32) (result i32) (local i32 i32)
      (local.set 2 (local.tee 1 (i32.add (local.get 0) (i32.const 1))))
      (i32.add (i32.load (local.get 1)) (local.get 2)))
    (func (export "third") (param i64) (result i64) (local i64 i64 i64)
      (local.set 2 (local.tee 1 (i64.add (local.get 0) (i64.const 1))))
      (local.set 3 (local.get 1))
      (i64.add (i64.mul (local.get 2) (i64.const 10)) (local.get 3)))))");
  CHECK(e.template call<std::int32_t>(in, "jump", 6) == 7);
  CHECK(e.template call<std::int32_t>(in, "step", 6) == 10);
  CHECK(e.template call<std::int32_t>(in, "load", 6) == 7);
  CHECK(e.template call<std::int64_t>(in, "third", std::int64_t{6}) == 77);
}
