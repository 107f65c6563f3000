#include "wasm64/runtime/host.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

std::int64_t plain_function(std::int32_t a, std::int64_t b) noexcept { return a * b; }

}  // namespace

TEST_CASE("host: the signature follows from the callable's") {
  CHECK(host_func([] {}).type == func_type{});
  CHECK(host_func([](caller&) {}).type == func_type{});
  CHECK((host_func([](std::int32_t, std::uint64_t, float, double) { return std::uint32_t{0}; }).type ==
         func_type{{types::i32, types::i64, types::f32, types::f64}, {types::i32}}));
  CHECK(
      (host_func([](caller&, double) -> result<float> { return 1.0f; }).type == func_type{{types::f64}, {types::f32}}));
  CHECK((host_func([](caller&, float) -> result<void> { return success(); }).type == func_type{{types::f32}, {}}));
  CHECK((host_func(&plain_function).type == func_type{{types::i32, types::i64}, {types::i64}}));
  int calls = 0;
  CHECK((host_func([calls](std::int64_t) mutable { return ++calls; }).type == func_type{{types::i64}, {types::i32}}));
}

TEST_CASE("host: values of every type arrive and come back") {
  test::engine<> e;
  e.imports.func("h", "i32", [](std::int32_t v) { return -v; });
  e.imports.func("h", "u32", [](std::uint32_t v) { return v / 2; });
  e.imports.func("h", "i64", &plain_function);
  e.imports.func("h", "f32", [](float v) { return v * 0.5f; });
  e.imports.func("h", "f64", [](double v) -> result<double> { return v * 0.25; });
  e.imports.func("h", "order", [](std::int32_t a, double b, std::int64_t c, float d) {
    return a + 10 * b + 100 * static_cast<double>(c) + 1000 * static_cast<double>(d);
  });
  instance& in = e.add(R"((module
    (import "h" "i32" (func $i32 (param i32) (result i32))) (import "h" "u32" (func $u32 (param i32) (result i32)))
    (import "h" "i64" (func $i64 (param i32 i64) (result i64))) (import "h" "f32" (func $f32 (param f32) (result f32)))
    (import "h" "f64" (func $f64 (param f64) (result f64)))
    (import "h" "order" (func $order (param i32 f64 i64 f32) (result f64)))
    (export "u32" (func $u32))
    (func (export "run") (result i32 i32 i64 f32 f64 f64)
      (call $i32 (i32.const 5)) (call $u32 (i32.const -2)) (call $i64 (i32.const -3) (i64.const 0x100000000))
      (call $f32 (f32.const 3)) (call $f64 (f64.const 3))
      (call $order (i32.const 1) (f64.const 2) (i64.const 3) (f32.const 4)))))");
  const vector<value> results = e.call_with(in, "run", {});
  CHECK(results[0] == value::i32(-5));
  CHECK(results[1] == value::i32(0x7fffffff));
  CHECK(results[2] == value::i64(-0x300000000));
  CHECK(results[3] == value::f32(1.5f));
  CHECK(results[4] == value::f64(0.75));
  CHECK(results[5] == value::f64(4321));
  CHECK(e.call<std::int32_t>(in, "u32", 10) == 5);
}

TEST_CASE("host: references and several results through an untyped function") {
  test::engine<> e;
  e.imports.define("h", "swap",
                   untyped_host_func(
                       {{types::externref, types::i32, types::funcref}, {types::funcref, types::i64, types::externref}},
                       [](caller&, std::span<const value> arguments, std::span<value> results) -> result<void> {
                         results[0].bits = arguments[2].bits;
                         results[1].bits = arguments[1].bits + 1;
                         results[2].bits = arguments[0].bits;
                         return success();
                       }));
  instance& in = e.add(R"((module
    (import "h" "swap" (func $swap (param externref i32 funcref) (result funcref i64 externref)))
    (func $self (export "run") (param $x externref) (result i32 i64 externref) (local i64 externref)
      (call $swap (local.get $x) (i32.const 41) (ref.func $self))
      (local.set 2) (local.set 1)
      (ref.is_null) (local.get 1) (local.get 2))
    (elem declare func $self)))");
  const vector<value> results = e.call_with(in, "run", {value::externref(99)});
  CHECK(results[0] == value::i32(0));
  CHECK(results[1] == value::i64(42));
  CHECK(results[2] == value::externref(99));
}

