#include "tests/unit/runtime/hopping.hpp"
#include "wasm64/host/emscripten.hpp"

using namespace wasm64;

namespace {

using plain_engine = test::engine<>;

/// Host functions that all answer later.
template <class Engine>
void offer_later(Engine& e) {
  e.imports.func("later", "i", [](caller& from, std::int32_t) -> result<std::int32_t> { return from.suspend(); });
  e.imports.func("later", "v", [](caller& from) -> result<void> { return from.suspend(); });
  const auto untyped = [](caller& from, std::span<const value>, std::span<value>) -> result<void> {
    return from.suspend();
  };
  e.imports.define("later", "wide",
                   untyped_host_func({{types::v128, types::externref, types::f32},
                                      {types::f64, types::v128, types::externref, types::funcref, types::i32}},
                                     untyped));
  host_function raw;
  raw.type = {{types::i64}, {types::i64}};
  raw.entry = [](void*, caller& from, word*) { return from.fail(errc::pending); };
  e.imports.define("later", "raw", raw);
}

/// Calls `name` and answers `i` every time with its argument and 100 more, after a hop to a new store each time.
template <class Engine, class Make>
std::vector<std::uint64_t> run_answering(Make make, const char* name, std::vector<value> arguments) {
  auto e = std::make_unique<Engine>();
  instance& in = make(*e);
  vector<value> results;
  auto done = e->st.call(e->func(in, name), std::span<const value>(arguments), results);
  for (int answers = 0; !done.has_value() && answers < 20; ++answers) {
    INFO(to_string(e->st.last_trap()));
    REQUIRE(done.error().code == errc::pending);
    CHECK(done.error().detail == "later.i");
    REQUIRE(e->st.suspended());
    CHECK(e->st.waiting_for() == waits_for::import);
    e = test::hop(*e, make);
    vector<value> asked;
    e->st.awaited_arguments(asked);
    REQUIRE(asked.size() == 1);
    const value answer = value::i32(asked[0].as_i32() + 100);
    done = e->st.resume(std::span<const value>(&answer, 1), results);
  }
  REQUIRE(done.has_value());
  CHECK(e->st.waiting_for() == waits_for::nothing);
  std::vector<std::uint64_t> bits;
  for (const value& v : results) bits.push_back(v.bits);
  return bits;
}

constexpr std::string_view callers = R"((module
  (type $t (func (param i32) (result i32)))
  (import "later" "i" (func $later (type $t)))
  (table funcref (elem $later)) (elem declare func $later)
  (func (export "call") (param i32) (result i32 i64) (local i64)
    (local.set 1 (i64.const 7))
    (i32.add (i32.mul (local.get 0) (i32.const 1000)) (call $later (i32.add (local.get 0) (i32.const 1)))) (local.get 1))
  (func (export "indirect") (param i32) (result i32)
    (i32.sub (call_indirect (type $t) (local.get 0) (i32.const 0)) (call_indirect (type $t) (i32.const 3) (i32.const 0))))
  (func (export "ref") (param i32) (result i32) (call_ref $t (local.get 0) (ref.func $later)))
  (func $tail (export "tail") (param i32) (result i32) (return_call $later (i32.mul (local.get 0) (i32.const 2))))
  (func $tail_indirect (export "tail indirect") (param i32) (result i32)
    (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func $tail_ref (export "tail ref") (param i32) (result i32) (return_call_ref $t (local.get 0) (ref.func $later)))
  (func (export "below tails") (param i32) (result i32) (local f64)
    (call $tail (call $tail_indirect (call $tail_ref (call $longer (local.get 0))))))
  (func $longer (param i32) (result i32) (local i64 i64 v128)
    (return_call $tail_much (i64.const 5) (local.get 0) (v128.const i64x2 0 0)))
  (func $tail_much (param i64 i32 v128) (result i32) (return_call $later (local.get 1)))))";

}  // namespace

TEMPLATE_TEST_CASE("suspension: host functions answer later, however they are called", "", plain_engine,
                   test::metered_engine) {
  const auto m = test::compile_wat(callers);
  const auto make = [&m](TestType& e) -> instance& {
    offer_later(e);
    return e.add(m);
  };
  const auto run = [&](const char* name) { return run_answering<TestType>(make, name, {value::i32(4)}); };
  CHECK(run("call") == std::vector<std::uint64_t>{4105, 7});
  CHECK(run("indirect") == std::vector<std::uint64_t>{1});
  CHECK(run("ref") == std::vector<std::uint64_t>{104});
  CHECK(run("tail") == std::vector<std::uint64_t>{108});
  CHECK(run("tail indirect") == std::vector<std::uint64_t>{104});
  CHECK(run("tail ref") == std::vector<std::uint64_t>{104});
  CHECK(run("below tails") == std::vector<std::uint64_t>{((4 + 100 + 100 + 100) * 2) + 100});
}

