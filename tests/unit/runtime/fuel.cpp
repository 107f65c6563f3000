#include <string>

#include "tests/support/wat.hpp"
#include "tests/unit/runtime/suspended_programs.hpp"

using namespace wasm64;

namespace {

using metered = test::engine<metered_engine_config>;

/// What a run leaves behind.
struct aftermath {
  errc trap{};
  vector<value> results;
  std::string memory;
  std::uint64_t global = 0;
  std::int64_t spent = 0;
  friend bool operator==(const aftermath&, const aftermath&) = default;
};

constexpr std::int64_t plenty = 1'000'000'000;

/// Calls `run` with the argument; with `slice` > 0 it gets its fuel in slices of that size and is resumed until it
/// ends.
aftermath run_in_slices(const std::shared_ptr<const module>& m, std::int32_t argument, std::int64_t slice) {
  metered e;
  instance& in = e.add(m);
  e.st.set_fuel(slice > 0 ? slice : plenty);
  std::int64_t given = e.st.fuel();
  aftermath out;
  const value arguments[] = {value::i32(argument)};
  auto done = e.st.call(e.func(in, "run"), std::span<const value>(arguments), out.results);
  while (!done.has_value() && e.st.suspended()) {
    REQUIRE(done.error().code == errc::trap_out_of_fuel);
    e.st.add_fuel(slice);
    given += slice;
    REQUIRE(given < plenty);
    done = e.st.resume(out.results);
  }
  if (!done.has_value()) out.trap = done.error().code;
  out.spent = given - e.st.fuel();
  if (const memory_instance* memory = in.memory()) {
    out.memory.assign(reinterpret_cast<const char*>(memory->base), static_cast<std::size_t>(memory->size));
  }
  if (const global_instance* g = in.exported_global("g")) out.global = g->bits;
  return out;
}

void check_slices(std::string_view text, std::int32_t argument) {
  const auto m = test::compile_wat(text);
  const aftermath whole = run_in_slices(m, argument, 0);
  CHECK(whole.spent > 0);
  CHECK((run_in_slices(m, argument, 0) == whole));
  for (const std::int64_t slice : {1, 2, 7, 100}) {
    INFO("slice " << slice);
    const aftermath sliced = run_in_slices(m, argument, slice);
    CHECK(sliced.trap == whole.trap);
    CHECK((sliced.results == whole.results));
    CHECK(sliced.global == whole.global);
    CHECK((sliced.memory == whole.memory));
    CHECK(sliced.spent == whole.spent);
  }
}

constexpr std::string_view loop_module = R"((module (global $g (export "g") (mut i64) (i64.const 0))
  (func (export "run") (param $n i32) (result i64 f64) (local $i i32) (local $f f64)
    (loop $l
      (global.set $g (i64.add (global.get $g) (i64.extend_i32_u (i32.mul (local.get $i) (local.get $i)))))
      (local.set $f (f64.add (local.get $f) (f64.const 0.5)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (global.get $g) (local.get $f))))";

}  // namespace

TEST_CASE("fuel: a loop spends the same whole and in slices") { check_slices(loop_module, 50); }

TEST_CASE("fuel: nested blocks, if and br_table spend the same whole and in slices") {
  check_slices(test::suspended::blocks, 40);
}

TEST_CASE("fuel: calls, indirect and tail calls spend the same whole and in slices") {
  check_slices(test::suspended::tails, 11);
}

TEST_CASE("fuel: exceptions spend the same whole and in slices") { check_slices(test::suspended::exceptions, 30); }

TEST_CASE("fuel: bulk operations spend by size, whole and in slices") {
  check_slices(R"((module (memory 1) (data $d "0123456789abcdef") (table 300 funcref)
    (elem $e func $x) (func $x)
    (func (export "run") (param $n i32) (result i32) (local $i i32)
      (loop $l
        (memory.fill (i32.const 0) (local.get $i) (i32.const 3000))
        (memory.copy (i32.const 5000) (i32.const 100) (i32.mul (local.get $i) (i32.const 77)))
        (memory.init $d (i32.mul (local.get $i) (i32.const 16)) (i32.const 0) (i32.const 16))
        (table.fill (i32.const 0) (ref.func $x) (i32.const 200))
        (table.copy (i32.const 10) (i32.const 20) (i32.const 130))
        (drop (table.grow (ref.null func) (i32.const 64)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (i32.add (table.size 0) (i32.load (i32.const 5003))))))",
               12);
}

TEST_CASE("fuel: values computed before a bulk operation survive its suspension") {
  check_slices(R"((module (memory 1) (table 1 funcref)
    (func (export "run") (param $n i32) (result i32 i64 f32 f64)
      (i32.add (local.get $n) (i32.const 5))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 4000))
      (i32.mul (i32.const 3))
      (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 77))
      (memory.copy (i32.const 0) (i32.const 100) (i32.const 4000))
      (i64.sub (i64.const 1))
      (f32.mul (f32.convert_i32_s (local.get $n)) (f32.const 1.5))
      (drop (table.grow (ref.null func) (i32.const 1000)))
      (f32.add (f32.const 0.25))
      (f64.mul (f64.convert_i32_s (local.get $n)) (f64.const 1.5))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 4000))
      (f64.add (f64.const 0.25)))))",
               9);
}