TEST_CASE("host: a failure is a trap with its words") {
  test::engine<> e;
  e.imports.func("h", "own", []() -> result<void> { return fail(errc::not_found, "the file is gone"); });
  e.imports.func("h", "exit", []() -> result<std::int32_t> { return fail(errc::trap_exit, "7"); });
  e.imports.func("h", "mute", []() -> result<void> { return fail(errc::storage_io); });
  instance& in = e.add(R"((module
    (import "h" "own" (func $own)) (import "h" "exit" (func $exit (result i32))) (import "h" "mute" (func $mute))
    (func $a (export "own") (call $own)) (func (export "exit") (drop (call $exit))) (func (export "mute") (call $mute))
    (func (export "tail") (return_call $own)) (export "direct" (func $own))
    (table funcref (elem $own)) (func (export "indirect") (call_indirect (i32.const 0)))
    (func (export "fine") (result i32) (i32.const 1))))");
  CHECK(e.failure(in, "own") == errc::trap_host);
  CHECK(e.st.last_trap().detail == "the file is gone");
  REQUIRE(e.st.last_trap().frames.size() == 1);
  CHECK(e.st.last_trap().frames[0].name == "a");
  CHECK(to_string(e.st.last_trap()).find("host function error: the file is gone\n") == 0);
  CHECK(e.failure(in, "exit") == errc::trap_exit);
  CHECK(e.st.last_trap().detail == "7");
  CHECK(e.failure(in, "mute") == errc::trap_host);
  CHECK(e.st.last_trap().detail == "h.mute");
  CHECK(e.failure(in, "tail") == errc::trap_host);
  CHECK(e.failure(in, "indirect") == errc::trap_host);
  CHECK(e.failure(in, "direct") == errc::trap_host);
  CHECK(e.st.last_trap().detail == "the file is gone");
  CHECK(e.call<std::int32_t>(in, "fine") == 1);
}

TEST_CASE("host: functions see the caller's memory") {
  test::engine<> e;
  e.imports.func("h", "fill", [](caller& from, std::uint32_t address, std::uint32_t length) -> result<std::int32_t> {
    WASM64_TRY(const std::span<std::uint8_t> bytes, from.bytes(address, length));
    for (std::uint8_t& b : bytes) b = 0x11;
    return static_cast<std::int32_t>(from.module_instance()->funcs.size());
  });
  instance& in = e.add(R"((module (import "h" "fill" (func $fill (param i32 i32) (result i32))) (memory 1)
    (func (export "run") (param i32 i32) (result i32)
      (i32.add (call $fill (local.get 0) (local.get 1)) (i32.load (i32.const 100))))))");
  CHECK(e.call<std::int32_t>(in, "run", 102, 2) == 0x11110000 + 2);
  CHECK(e.failure(in, "run", 65535, 2) == errc::trap_host);
  CHECK(e.failure(in, "run", -1, 2) == errc::trap_host);
}

namespace {

/// Memories that move when they grow.
struct moving_memory_config : engine_config {
  using memory = allocated_memory;
};

template <class Config>
void check_growth_below() {
  test::engine<Config> e;
  instance* self = nullptr;
  e.imports.func("h", "back", [&](caller& from, std::int32_t n) -> result<std::int32_t> {
    if (n == 0) return 0;
    WASM64_TRY(const std::int32_t below, e.st.template call<std::int32_t>(*self->exported_func("run"), n - 1));
    return below + static_cast<std::int32_t>(from.memory()->pages());
  });
  instance& in = e.add(R"((module (import "h" "back" (func $back (param i32) (result i32))) (memory 0 100)
    (func (export "run") (param $n i32) (result i32) (local $kept i32)
      (local.set $kept (i32.mul (local.get $n) (i32.const 1000)))
      (i32.add (local.get $kept)
        (i32.add
          (block (result i32)
            (drop (memory.grow (i32.const 1)))
            (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 0))
            (call $back (local.get $n)))
          (i32.load (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))))))))");
  self = &in;
  CHECK(e.template call<std::int32_t>(in, "run", 4) == 10'000 + 4 * 5);
  CHECK(in.memory()->pages() == 5);
}

}  // namespace

TEST_CASE("host: a function may call back, and growing memory there is seen by its caller") {
  check_growth_below<engine_config>();
  check_growth_below<moving_memory_config>();
}

TEST_CASE("host: a callback into another instance comes back to the right memory and globals") {
  test::engine<> e;
  instance* other = nullptr;
  e.imports.func("h", "back", [&] { return e.st.call<std::int32_t>(*other->exported_func("f")); });
  other = &e.add(R"((module (memory 1) (data (i32.const 0) "\07") (global $g i32 (i32.const 30))
    (func (export "f") (result i32) (i32.add (global.get $g) (i32.load (i32.const 0))))))");
  instance& in = e.add(R"((module (import "h" "back" (func $back (result i32))) (memory 1) (data (i32.const 0) "\01")
    (global $g i32 (i32.const 100))
    (func (export "run") (result i32)
      (i32.add (call $back) (i32.add (global.get $g) (i32.load (i32.const 0)))))))");
  CHECK(e.call<std::int32_t>(in, "run") == 37 + 101);
}

