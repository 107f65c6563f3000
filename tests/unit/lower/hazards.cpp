#include "tests/support/wat.hpp"

// Lowering leaves `local.get` and constants where they are and lets producers write elsewhere, so what can go wrong is
// a value that is read too late or overwritten too early. Each case here is one way.

using namespace wasm64;

namespace {

/// Calls `f` of a module that consists of these fields.
template <class... A>
vector<value> run(const std::string& fields, A... arguments) {
  test::engine<> e;
  instance& in = e.add("(module " + fields + ")");
  return e.call_with(in, "f", {test::engine<>::value_of(arguments)...});
}
template <class... A>
std::int32_t run_i32(const std::string& body, A... arguments) {
  return run("(func $f (export \"f\") (param $x i32) (param $y i32) (result i32) (local $z i32) " + body + ")",
             arguments...)[0]
      .as_i32();
}

}  // namespace

TEST_CASE("hazards: a local read before it changes keeps its old value") {
  struct hazard {
    const char* name;
    const char* body;  ///< with $x = 10, $y = 3: the old $x minus 1 in the end
  };
  const hazard hazards[] = {
      {"set", "(local.get $x) (local.set $x (i32.const 1)) (i32.sub (local.get $x))"},
      {"tee", "(local.get $x) (local.tee $x (i32.const 1)) (i32.sub)"},
      {"set of a computed value",
       "(local.get $x) (local.set $x (i32.sub (local.get $y) (i32.const 2))) (i32.sub (local.get $x))"},
      {"tee of a computed value", "(local.get $x) (local.tee $x (i32.sub (local.get $y) (i32.const 2))) (i32.sub)"},
      {"set from itself",
       "(local.get $x) (local.set $x (i32.sub (local.get $x) (i32.const 9))) (i32.sub (local.get $x))"},
      {"set of another local",
       "(local.get $x) (local.set $z (i32.const 1)) (local.set $x (local.get $z)) (i32.sub (local.get $x))"},
      {"two pending", "(local.get $x) (local.get $x) (local.set $x (i32.const 1)) (drop) (i32.sub (local.get $x))"},
      {"swapped",
       "(local.get $x) (local.get $y) (local.set $x) (local.set $y) (i32.sub (local.get $y) (i32.sub (local.get $x) "
       "(i32.const 2)))"},
      {"in a block", "(local.get $x) (block (local.set $x (i32.const 1))) (i32.sub (local.get $x))"},
      {"in a block that is left",
       "(local.get $x) (block (br_if 0 (local.get $y)) (local.set $x (i32.const 9))) (i32.sub (i32.const 1))"},
      {"in a loop",
       "(local.get $x) (loop (local.set $x (i32.const 1)) (br_if 0 (local.tee $y (i32.sub (local.get $y) (i32.const "
       "1))))) (i32.sub (local.get $x))"},
      {"in then", "(local.get $x) (if (local.get $y) (then (local.set $x (i32.const 1)))) (i32.sub (local.get $x))"},
      {"in then, not taken",
       "(local.get $x) (if (i32.eqz (local.get $y)) (then (local.set $x (i32.const 1)))) (i32.sub (i32.const 1))"},
      {"in else",
       "(local.get $x) (if (i32.eqz (local.get $y)) (then) (else (local.set $x (i32.const 1)))) (i32.sub (local.get "
       "$x))"},
      {"in both arms",
       "(local.get $x) (if (local.get $y) (then (local.set $x (i32.const 1))) (else (local.set $x (i32.const 2)))) "
       "(i32.sub (local.get $x))"},
      {"as a block's parameter",
       "(local.get $x) (block (param i32) (result i32) (local.set $x (i32.const 1)) (i32.sub (local.get $x)))"},
      {"as a loop's parameter",
       "(local.get $x) (loop (param i32) (result i32) (local.set $x (i32.const 1)) (br_if 0 (i32.eqz (local.get $y))) "
       "(i32.sub (local.get $x)))"},
      {"as an if's parameter",
       "(local.get $x) (local.get $y) (if (param i32) (result i32) (then (local.set $x (i32.const 1)) (i32.sub "
       "(local.get $x))) (else (drop) (i32.const 0)))"},
      {"as a result of a branch",
       "(block (result i32) (local.get $x) (local.set $x (i32.const 1)) (br 0)) (i32.sub (local.get $x))"},
      {"under a branch with a value",
       "(local.get $x) (block (result i32) (local.set $x (i32.const 4)) (br_if 0 (i32.const 1) (local.get $y))) "
       "(i32.sub)"},
      {"as an argument", "(call $sub (local.get $x) (local.tee $x (i32.const 1)))"},
      {"under a call", "(local.get $x) (call $sub (local.tee $x (i32.const 7)) (i32.const 6)) (i32.sub)"},
      {"in a try",
       "(local.get $x) (block (try_table (catch_all 0) (local.set $x (i32.const 1)) (throw $e))) (i32.sub (local.get "
       "$x))"},
  };
  for (const hazard& h : hazards) {
    INFO(h.name);
    const std::string fields =
        "(tag $e) (func $sub (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))"
        "(func (export \"f\") (param $x i32) (param $y i32) (result i32) (local $z i32) ";
    CHECK(run(fields + h.body + ")", 10, 3)[0].as_i32() == 9);
  }
}