TEST_CASE("fuel: a trap inside a block has paid for the block") {
  check_slices(R"((module (memory 1)
    (func (export "run") (param $n i32) (result i32)
      (loop $l
        (i32.store (i32.mul (local.get $n) (i32.const 4000)) (local.get $n))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $l))
      (unreachable))))",
               0);
}

TEST_CASE("fuel: what is too little for the first block stops at the function's entry") {
  metered e;
  instance& in = e.add(loop_module);
  e.st.set_fuel(0);
  vector<value> results;
  CHECK(e.failure_with(in, "run", {value::i32(3)}, results) == errc::trap_out_of_fuel);
  CHECK(e.st.suspended());
  CHECK(e.st.fuel() < 0);
  CHECK(in.exported_global("g")->bits == 0);
  CHECK(e.st.resume(results).error().code == errc::trap_out_of_fuel);
  e.st.add_fuel(plenty);
  REQUIRE(e.st.resume(results).has_value());
  CHECK(results[0].as_i64() == 5);
}

TEST_CASE("fuel: while a call is suspended, others are refused and do not disturb it") {
  metered e;
  instance& in = e.add(loop_module);
  const aftermath whole = run_in_slices(test::compile_wat(loop_module), 9, 0);
  e.st.set_fuel(30);
  vector<value> results;
  CHECK(e.failure_with(in, "run", {value::i32(9)}, results) == errc::trap_out_of_fuel);
  CHECK(e.failure_with(in, "run", {value::i32(1'000'000)}, results) == errc::instance_busy);
  CHECK(e.failure_with(in, "run", {value::i32(1)}, results) == errc::instance_busy);
  const auto refused = e.st.instantiate(test::compile_wat("(module)"), {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::instance_busy);
  e.st.set_fuel(plenty);
  REQUIRE(e.st.resume(results).has_value());
  CHECK((results == whole.results));
  CHECK_FALSE(e.st.suspended());
  CHECK(e.st.resume(results).error().code == errc::not_suspended);
}

TEST_CASE("fuel: an abandoned call leaves the store ready for the next") {
  metered e;
  instance& in = e.add(loop_module);
  vector<value> results;
  for (int i = 0; i < 100; ++i) {
    e.st.set_fuel(30);
    CHECK(e.failure_with(in, "run", {value::i32(9)}, results) == errc::trap_out_of_fuel);
    e.st.abandon();
    CHECK_FALSE(e.st.suspended());
  }
  in.exported_global("g")->bits = 0;
  e.st.set_fuel(plenty);
  results = e.call_with(in, "run", {value::i32(3)});
  CHECK(results[0].as_i64() == 5);
  CHECK(results[1].as_f64() == 1.5);
}

TEST_CASE("fuel: running out inside a call that a host function made is a trap") {
  metered e;
  instance* self = nullptr;
  bool refused = false;
  e.imports.func("host", "again", [&](caller&, std::int32_t n) -> result<std::int32_t> {
    auto inner = e.st.call<std::int32_t>(*self->exported_func("spin"), n);
    refused = !inner.has_value();
    if (refused) return fail(inner.error());
    return inner.value();
  });
  instance& in = e.add(R"((module (import "host" "again" (func $again (param i32) (result i32)))
    (func (export "spin") (param i32) (result i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 7))
    (func (export "run") (param i32) (result i32) (call $again (local.get 0)))))");
  self = &in;
  e.st.set_fuel(1000);
  CHECK(e.call<std::int32_t>(in, "run", 5) == 7);
  CHECK(e.failure(in, "run", 1'000'000) == errc::trap_out_of_fuel);
  CHECK(refused);
  CHECK_FALSE(e.st.suspended());
  e.st.set_fuel(1000);
  CHECK(e.call<std::int32_t>(in, "run", 5) == 7);
}