TEST_CASE("host: nesting is limited, also where host functions only call each other") {
  limits l;
  l.host_nesting = 20;
  test::engine<> e(l);
  instance* self = nullptr;
  int deepest = 0, depth = 0;
  const auto again = [&](const char* name) -> result<void> {
    deepest = std::max(deepest, ++depth);
    const auto outcome = e.st.call<>(*self->exported_func(name));
    --depth;
    return outcome;
  };
  e.imports.func("h", "through", [&] { return again("run"); });
  e.imports.func("h", "itself", [&] { return again("itself"); });
  instance& in = e.add(R"((module (import "h" "through" (func $f)) (import "h" "itself" (func $itself))
    (export "itself" (func $itself))
    (func (export "run") (call $f)) (func (export "run_itself") (call $itself)) (func (export "fine"))))");
  self = &in;
  CHECK(e.failure(in, "run") == errc::trap_host_nesting);
  CHECK(deepest == 20);
  deepest = 0;
  CHECK(e.failure(in, "run_itself") == errc::trap_host_nesting);
  CHECK(deepest == 20);
  CHECK(e.failure(in, "itself") == errc::trap_host_nesting);
  e.call(in, "fine");
}

TEST_CASE("host: the call depth counts frames on both sides of a host function") {
  limits l;
  l.call_depth = 100;
  test::engine<> e(l);
  instance* self = nullptr;
  e.imports.func("h", "down", [&](std::int32_t n) { return e.st.call<>(*self->exported_func("run"), n); });
  instance& in = e.add(R"((module (import "h" "down" (func $down (param i32)))
    (func $run (export "run") (param i32)
      (if (i32.eqz (local.get 0)) (then (return)))
      (if (i32.eq (local.get 0) (i32.const 50)) (then (call $down (i32.const 49)) (return)))
      (call $run (i32.sub (local.get 0) (i32.const 1))))))");
  self = &in;
  e.call(in, "run", 99);
  CHECK(e.failure(in, "run", 100) == errc::trap_call_stack_exhausted);
  e.call(in, "run", 99);
}

TEST_CASE("host: an error of a nested call may be handled there") {
  test::engine<> e;
  instance* self = nullptr;
  e.imports.func("h", "try", [&] { return e.st.call<>(*self->exported_func("bad")).has_value() ? 1 : 2; });
  instance& in = e.add(R"((module (import "h" "try" (func $try (result i32)))
    (func (export "bad") (unreachable))
    (func (export "run") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (call $try)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1))))");
  self = &in;
  CHECK(e.call<std::int32_t>(in, "run", 1000) == 2000);
}

TEST_CASE("host: functions are values: passed, called indirectly and kept in tables") {
  test::engine<> e;
  func_instance* triple = e.st.make_func(host_func([](std::int32_t v) { return 3 * v; }), "triple");
  instance& in = e.add(R"((module (type $t (func (param i32) (result i32))) (table $t 2 funcref)
    (func (export "run") (param funcref i32) (result i32)
      (table.set $t (i32.const 1) (local.get 0))
      (i32.add (call_indirect $t (type $t) (local.get 1) (i32.const 1)) (call $tail (local.get 1))))
    (func $tail (param i32) (result i32) (return_call_indirect $t (type $t) (local.get 0) (i32.const 1)))
    (func (export "wrong") (param funcref) (table.set $t (i32.const 0) (local.get 0)) (call_indirect $t (i32.const 0)))))");
  CHECK(e.call_with(in, "run", {value::funcref(triple), value::i32(7)})[0].as_i32() == 42);
  vector<value> results;
  CHECK(e.failure_with(in, "wrong", {value::funcref(triple)}, results) == errc::trap_indirect_call_mismatch);
  CHECK(e.st.call<std::int32_t>(*triple, 5).value() == 15);
}

TEST_CASE("host: what is left in the upper half of a 32-bit value does not matter") {
  test::engine<> e;
  e.imports.define("h", "dirty",
                   untyped_host_func({{}, {types::i32}},
                                     [](caller&, std::span<const value>, std::span<value> results) -> result<void> {
                                       results[0].bits = 0xabcdef0000000008;
                                       return success();
                                     }));
  instance& in = e.add(R"((module (import "h" "dirty" (func $dirty (result i32))) (memory 1) (data (i32.const 8) "\2a")
    (func (export "result") (result i32) (i32.load (call $dirty)))
    (func (export "argument") (param i32) (result i32) (i32.load (local.get 0)))))");
  CHECK(e.call<std::int32_t>(in, "result") == 42);
  CHECK(e.call_with(in, "argument", {{types::i32, 0x100000008, 0}})[0].as_i32() == 42);
}