TEST_CASE("hazards: values carried by branches arrive from any height") {
  const std::string swap_out = R"((func (export "f") (param $x i32) (result i32 i64 i32)
    (block $out (result i32 i64 i32)
      (i32.const 100)
      (block (result i64)
        (i32.const 200) (i32.const 300)
        (i32.const 1) (i64.const 2) (i32.const 3)
        (br_if $out (i32.eq (local.get $x) (i32.const 0)))
        (drop) (drop) (drop) (drop)
        (i32.const 4) (i64.const 5) (local.get $x)
        (br_if $out (i32.eq (local.get $x) (i32.const 1)))
        (drop) (drop) (drop) (drop)
        (i64.const 6))
      (i32.const 7))))";
  const auto is = [](const vector<value>& r, std::int32_t a, std::int64_t b, std::int32_t c) {
    return r.size() == 3 && r[0].as_i32() == a && r[1].as_i64() == b && r[2].as_i32() == c;
  };
  CHECK(is(run(swap_out, 0), 1, 2, 3));
  CHECK(is(run(swap_out, 1), 4, 5, 1));
  CHECK(is(run(swap_out, 2), 100, 6, 7));

  const std::string table = R"((func (export "f") (param $x i32) (param $y i32) (result i32)
    (block $c (result i32)
      (i32.const 40)
      (block $b (result i32)
        (i32.const 50)
        (block $a (result i32)
          (i32.const 60) (local.get $x) (local.set $x (i32.const 7))
          (br_table $a $b $c 3 $c (local.get $y)))
        (i32.add) (i32.mul (i32.const 3)))
      (i32.add) (i32.mul (i32.const 2)))
    (i32.mul (i32.const 3))))";
  CHECK(run(table, 21, 0)[0].as_i32() == (40 + (50 + 21) * 3) * 2 * 3);
  CHECK(run(table, 21, 1)[0].as_i32() == (40 + 21) * 2 * 3);
  CHECK(run(table, 21, 2)[0].as_i32() == 21 * 3);
  CHECK(run(table, 21, 3)[0].as_i32() == 21);
  CHECK(run(table, 21, -1)[0].as_i32() == 21 * 3);
}

TEST_CASE("hazards: what a block leaves on top may have come another way") {
  const std::string computed = "(i32.mul (local.get $y) (i32.const 2)) (i32.add (local.get $y) (i32.const 3))";
  const std::string blocks[] = {
      "(block (result i32 i32) (i32.const 1) (i32.const 2) (br_if 0 (local.get $x)) (drop) (drop) " + computed + ")",
      "(if (result i32 i32) (local.get $x) (then (i32.const 1) (i32.const 2)) (else " + computed + "))",
      "(if (result i32 i32) (i32.eqz (local.get $x)) (then " + computed + ") (else (i32.const 1) (i32.const 2)))",
      "(block (result i32 i32) (try_table (result i32 i32) (catch $e 0) (if (local.get $x) (then (throw $e (i32.const "
      "1) "
      "(i32.const 2)))) " +
          computed + "))",
  };
  for (const std::string& block : blocks) {
    for (const char* use : {"(local.set $z) (drop) (local.get $z)", "(local.tee $z) (drop) (drop) (local.get $z)",
                            "(i32.eqz) (i32.eqz) (local.set $z) (i32.add (local.get $z))"}) {
      INFO(block << use);
      const std::string fields =
          "(tag $e (param i32 i32)) (func (export \"f\") (param $x i32) (param $y i32) (result i32)"
          " (local $z i32) " +
          block + use + ")";
      const bool sum = std::string_view(use).find("eqz") != std::string_view::npos;
      CHECK(run(fields, 1, 10)[0].as_i32() == 2);
      CHECK(run(fields, 0, 10)[0].as_i32() == (sum ? 21 : 13));
    }
  }
}