TEST_CASE("suspension: what waits for the host is the same with and without fuel") {
  const auto m = test::compile_wat(callers);
  const auto record_of = [&m](auto& e, const char* name) {
    offer_later(e);
    CHECK(e.failure(e.add(m), name, 4) == errc::pending);
    return test::hash_of(capture_call(e.st).value());
  };
  for (const char* name : {"call", "indirect", "ref", "tail", "below tails"}) {
    plain_engine plain;
    test::metered_engine metered;
    CHECK(record_of(plain, name) == record_of(metered, name));
  }
}

TEST_CASE("suspension: values of every type are answered") {
  const auto m = test::compile_wat(R"((module
    (import "later" "wide" (func $wide (param v128 externref f32) (result f64 v128 externref funcref i32)))
    (import "later" "raw" (func $raw (param i64) (result i64)))
    (import "later" "v" (func $nothing))
    (func (export "run") (result i64 f64 v128 externref funcref i32)
      (call $nothing)
      (i64.mul (i64.const 3) (call $raw (i64.const 11)))
      (call $wide (v128.const i64x2 1 2) (ref.null extern) (f32.const 0.5)))
    (func (export "other"))))");
  const auto make = [&m](plain_engine& e) -> instance& {
    offer_later(e);
    return e.add(m);
  };
  auto e = std::make_unique<plain_engine>();
  vector<value> results, asked;
  CHECK(e->st.call(e->func(make(*e), "run"), {}, results).error().code == errc::pending);
  e = test::hop(*e, make);
  CHECK(e->st.awaited()->name == "later.v");
  REQUIRE(e->st.resume({}, results).error().code == errc::pending);
  e = test::hop(*e, make);
  e->st.awaited_arguments(asked);
  CHECK(asked == vector<value>{value::i64(11)});
  const value raw = value::i64(-2);
  REQUIRE(e->st.resume(std::span<const value>(&raw, 1), results).error().code == errc::pending);
  e = test::hop(*e, make);
  e->st.awaited_arguments(asked);
  CHECK(asked == vector<value>{{types::v128, 1, 2}, value::null(types::externref), value::f32(0.5f)});
  const func_instance& other = e->func(*e->st.vm().all_instances[0], "other");
  const value answer[] = {
      value::f64(1.25), {types::v128, 8, 9}, value::externref(77), value::funcref(&other), value::i32(-1)};
  REQUIRE(e->st.resume(answer, results).has_value());
  REQUIRE(results.size() == 6);
  CHECK(results[0] == value::i64(-6));
  for (std::size_t i = 0; i < 5; ++i) CHECK(results[i + 1] == answer[i]);
}

TEST_CASE("suspension: an answer that does not fit changes nothing") {
  plain_engine e;
  offer_later(e);
  instance& in = e.add(callers);
  vector<value> results;
  CHECK(e.st.resume(results).error().code == errc::not_suspended);
  CHECK(e.st.resume({}, results).error().code == errc::not_suspended);
  CHECK(e.st.resume_failed(errc::trap_host).error().code == errc::not_suspended);
  CHECK(capture_call(e.st).error().code == errc::not_suspended);
  CHECK(e.failure(in, "call", 4) == errc::pending);
  CHECK(e.st.resume(results).error().code == errc::pending);
  CHECK(e.st.resume({}, results).error().code == errc::arity_mismatch);
  const value wrong[] = {value::i64(1), value::i32(1)};
  CHECK(e.st.resume(wrong, results).error().code == errc::arity_mismatch);
  CHECK(e.st.resume(std::span<const value>(wrong, 1), results).error().code == errc::argument_type_mismatch);
  // Nothing else runs meanwhile.
  CHECK(e.failure(in, "call", 4) == errc::instance_busy);
  CHECK(e.st.instantiate(in.source, e.imports).error().code == errc::instance_busy);
  const auto record = capture_call(e.st);
  REQUIRE(record.has_value());
  CHECK(restore_call(e.st, record.value()).error().code == errc::instance_busy);
  REQUIRE(e.st.resume(std::span<const value>(wrong + 1, 1), results).has_value());
  CHECK(results == vector<value>{value::i32(4001), value::i64(7)});
  CHECK(e.st.resume(results).error().code == errc::not_suspended);
}

