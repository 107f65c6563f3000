#include "wasm64/runtime/limits.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

/// Functions that count down with frames of very different sizes; each is entered from `run` with depth − 1 frames
/// left.
constexpr std::string_view frames_of_all_sizes = R"((module (type $t (func (param i32) (result i32)))
  (table funcref (elem $small $large $mixed))
  (func $small (export "small") (type $t)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (i32.add (i32.const 1) (call $small (i32.sub (local.get 0) (i32.const 1)))))
  (func $large (export "large") (type $t)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (i32.add (i32.const 1) (call $large (i32.sub (local.get 0) (i32.const 1)))))
  (func $mixed (export "mixed") (type $t) (local externref f64 funcref)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (i32.add (i32.const 1)
      (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.rem_u (local.get 0) (i32.const 3))))))
  )";

}  // namespace

TEST_CASE("limits: the call depth is exact whatever the frames hold") {
  CHECK(limits().call_depth == 16'384);
  for (const std::uint32_t depth : {1u, 2u, 100u, 16'384u}) {
    limits l;
    l.call_depth = depth;
    test::engine<> e(l);
    instance& in = e.add(frames_of_all_sizes);
    const auto most = static_cast<std::int32_t>(depth);
    for (const char* name : {"small", "large", "mixed"}) {
      INFO(name << " " << depth);
      CHECK(e.call<std::int32_t>(in, name, most - 1) == most);
      CHECK(e.failure(in, name, most) == errc::trap_call_stack_exhausted);
      CHECK(e.st.last_trap().depth == depth);
      CHECK(e.call<std::int32_t>(in, name, most - 1) == most);
    }
  }
}

TEST_CASE("limits: the stack is counted in parameters, locals and operands") {
  // An activation of $f costs 1 parameter + 3 locals + 3 operands at most.
  constexpr std::string_view text = R"((module
    (func $f (export "f") (param i64) (local i32 f32 externref)
      (if (i64.eqz (local.get 0)) (then (return)))
      (i64.const 1) (i64.const 2) (i64.sub (local.get 0) (i64.const 1)) (call $f) (drop) (drop))))";
  limits l;
  l.stack_values = 8 * 50;
  test::engine<> e(l);
  instance& in = e.add(text);
  e.call(in, "f", std::int64_t{49});
  CHECK(e.failure(in, "f", std::int64_t{50}) == errc::trap_call_stack_exhausted);
  l.stack_values = 8 * 50 - 1;
  test::engine<> less(l);
  instance& other = less.add(text);
  less.call(other, "f", std::int64_t{48});
  CHECK(less.failure(other, "f", std::int64_t{49}) == errc::trap_call_stack_exhausted);
}