TEST_CASE("hazards: parameters may be returned in any order") {
  const std::string fields = R"((func (export "f") (param i32 i32 i32) (result i32 i32 i32)
    (local.get 2) (local.get 0) (local.get 1)))";
  const vector<value> rotated = run(fields, 1, 2, 3);
  CHECK(rotated[0].as_i32() == 3);
  CHECK(rotated[1].as_i32() == 1);
  CHECK(rotated[2].as_i32() == 2);
  const vector<value> early = run(R"((func (export "f") (param i32 i64) (result i64 i32 i64)
    (local.get 1) (local.get 0) (i64.add (local.get 1) (i64.const 1))
    (br_if 0 (local.get 0)) (drop) (drop) (drop)
    (return (i64.const 1) (i32.const 2) (local.get 1))))",
                                  5, std::int64_t{6});
  CHECK(early[0].as_i64() == 6);
  CHECK(early[1].as_i32() == 5);
  CHECK(early[2].as_i64() == 7);
}

TEST_CASE("hazards: a return inside a condition leaves the other path's values alone") {
  CHECK(run_i32("(local.get $x) (local.get $y) (br_if 0 (i32.add (i32.const 1)) (i32.eqz (local.get $x))) (i32.sub)",
                10, 3) == 6);
  CHECK(run_i32("(local.get $x) (local.get $y) (br_if 0 (i32.add (i32.const 1)) (i32.eqz (local.get $x))) (i32.sub)", 0,
                3) == 4);
}

TEST_CASE("hazards: loops with several parameters exchange them") {
  // Fibonacci with the pair on the operand stack.
  const std::string fields = R"((func (export "f") (param $n i32) (result i64) (local $a i64) (local $b i64)
    (i64.const 0) (i64.const 1)
    (loop $l (param i64 i64) (result i64 i64)
      (local.set $b) (local.set $a)
      (local.get $b) (i64.add (local.get $a) (local.get $b))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (drop)))";
  CHECK(run(fields, 50)[0].as_i64() == 12586269025);
}

TEST_CASE("hazards: comparisons are not fused across what changes their operands") {
  CHECK(run_i32("(i32.lt_s (local.get $x) (local.get $y)) (local.set $x (i32.const 0)) (if (result i32) (then "
                "(i32.const 1)) (else (i32.const 2)))",
                10, 3) == 2);
  CHECK(run_i32("(local.tee $z (i32.lt_s (local.get $y) (local.get $x))) (if (then (local.set $x (i32.const 40)))) "
                "(i32.add (local.get $x) (local.get $z))",
                10, 3) == 41);
  CHECK(run_i32("(i32.eqz (local.tee $z (i32.lt_s (local.get $y) (local.get $x)))) (i32.add (i32.mul (local.get $z) "
                "(i32.const 10)))",
                10, 3) == 10);
  CHECK(run_i32("(i32.lt_s (local.get $y) (local.get $x)) (i32.eqz) (i32.eqz) (i32.eqz) (i32.add (i32.const 5))", 10,
                3) == 5);
  CHECK(run_i32("(select (local.get $x) (local.get $y) (i32.gt_u (local.get $x) (local.get $y)))", 10, 3) == 10);
  CHECK(run_i32("(local.get $x) (local.set $x (i32.const 0)) (local.get $y) (local.get $x) (select)", 10, 3) == 3);
}

TEST_CASE("hazards: a hundred operands at once") {
  std::string body = "(func (export \"f\") (param $x i32) (result i32) (local $z i32) ";
  for (int i = 0; i < 100; ++i) {
    body += i % 3 == 0   ? "(local.get $x) "
            : i % 3 == 1 ? "(i32.const " + std::to_string(i) + ") "
                         : "(i32.mul (local.get $x) (i32.const 2)) ";
  }
  body += "(local.set $x (i32.const 1000)) (block (br_if 0 (local.get $x)))";
  for (int i = 0; i < 99; ++i) body += "(i32.sub)";
  body += ")";
  std::int32_t expected = 0;
  for (int i = 99; i >= 0; --i) {
    const std::int32_t pushed = i % 3 == 0 ? 7 : i % 3 == 1 ? i : 14;
    expected = i == 99 ? pushed : pushed - expected;
  }
  CHECK(run(body, 7)[0].as_i32() == expected);
}