TEST_CASE("suspension: a host function can fail later") {
  const auto m = test::compile_wat(callers);
  const auto make = [&m](plain_engine& e) -> instance& {
    offer_later(e);
    return e.add(m);
  };
  for (const bool hops : {false, true}) {
    for (const char* name : {"call", "tail", "below tails"}) {
      auto e = std::make_unique<plain_engine>();
      CHECK(e->failure(make(*e), name, 4) == errc::pending);
      const std::string trace = to_string(e->st.last_trap());
      CHECK(trace.find("waiting for the results of a host function: later.i") == 0);
      if (hops) e = test::hop(*e, make);
      const auto failed = e->st.resume_failed(error(errc::trap_exit, "gone"));
      CHECK(failed.error().code == errc::trap_exit);
      CHECK(failed.error().detail == "gone");
      CHECK_FALSE(e->st.suspended());
      if (std::string_view(name) == "call") {
        CHECK(to_string(e->st.last_trap()).substr(std::string("program exited: gone").size()) ==
              trace.substr(std::string("waiting for the results of a host function: later.i").size()));
      }
      instance& in = *e->st.vm().all_instances[0];
      CHECK(e->failure(in, name, 4) == errc::pending);  // the store can be used
      CHECK(e->st.resume_failed(errc::not_found).error().code == errc::trap_host);
      CHECK(e->failure(in, name, 4) == errc::pending);
      e->st.abandon();
      CHECK(e->st.waiting_for() == waits_for::nothing);
      CHECK(e->st.vm().nesting == 0);
    }
  }
}

TEST_CASE("suspension: inside another host function it is a trap") {
  plain_engine e;
  offer_later(e);
  instance* inner = nullptr;
  e.imports.func("h", "enter", [&](caller&, std::int32_t v) -> result<std::int32_t> {
    return e.st.call<std::int32_t>(e.func(*inner, "f"), v);
  });
  instance& in = e.add(R"((module (import "h" "enter" (func $enter (param i32) (result i32)))
    (import "later" "i" (func $later (param i32) (result i32)))
    (export "later" (func $later))
    (func (export "f") (param i32) (result i32) (call $later (local.get 0)))
    (func (export "through") (param i32) (result i32) (call $enter (local.get 0)))
    (func (export "fine") (result i32) (i32.const 5))))");
  inner = &in;
  CHECK(e.failure(in, "through", 1) == errc::trap_cannot_suspend);
  CHECK(e.st.last_trap().detail == "later.i");
  CHECK_FALSE(e.st.suspended());
  CHECK(e.call<std::int32_t>(in, "fine") == 5);
  CHECK(e.failure(in, "later", 1) == errc::trap_cannot_suspend);
  CHECK_FALSE(e.st.suspended());
  CHECK(e.call<std::int32_t>(in, "fine") == 5);
  CHECK(e.failure(in, "f", 1) == errc::pending);
}

TEST_CASE("suspension: a start function that stops does not lose its instance") {
  constexpr std::string_view text = R"((module (import "later" "i" (func $later (param i32) (result i32)))
    (global $g (export "g") (mut i32) (i32.const 0))
    (func $start (global.set $g (call $later (i32.const 8))) (loop $l (br_if $l (i32.const 0))))
    (start $start)))";
  test::metered_engine e;
  offer_later(e);
  e.st.set_fuel(0);
  CHECK(e.st.starting() == nullptr);
  CHECK(e.st.instantiate(test::compile_wat(text), e.imports).error().code == errc::trap_out_of_fuel);
  instance* const in = e.st.starting();
  REQUIRE(in != nullptr);
  CHECK(e.st.waiting_for() == waits_for::fuel);
  vector<value> results;
  CHECK(e.st.resume(results).error().code == errc::trap_out_of_fuel);
  e.st.add_fuel(100);
  CHECK(e.st.resume(results).error().code == errc::pending);
  CHECK(e.st.starting() == in);
  const value answer = value::i32(31);
  e.st.set_fuel(0);
  CHECK(e.st.resume(std::span<const value>(&answer, 1), results).error().code == errc::trap_out_of_fuel);
  CHECK(e.st.starting() == in);
  e.st.add_fuel(100);
  REQUIRE(e.st.resume(results).has_value());
  CHECK(e.st.starting() == nullptr);
  CHECK(e.st.get(*in->exported_global("g")) == value::i32(31));

  e.st.set_fuel(0);
  CHECK(e.st.instantiate(test::compile_wat(text), e.imports).error().code == errc::trap_out_of_fuel);
  e.st.abandon();
  CHECK(e.st.starting() == nullptr);
}

