#include "tests/support/wat.hpp"

// Control that an attacker would choose: handlers that are left, traps in protected code, calls without end.

using namespace wasm64;

TEST_CASE("hostile execution: a protected body that was left by any branch protects nothing any more") {
  test::engine<> e;
  const instance& in = e.add(R"((module (tag $e)
    (func $throws (throw $e))
    (func (export "br") (block $stale (block $out (try_table (catch_all $stale) (br $out))) (throw $e)))
    (func (export "br_if") (block $stale (block $out (try_table (catch_all $stale) (br_if $out (i32.const 1)))) (throw $e)))
    (func (export "br_table")
      (block $stale (block $out (try_table (catch_all $stale) (br_table $out $out (i32.const 0)))) (throw $e)))
    (func $returns (block $stale (try_table (catch_all $stale) (return))))
    (func (export "return") (call $returns) (throw $e))
    (func (export "end") (block $stale (try_table (catch_all $stale) (nop)) (throw $e)))
    (func (export "loop") (param $n i32)
      (block $stale
        (loop $again
          (block $out (try_table (catch_all $stale) (br $out)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (throw $e)))
    (func (export "tail") (block $stale (try_table (catch_all $stale) (return_call $throws))))
    (func (export "legacy br") (block $out (try (do (br $out)) (catch_all (return)))) (throw $e))
    (func (export "legacy return") (call $legacy_returns) (throw $e))
    (func $legacy_returns (try (do (return)) (catch_all (unreachable))))
    (func (export "legacy tail") (try (do (return_call $throws)) (catch_all)))
    (func (export "legacy catch") (try (do (throw $e)) (catch_all (throw $e))))
    (func (export "delegate out") (try (do (try (do (throw $e)) (delegate 1))) (catch_all)))))");
  for (const char* name : {"br", "br_if", "br_table", "return", "end", "tail", "legacy br", "legacy return",
                           "legacy tail", "legacy catch", "delegate out"}) {
    INFO(name);
    CHECK(e.failure(in, name) == errc::trap_uncaught_exception);
  }
  CHECK(e.failure(in, "loop", 100'000) == errc::trap_uncaught_exception);
}

TEST_CASE("hostile execution: handlers catch no trap") {
  test::engine<metered_engine_config> e;
  e.imports.func("host", "fail", []() -> result<void> { return fail(errc::trap_host); });
  const instance& in = e.add(R"((module (import "host" "fail" (func $fail)) (memory 1) (table 1 funcref)
    (func $unreachable (unreachable)) (func $divide (drop (i32.div_s (i32.const 1) (i32.const 0))))
    (func $load (drop (i32.load (i32.const 65536)))) (func $indirect (call_indirect (i32.const 0)))
    (func $endless (call $endless)) (func $spin (loop $l (br $l)))
    (table $f funcref (elem $unreachable $divide $load $indirect $endless $fail $spin))
    (func (export "new") (param i32)
      (block $h (result exnref) (try_table (catch_all_ref $h) (call_indirect $f (local.get 0))) (ref.null exn)) (drop))
    (func (export "old") (param i32) (try (do (call_indirect $f (local.get 0))) (catch_all)))))");
  const errc expected[] = {errc::trap_unreachable,          errc::trap_integer_divide_by_zero,
                           errc::trap_memory_out_of_bounds, errc::trap_uninitialized_element,
                           errc::trap_call_stack_exhausted, errc::trap_host,
                           errc::trap_out_of_fuel};
  for (const char* name : {"new", "old"}) {
    for (std::int32_t i = 0; i < 7; ++i) {
      INFO(name << " " << i);
      e.st.set_fuel(1'000'000);
      CHECK(e.failure(in, name, i) == expected[i]);
      e.st.abandon();
    }
  }
}

TEST_CASE("hostile execution: rethrow and delegate reach as far as the function") {
  test::engine<> e;
  const instance& in = e.add(R"((module (tag $e (param i32))
    (func (export "rethrow") (param i32) (result i32)
      (try (result i32) (do
        (try (result i32) (do (throw $e (local.get 0)))
          (catch $e
            (drop)
            (try (result i32) (do (throw $e (i32.const 99))) (catch $e (drop) (rethrow 1))))))
        (catch $e)))
    (func $delegates (param i32) (result i32) (try (result i32) (do (throw $e (local.get 0))) (delegate 0)))
    (func (export "delegate") (param i32) (result i32)
      (try (result i32) (do (call $delegates (local.get 0))) (catch $e)))
    (func (export "loop") (param $n i32) (result i32) (local $sum i32)
      (loop $l
        (try (do (throw $e (local.get $n)))
          (catch $e (local.set $sum (i32.add (local.get $sum)))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))))");
  CHECK(e.call<std::int32_t>(in, "rethrow", 5) == 5);
  CHECK(e.call<std::int32_t>(in, "delegate", 6) == 6);
  CHECK(e.call<std::int32_t>(in, "loop", 60'000) == 60'000 * 30'000 + 30'000);
}

TEST_CASE("hostile execution: tail calls with more parameters than the caller take constant space") {
  limits l;
  l.call_depth = 3;
  l.stack_values = 100;
  test::engine<> e(l);
  instance& other = e.add_as("other", R"((module
    (type $few (func (param i64) (result i64)))
    (table (export "t") 3 funcref)
    (func (export "many") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
      (if (i64.eqz (local.get 9)) (then (return (local.get 0))))
      (return_call_indirect (type $few) (i64.sub (local.get 9) (i64.const 1)) (i32.const 0)))))");
  static_cast<void>(other);
  const instance& in = e.add(R"((module
    (import "other" "t" (table $t 3 funcref))
    (import "other" "many" (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (elem (i32.const 0) $few)
    (func $few (export "run") (param i64) (result i64)
      (return_call $many (i64.const 7) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)
        (i64.const 6) (i64.const 7) (i64.const 8) (local.get 0)))
    (func $wide (export "self") (param i64 f64 i64) (result i64)
      (if (i64.eqz (local.get 0)) (then (return (local.get 2))))
      (return_call $narrow (i64.sub (local.get 0) (i64.const 1))))
    (func $narrow (param i64) (result i64) (return_call $wide (local.get 0) (f64.const 1) (i64.const 11)))))");
  CHECK(e.call<std::int64_t>(in, "run", std::int64_t{300'000}) == 7);
  CHECK(e.call<std::int64_t>(in, "self", std::int64_t{300'000}, 1.0, std::int64_t{0}) == 11);
}

TEST_CASE("hostile execution: a product and a sum are rounded one after the other") {
  test::engine<> e;
  const instance& in = e.add(R"((module
    (func (export "f64") (param f64 f64 f64) (result f64) (f64.add (f64.mul (local.get 0) (local.get 1)) (local.get 2)))
    (func (export "f32") (param f32 f32 f32) (result f32)
      (f32.sub (f32.mul (local.get 0) (local.get 1)) (local.get 2)))))");
  // (1 + 2^-30)² − (1 + 2^-29) is 2^-60 exactly, and 0 when the product is rounded first.
  const double a = 1 + 0x1p-30;
  CHECK(e.call<double>(in, "f64", a, a, -(1 + 0x1p-29)) == 0);
  const float b = 1 + 0x1p-13f;
  CHECK(e.call<float>(in, "f32", b, b, 1 + 0x1p-12f) == 0);
}