TEST_CASE("hazards: references and numbers are handed over in any mixture") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (type $mixed (func (param externref i32 funcref f64 externref i64) (result i64 externref f64 funcref i32 externref)))
    (table $f 3 funcref) (elem (i32.const 1) $turn)
    (func $turn (type $mixed)
      (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
    (func $again (export "direct") (param externref externref i32 i64) (result i64 externref f64 funcref i32 externref)
      (local externref)
      (i64.const 9) (drop)
      (call $turn (local.get 0) (i32.add (local.get 2) (i32.const 1)) (ref.func $turn) (f64.const 2.5) (local.get 1)
                  (i64.mul (local.get 3) (i64.const 3))))
    (func (export "indirect") (param externref externref i32 i64) (result i64 externref f64 funcref i32 externref)
      (local $k i32) (local.set $k (i32.const 1))
      (local.get 0) (local.get 2) (ref.null func) (f64.const 3.5) (local.get 1) (local.get 3) (local.get $k)
      (call_indirect (type $mixed)))
    (func (export "constant") (param externref externref i32 i64) (result i64 externref f64 funcref i32 externref)
      (local.get 0) (local.get 2) (ref.null func) (f64.const 3.5) (local.get 1) (local.get 3) (i32.const 1)
      (call_indirect (type $mixed)))
    (func (export "computed") (param externref externref i32 i64) (result i64 externref f64 funcref i32 externref)
      (local.get 0) (local.get 2) (ref.null func) (f64.const 3.5) (local.get 1) (local.get 3)
      (i32.sub (local.get 2) (i32.const 4))
      (call_indirect (type $mixed)))
    (func (export "tail") (param externref externref i32 i64) (result i64 externref f64 funcref i32 externref)
      (local.get 0) (local.get 2) (ref.null func) (f64.const 3.5) (local.get 1) (local.get 3)
      (i32.sub (local.get 2) (i32.const 4))
      (return_call_indirect (type $mixed)))
    (func (export "twice") (param externref externref i32 i64) (result i64 externref f64 funcref i32 externref)
      (local i64 externref f64 funcref i32 externref)
      (local.get 0) (local.get 2) (ref.null func) (f64.const 3.5) (local.get 1) (local.get 3) (call $turn)
      (local.set 9) (local.set 8) (local.set 7) (local.set 6) (local.set 5) (local.set 4)
      (local.get 5) (local.get 8) (local.get 7) (local.get 6) (local.get 9) (local.get 4) (call $turn))))");
  for (const char* name : {"direct", "indirect", "constant", "computed", "tail", "twice"}) {
    INFO(name);
    const bool direct = std::string_view(name) == "direct", twice = std::string_view(name) == "twice";
    const vector<value> r =
        e.call_with(in, name, {value::externref(11), value::externref(22), value::i32(5), value::i64(7)});
    CHECK(r[0].as_i64() == (direct ? 21 : 7));
    CHECK(r[1].bits == (twice ? 11 : 22));
    CHECK(r[2].as_f64() == (direct ? 2.5 : 3.5));
    CHECK(r[3].is_null() == !direct);
    CHECK(r[4].as_i32() == (direct ? 6 : 5));
    CHECK(r[5].bits == (twice ? 22 : 11));
  }
}

TEST_CASE("hazards: stores take the value and the address that were there") {
  test::engine<> e;
  instance& in = e.add(R"((module (memory 1)
    (func (export "f") (param $p i32) (param $v i32) (result i32)
      (i32.store (local.get $p) (local.tee $p (local.get $v)))
      (i32.store (i32.add (local.get $p) (i32.const 4)) (local.get $p))
      (i32.store offset=8 (i32.add (local.get $p) (local.get $v)) (i32.mul (local.get $v) (i32.const 3)))
      (i32.add (local.get $p) (i32.const 16)) (local.get $v) (local.set $v (i32.const 1)) (i32.store)
      (i32.load (i32.const 64)))))");
  CHECK(e.call<std::int32_t>(in, "f", 64, 100) == 100);
  const auto at = [&](std::uint32_t address) { return load_le<std::int32_t>(in.memory()->base + address); };
  CHECK(at(104) == 100);
  CHECK(at(208) == 300);
  CHECK(at(116) == 100);
}

TEST_CASE("hazards: address sums wrap at the width of addresses") {
  test::engine<> e;
  instance& in = e.add(R"((module (memory 1) (data (i32.const 6) "\05\00\00\00\09")
    (func (export "wraps") (param i32 i32) (result i32) (i32.load (i32.add (local.get 0) (local.get 1))))
    (func (export "constant") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const -10))))
    (func (export "offset") (param i32 i32) (result i32) (i32.load offset=4 (i32.add (local.get 0) (local.get 1))))))");
  CHECK(e.call<std::int32_t>(in, "wraps", -4, 10) == 5);
  CHECK(e.call<std::int32_t>(in, "constant", 16) == 5);
  CHECK(e.failure(in, "constant", 9) == errc::trap_memory_out_of_bounds);
  CHECK(e.failure(in, "offset", -4, 0) == errc::trap_memory_out_of_bounds);
  CHECK(e.call<std::int32_t>(in, "offset", -4, 10) == 9);
  CHECK(e.call<std::int32_t>(in, "offset", 65528, 0) == 0);
  CHECK(e.failure(in, "offset", 65528, 1) == errc::trap_memory_out_of_bounds);
}