TEST_CASE("limits: frames of the largest size run into the limit, not off the stack") {
  std::string text = "(module (func $f (export \"f\") (param $n i32) (result i32) (local ";
  for (int i = 0; i < 5000; ++i) text += i % 2 == 0 ? "i64 " : "externref ";
  text += ") (if (i32.eqz (local.get 0)) (then (return (i32.const 0)))) (i32.add (i32.const 1) ";
  for (int i = 0; i < 500; ++i) text += "(i32.add (i32.const 1) ";
  text += "(call $f (i32.sub (local.get 0) (i32.const 1)))";
  text += std::string(500, ')') + ")))";
  test::engine<> e;
  instance& in = e.add(text);
  CHECK(e.call<std::int32_t>(in, "f", 100) == 100 * 501);
  CHECK(e.failure(in, "f", 100'000) == errc::trap_call_stack_exhausted);
  CHECK(e.call<std::int32_t>(in, "f", 100) == 100 * 501);
}

TEST_CASE("limits: a thousand results go through every kind of call") {
  const auto many = [](const char* item) {
    std::string list;
    for (int i = 0; i < 500; ++i) list += item;
    return list;
  };
  const std::string type = "(result " + many("i64 externref ") + ")";
  std::string text = "(module (type $t (func " + type + ")) (table funcref (elem $make)) (func $make (type $t) ";
  for (int i = 0; i < 500; ++i) text += "(i64.const " + std::to_string(i) + ") (ref.null extern) ";
  text += ") (func $again (export \"run\") (type $t) (call $make) " + many("(drop) (drop) ") +
          "(call_indirect (type $t) (i32.const 0)))"
          "(func (export \"tail\") (type $t) (return_call $again))"
          "(func $deep (export \"deep\") (type $t) (call $deep)))";
  test::engine<> e;
  instance& in = e.add(text);
  for (const char* name : {"run", "tail"}) {
    const vector<value> results = e.call_with(in, name, {});
    REQUIRE(results.size() == 1000);
    for (std::size_t i = 0; i < 500; ++i) {
      if (results[2 * i].as_i64() != static_cast<std::int64_t>(i) || !results[2 * i + 1].is_null())
        FAIL("result " << i);
    }
  }
  CHECK(e.failure(in, "deep") == errc::trap_call_stack_exhausted);
}

TEST_CASE("limits: a memory grows to its declared or configured maximum") {
  limits l;
  l.memory_bytes = 10 * 65536;
  test::engine<> e(l);
  instance& in = e.add(R"((module (memory $a 1) (memory $b 1 3) (memory $c i64 0)
    (func (export "a") (param i32) (result i32) (memory.grow $a (local.get 0)))
    (func (export "b") (param i32) (result i32) (memory.grow $b (local.get 0)))
    (func (export "c") (param i64) (result i64) (memory.grow $c (local.get 0)))
    (func (export "last") (param i32) (result i32) (i32.load8_u $a (local.get 0)))))");
  CHECK(e.call<std::int32_t>(in, "a", -1) == -1);
  CHECK(e.call<std::int32_t>(in, "a", 10) == -1);
  CHECK(e.call<std::int32_t>(in, "a", 9) == 1);
  CHECK(e.call<std::int32_t>(in, "a", 0) == 10);
  CHECK(e.call<std::int32_t>(in, "a", 1) == -1);
  CHECK(e.call<std::int32_t>(in, "last", 10 * 65536 - 1) == 0);
  CHECK(e.failure(in, "last", 10 * 65536) == errc::trap_memory_out_of_bounds);
  CHECK(e.call<std::int32_t>(in, "b", 2) == 1);
  CHECK(e.call<std::int32_t>(in, "b", 1) == -1);
  CHECK(e.call<std::int64_t>(in, "c", std::int64_t{-1}) == -1);
  CHECK(e.call<std::int64_t>(in, "c", std::int64_t{1} << 48) == -1);
  CHECK(e.call<std::int64_t>(in, "c", std::int64_t{10}) == 0);
  const auto refused = e.st.instantiate(test::compile_wat("(module (memory 11))"), e.imports);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::limit_exceeded);
}

TEST_CASE("limits: a table grows to its declared or configured maximum") {
  limits l;
  l.table_elements = 103;  // of both tables
  test::engine<> e(l);
  instance& in = e.add(R"((module (table $a 1 funcref) (table $b 1 3 externref)
    (func (export "a") (param i32) (result i32) (table.grow $a (ref.null func) (local.get 0)))
    (func (export "b") (param i32) (result i32) (table.grow $b (ref.null extern) (local.get 0)))))");
  CHECK(e.call<std::int32_t>(in, "b", 3) == -1);
  CHECK(e.call<std::int32_t>(in, "b", 2) == 1);
  CHECK(e.call<std::int32_t>(in, "a", -1) == -1);
  CHECK(e.call<std::int32_t>(in, "a", 100) == -1);
  CHECK(e.call<std::int32_t>(in, "a", 99) == 1);
  CHECK(e.call<std::int32_t>(in, "a", 0) == 100);
  const auto refused = e.st.instantiate(test::compile_wat("(module (table 101 funcref))"), e.imports);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::limit_exceeded);
}

TEST_CASE("limits: tables share their limit") {
  limits l;
  l.table_elements = 100;
  test::engine<> e(l);
  instance& in = e.add(R"((module (table $a 60 funcref) (table $b 30 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow $b (ref.null func) (local.get 0)))))");
  CHECK(e.call<std::int32_t>(in, "grow", 11) == -1);
  CHECK(e.call<std::int32_t>(in, "grow", 10) == 30);
  CHECK(e.call<std::int32_t>(in, "grow", 1) == -1);
  const auto refused = e.st.instantiate(test::compile_wat("(module (table 1 funcref))"));
  CHECK(refused.error().code == errc::limit_exceeded);
}
