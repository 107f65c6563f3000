#include "tests/support/wat.hpp"

using namespace wasm64;

TEST_CASE("exceptions: a million throws and catches do not exhaust the heap") {
  limits l;
  l.heap_bytes = 4 << 20;
  test::engine<> e(l);
  instance& in = e.add(R"((module (tag $e (param i64))
    (func $throws (param i64) (throw $e (local.get 0)))
    (func (export "run") (param $n i64) (result i64) (local $sum i64)
      (loop $l
        (local.set $sum (i64.add (local.get $sum)
          (block $h (result i64) (try_table (catch $e $h) (call $throws (local.get $n))) (unreachable))))
        (br_if $l (i32.wrap_i64 (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
      (local.get $sum))
    (func (export "refs") (param $n i32) (result i32) (local $count i32)
      (loop $l
        (block $again (result exnref)
          (try_table (catch_all_ref $again)
            (throw_ref (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e (i64.const 1))) (unreachable))))
          (unreachable))
        (ref.is_null)
        (local.set $count (i32.add (local.get $count)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $count))))");
  CHECK(e.call<std::int64_t>(in, "run", std::int64_t{1'000'000}) == 500'000'500'000);
  CHECK(e.call<std::int32_t>(in, "refs", 1'000'000) == 0);
}

namespace {

/// Keeps one exception in `place` (a global, a table, a local, a caller's operand stack, another exception) while many
/// others are thrown, and throws it again.
constexpr std::string_view keeper = R"((module (tag $e (param i64 i64)) (tag $wrap (param exnref))
  (global $g (mut exnref) (ref.null exn)) (table $t 3 exnref)
  (func $make (param i64) (result exnref)
    (block $h (result i64 i64 exnref)
      (try_table (catch_ref $e $h) (throw $e (local.get 0) (i64.const 7)))
      (unreachable))
    (return (call $third)))
  (func $third (param i64 i64 exnref) (result exnref) (local.get 2))
  (func $churn (param $n i32)
    (loop $l
      (block $h (try_table (catch_all $h) (throw $e (i64.const -1) (i64.const -1))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $open (param exnref) (result i64)
    (block $h (result i64 i64) (try_table (catch $e $h) (throw_ref (local.get 0))) (unreachable))
    (i64.mul))
  (func (export "global") (param $n i32) (result i64)
    (global.set $g (call $make (i64.const 6))) (call $churn (local.get $n)) (call $open (global.get $g)))
  (func (export "table") (param $n i32) (result i64)
    (table.set $t (i32.const 2) (call $make (i64.const 6))) (call $churn (local.get $n))
    (call $open (table.get $t (i32.const 2))))
  (func (export "local") (param $n i32) (result i64) (local $x exnref)
    (local.set $x (call $make (i64.const 6))) (call $churn (local.get $n)) (call $open (local.get $x)))
  (func $held (param $x exnref) (param $n i32) (result i64)
    (call $churn (local.get $n)) (call $open (local.get $x)))
  (func (export "param") (param $n i32) (result i64) (call $held (call $make (i64.const 6)) (local.get $n)))
  (func $tail (param $n i32) (param $x exnref) (result i64)
    (return_call $held (local.get $x) (local.get $n)))
  (func (export "tail") (param $n i32) (result i64) (call $tail (local.get $n) (call $make (i64.const 6))))
  (func (export "operand") (param $n i32) (result i64)
    (i64.const 0) (call $make (i64.const 6)) (i32.const 0) (call $make (i64.const 5))
    (call $churn (local.get $n))
    (call $open) (call $churn (local.get $n))
    (call $sum) (i64.add))
  (func $sum (param exnref i32 i64) (result i64) (i64.add (local.get 2) (call $open (local.get 0))))
  (func (export "wrapped") (param $n i32) (result i64) (local $x exnref)
    (local.set $x
      (block $h (result exnref exnref) (try_table (catch_ref $wrap $h) (throw $wrap (call $make (i64.const 6)))) (unreachable)))
    (drop)
    (call $churn (local.get $n))
    (call $open (block $h (result exnref) (try_table (catch $wrap $h) (throw_ref (local.get $x))) (unreachable))))))";

}  // namespace

TEST_CASE("exceptions: what a reference reaches survives collections") {
  test::engine<> e;
  instance& in = e.add(keeper);
  for (const char* place : {"global", "table", "local", "param", "tail", "wrapped"}) {
    INFO(place);
    CHECK(e.call<std::int64_t>(in, place, 60'000) == 42);
  }
  CHECK(e.call<std::int64_t>(in, "operand", 60'000) == 42 + 35);
  CHECK(e.st.vm().heap.collections() > 5);
}

TEST_CASE("exceptions: the heap limit traps when what is kept reaches it") {
  limits l;
  l.heap_bytes = 1 << 20;
  test::engine<> e(l);
  instance& in = e.add(R"((module (tag $e (param exnref)) (global $g (mut exnref) (ref.null exn))
    (func (export "run") (param $n i32)
      (loop $l
        (global.set $g
          (block $h (result exnref exnref) (try_table (catch_ref $e $h) (throw $e (global.get $g))) (unreachable)))
        (drop)
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "clear") (global.set $g (ref.null exn)))))");
  e.call(in, "run", 1000);
  CHECK(e.failure(in, "run", 1'000'000) == errc::trap_heap_exhausted);
  e.call(in, "clear");
  e.call(in, "run", 1000);
}

TEST_CASE("exceptions: nobody catches it: a trap with the exception and the trace") {
  test::engine<> e;
  instance& in = e.add(R"((module (tag $e (param i32 i64)) (tag $other)
    (func $inner (throw $e (i32.const 5) (i64.const 6)))
    (func $outer (export "run") (block $h (try_table (catch $other $h) (call $inner))))
    (func (export "null") (throw_ref (ref.null exn)))))");
  CHECK(e.failure(in, "run") == errc::trap_uncaught_exception);
  const value thrown = e.st.last_exception();
  CHECK(class_of(e.st.vm(), thrown).value() == object_class::exception);
  CHECK(exception_value(e.st.vm(), thrown, 0).value() == value::i32(5));
  CHECK(exception_value(e.st.vm(), thrown, 1).value() == value::i64(6));
  CHECK(exception_value(e.st.vm(), thrown, 2).error().code == errc::out_of_bounds);
  CHECK(exception_tag(e.st.vm(), thrown).value() == in.tags[0]);
  REQUIRE(e.st.last_trap().frames.size() == 2);
  CHECK(e.st.last_trap().frames[0].name == "inner");
  CHECK(e.st.last_trap().frames[1].name == "outer");
  CHECK(e.failure(in, "null") == errc::trap_null_reference);
}

TEST_CASE("exceptions: they pass through host functions") {
  test::engine<> e;
  instance* self = nullptr;
  e.imports.func("h", "call", [&](std::int32_t n) { return e.st.call<>(*self->exported_func("throw"), n); });
  instance& in = e.add(R"((module (import "h" "call" (func $call (param i32))) (tag $e (param i32))
    (func (export "throw") (param i32) (throw $e (local.get 0)))
    (func $between (param i32) (call $call (local.get 0)))
    (func (export "run") (param i32) (result i32)
      (block $h (result i32)
        (try_table (catch $e $h) (call $between (local.get 0)))
        (i32.const -1)))
    (func (export "many") (param $n i32) (result i32) (local $s i32)
      (loop $l
        (local.set $s (i32.add (local.get $s)
          (block $h (result i32) (try_table (catch $e $h) (call $call (local.get $n))) (i32.const -1))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))))");
  self = &in;
  CHECK(e.call<std::int32_t>(in, "run", 17) == 17);
  CHECK(e.call<std::int32_t>(in, "many", 1000) == 500'500);
}

TEST_CASE("exceptions: a tag is told by the instance that made it, not by its type") {
  test::engine<> e;
  const std::string_view thrower = R"((module (tag $e (export "e") (param i32))
    (func (export "throw") (param i32) (throw $e (local.get 0)))))";
  e.add_as("a", thrower);
  e.add_as("b", thrower);
  instance& in = e.add(R"((module (import "a" "e" (tag $a (param i32))) (import "b" "e" (tag $b (param i32)))
    (import "a" "throw" (func $throw_a (param i32))) (import "b" "throw" (func $throw_b (param i32)))
    (func (export "run") (param i32) (result i32)
      (block $of_b (result i32)
        (block $of_a (result i32)
          (try_table (catch $a $of_a) (catch $b $of_b)
            (if (local.get 0) (then (call $throw_a (i32.const 1))) (else (call $throw_b (i32.const 2)))))
          (i32.const -1))
        (i32.add (i32.const 10))))))");
  CHECK(e.call<std::int32_t>(in, "run", 1) == 11);
  CHECK(e.call<std::int32_t>(in, "run", 0) == 2);
}

TEST_CASE("exceptions: catching restores the call depth") {
  limits l;
  l.call_depth = 50;
  test::engine<> e(l);
  instance& in = e.add(R"((module (tag $e)
    (func $deep (param i32) (if (i32.eqz (local.get 0)) (then (throw $e))) (call $deep (i32.sub (local.get 0) (i32.const 1))))
    (func $free (param i32) (if (local.get 0) (then (call $free (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (param $n i32)
      (loop $l
        (block $h (try_table (catch_all $h) (call $deep (i32.const 40))))
        (call $free (i32.const 48))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))");
  e.call(in, "run", 100);
}

TEST_CASE("exceptions: legacy try, catch, catch_all, rethrow and delegate") {
  test::engine<> e;
  instance& in = e.add(R"((module (tag $a (param i32)) (tag $b (param i64 i32))
    (func $throw (param i32)
      (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 10))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b (i64.const 20) (i32.const 200)))))
    (func (export "run") (param i32) (result i32)
      (try (result i32)
        (do (call $throw (local.get 0)) (i32.const 1))
        (catch $a (i32.add (i32.const 1)))
        (catch $b (drop) (i32.wrap_i64) (i32.mul (i32.const 3)))))
    (func (export "all") (param i32) (result i32)
      (try (result i32)
        (do (try (result i32)
              (do (call $throw (local.get 0)) (i32.const 1))
              (catch_all (rethrow 0))))
        (catch $a (i32.const 100) (i32.add))
        (catch_all (i32.const 77))))
    (func (export "delegate") (param i32) (result i32)
      (try $outer (result i32)
        (do (try (result i32)
              (do (try (result i32) (do (call $throw (local.get 0)) (i32.const 1)) (delegate $outer)))
              (catch_all (i32.const -1))))
        (catch_all (i32.const 55))))))");
  CHECK(e.call<std::int32_t>(in, "run", 0) == 1);
  CHECK(e.call<std::int32_t>(in, "run", 1) == 11);
  CHECK(e.call<std::int32_t>(in, "run", 2) == 60);
  CHECK(e.call<std::int32_t>(in, "all", 0) == 1);
  CHECK(e.call<std::int32_t>(in, "all", 1) == 110);
  CHECK(e.call<std::int32_t>(in, "all", 2) == 77);
  CHECK(e.call<std::int32_t>(in, "delegate", 0) == 1);
  CHECK(e.call<std::int32_t>(in, "delegate", 1) == 55);
}

TEST_CASE("exceptions: a reference that the host keeps lives as long as its scope") {
  test::engine<> e;
  instance& in = e.add(R"((module (tag $e (param i64))
    (func (export "make") (result exnref) (local exnref)
      (block $h (result i64 exnref) (try_table (catch_ref $e $h) (throw $e (i64.const 9))) (unreachable))
      (local.set 0) (drop) (local.get 0))
    (func (export "churn") (param $n i32)
      (loop $l
        (block $h (try_table (catch_all $h) (throw $e (i64.const -1))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "open") (param exnref) (result i64)
      (block $h (result i64) (try_table (catch $e $h) (throw_ref (local.get 0))) (unreachable)))))");
  value kept;
  vector<value> results;
  {
    const reference_scope scope(e.st.vm());
    kept = e.call_with(in, "make", {})[0];
    e.call(in, "churn", 100'000);
    CHECK(e.call_with(in, "open", {kept})[0].as_i64() == 9);
  }
  CHECK(e.failure_with(in, "open", {kept}, results) == errc::stale_reference);
  CHECK(e.failure_with(in, "open", {value::null(types::exnref)}, results) == errc::trap_null_reference);
}

namespace {

/// A host function `pass` that calls the export `raise` of an instance and passes its exception on.
void pass_exceptions(test::engine<>& e, instance*& in) {
  e.imports.func("host", "pass", [&e, &in]() -> result<void> { return e.st.call(*in->exported_func("raise")); });
}

}  // namespace

TEST_CASE("exceptions: out of a host function to a handler that begins with a call of that function") {
  test::engine<> e;
  instance* in = nullptr;
  pass_exceptions(e, in);
  in = &e.add(R"((module (import "host" "pass" (func $pass)) (tag $e)
    (global $after (export "after") (mut i32) (i32.const 0))
    (func (export "raise") (throw $e))
    (func $f (export "run") (param i32)
      (try
        (do (if (local.get 0) (then (call $f (i32.const 0))) (else (throw $e))))
        (catch_all (call $pass) (global.set $after (i32.const 1)))))))");
  CHECK(e.failure(*in, "run", 1) == errc::trap_uncaught_exception);
  CHECK(in->exported_global("after")->bits == 0);
}

TEST_CASE("exceptions: a function that has tail-called the host catches nothing any more") {
  test::engine<> e;
  instance* in = nullptr;
  pass_exceptions(e, in);
  in = &e.add(R"((module (import "host" "pass" (func $pass)) (tag $e)
    (func (export "raise") (throw $e))
    (func $tail (export "tail") (block $h (try_table (catch_all $h) (return_call $pass))))
    (func (export "outer") (result i32)
      (block $h (try_table (catch_all $h) (call $tail)) (return (i32.const 1)))
      (i32.const 2))))");
  CHECK(e.failure(*in, "tail") == errc::trap_uncaught_exception);
  CHECK(e.call<std::int32_t>(*in, "outer") == 2);
}