TEST_CASE("fuel: running out in a host function that the host called is a trap as well") {
  metered e;
  instance* self = nullptr;
  e.imports.func("host", "again", [&](std::int32_t n) -> result<std::int32_t> {
    return e.st.call<std::int32_t>(*self->exported_func("spin"), n);
  });
  instance& in =
      e.add(R"((module (import "host" "again" (func $again (param i32) (result i32))) (export "again" (func $again))
    (func (export "spin") (param i32) (result i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 7))))");
  self = &in;
  e.st.set_fuel(1000);
  CHECK(e.failure(in, "again", 1'000'000) == errc::trap_out_of_fuel);
  CHECK_FALSE(e.st.suspended());
}

TEST_CASE("fuel: a start function that runs out can be resumed or abandoned") {
  metered e;
  const auto m = test::compile_wat(R"((module (func $f (loop $l (br $l))) (start $f)))");
  e.st.set_fuel(100);
  const auto made = e.st.instantiate(m, e.imports);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == errc::trap_out_of_fuel);
  e.st.abandon();
  e.st.set_fuel(100);
  instance& in = e.add(R"((module (func (export "f") (result i32) (i32.const 4))))");
  CHECK(e.call<std::int32_t>(in, "f") == 4);
}

TEST_CASE("fuel: the trace of a suspended call names where it stopped") {
  metered e;
  instance& in = e.add(R"((module (func $inner (loop $l (br $l))) (func $outer (export "run") (call $inner))))");
  e.st.set_fuel(50);
  CHECK(e.failure(in, "run") == errc::trap_out_of_fuel);
  REQUIRE(e.st.last_trap().frames.size() == 2);
  CHECK(e.st.last_trap().frames[0].name == "inner");
  CHECK(e.st.last_trap().frames[1].name == "outer");
}

TEST_CASE("fuel: a store that does not meter never stops") {
  test::engine<> e;
  instance& in = e.add(R"((module (memory 1)
    (func (export "run") (param $n i32) (result i32)
      (loop $l
        (memory.fill (i32.const 0) (local.get $n) (i32.const 65536))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.load8_u (i32.const 9)))))");
  e.st.set_fuel(1);
  CHECK(e.call<std::int32_t>(in, "run", 100) == 1);
  CHECK_FALSE(e.st.metered());
}

TEST_CASE("fuel: more than a counter holds is as much as it holds") {
  metered e;
  e.st.add_fuel(1000);
  CHECK(e.st.fuel() == std::numeric_limits<std::int64_t>::max());
  e.st.set_fuel(5);
  e.st.add_fuel(-7);
  CHECK(e.st.fuel() == -2);
}