TEST_CASE("suspension: calls between instances, and exceptions that pass through them") {
  const auto library = test::compile_wat(R"((module (import "later" "i" (func $later (param i32) (result i32)))
    (tag $e (export "e") (param i32)) (memory (export "m") 1)
    (func $f (export "f") (param i32) (result i32) (local i64)
      (i32.store (i32.const 4) (local.get 0))
      (local.tee 0 (call $later (local.get 0)))
      (if (param i32) (result i32) (i32.and (local.get 0) (i32.const 1)) (then (throw $e)) (else (i32.add (i32.const 2)))))
    (func (export "tail") (param i64 i32) (result i32) (return_call $f (local.get 1)))
    (export "again" (func $later))))");
  const auto program = test::compile_wat(R"((module (import "l" "f" (func $f (param i32) (result i32)))
    (import "l" "tail" (func $tail (param i64 i32) (result i32))) (import "l" "again" (func $again (param i32) (result i32)))
    (import "l" "e" (tag $e (param i32))) (table funcref (elem $f $again))
    (type $t (func (param i32) (result i32)))
    (func $outside (param i32) (result i32) (local f32) (return_call $tail (i64.const 0) (local.get 0)))
    (func $back (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func (export "run") (param $n i32) (result i32) (local $s i32)
      (loop $l
        (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 3))
          (block $h (result i32)
            (try_table (result i32) (catch $e $h)
              (i32.add (call $f (local.get $n)) (call $outside (local.get $n)))
              (i32.add (call_indirect (type $t) (local.get $n) (i32.const 1)))
              (i32.add (call $back (local.get $n)))
              (i32.add (call $again (local.get $n)))))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))))");
  const auto make_plain = [&](auto& e) -> instance& {
    offer_later(e);
    e.imports.define_instance("l", e.add(library));
    return e.add(program);
  };
  CHECK(run_answering<plain_engine>(make_plain, "run", {value::i32(2)}).size() == 1);
  CHECK(run_answering<plain_engine>(make_plain, "run", {value::i32(2)}) ==
        run_answering<test::metered_engine>(make_plain, "run", {value::i32(2)}));

  const auto make = [&](test::metered_engine& e) -> instance& {
    e.imports.func("later", "i", [](std::int32_t v) { return v * 3; });
    e.imports.define_instance("l", e.add(library));
    return e.add(program);
  };
  test::check_hopping(make, {value::i32(9)});
}

TEST_CASE("suspension: under Emscripten's invoke functions") {
  const auto m = test::compile_wat(R"((module
    (import "env" "invoke_ij" (func $invoke (param i32 i64) (result i64)))
    (import "env" "_emscripten_throw_longjmp" (func $longjmp))
    (memory (export "memory") 2)
    (table (export "__indirect_function_table") 4 4 funcref)
    (elem (i32.const 1) func $deep)
    (global $sp (mut i32) (i32.const 65536))
    (global $threw (export "threw") (mut i32) (i32.const 0))
    (func (export "setThrew") (param i32 i32) (global.set $threw (local.get 0)))
    (func (export "emscripten_stack_get_current") (result i32) (global.get $sp))
    (func (export "_emscripten_stack_restore") (param i32) (global.set $sp (local.get 0)))
    (func (export "_emscripten_tempret_set") (param i32))
    (func (export "malloc") (param i32) (result i32) (i32.const 70000))
    (func $down (param i64)
      (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
      (if (i64.eqz (local.get 0)) (then (call $longjmp)))
      (call $down (i64.sub (local.get 0) (i64.const 1))))
    (func $deep (param i64) (result i64)
      (if (i64.gt_u (local.get 0) (i64.const 3)) (then (return (call $invoke (i32.const 1) (i64.sub (local.get 0) (i64.const 1))))))
      (call $down (local.get 0)) (i64.const 7))
    (func (export "run") (param $n i32) (result i64 i32)
      (loop $l
        (drop (call $invoke (i32.const 1) (i64.extend_i32_u (local.get $n))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $invoke (i32.const 1) (i64.const 2)) (global.get $sp))))");
  wasi_context host;
  emscripten_context context(host);
  const auto make = [&](test::metered_engine& e) -> instance& {
    define_emscripten(e.imports, *m, context);
    return e.add(m);
  };
  test::check_hopping(make, {value::i32(6)});
}
