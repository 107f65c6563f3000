// Programs compiled by Emscripten, with the library that a node gives them.
#include "wasm64/device/emscripten.hpp"
#include "tests/device/support.hpp"
#include "wasm64/device/wasi.hpp"

using namespace device_tests;

namespace {

struct emscripten_config : default_device_config {
  using siblings = device_list<wasi_device, emscripten_device>;
  using builtin_libraries = device_list<emscripten_device>;
};
struct metered_config : emscripten_config {
  struct engine : engine_config {
    static constexpr bool metered = true;
  };
};

constexpr std::string_view program = R"((module
  (import "env" "invoke_v" (func $invoke (param i32)))
  (import "env" "_emscripten_throw_longjmp" (func $longjmp))
  (import "env" "emscripten_date_now" (func $now (result f64)))
  (import "env" "__syscall_mkdirat" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "env" "metering_gasUsed" (func $used (result i64)))
  (import "env" "__cxa_uncaught_exceptions" (func $uncaught (result i32)))
  (import "env" "__cxa_throw" (func $throw (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "/made\00")
  (table (export "__indirect_function_table") 1 funcref)
  (elem (i32.const 0) func $jump)
  (global $threw (mut i32) (i32.const 0))
  (global $started (mut i32) (i32.const 0))
  (func (export "setThrew") (param i32 i32) (global.set $threw (local.get 0)))
  (func (export "stackSave") (result i32) (i32.const 0))
  (func (export "stackRestore") (param i32))
  (func (export "emscripten_stack_init") (global.set $started (i32.mul (i32.add (global.get $started) (i32.const 1))
    (i32.const 10))))
  (func (export "__wasm_call_ctors") (global.set $started (i32.add (global.get $started) (i32.const 1))))
  (func $jump (call $longjmp))
  (func (export "started") (result i32) (global.get $started))
  (func (export "threw") (result i32) (call $invoke (i32.const 0)) (global.get $threw))
  (func (export "now") (result f64) (call $now))
  (func (export "mkdir") (result i32) (call $mkdir (i32.const -100) (i32.const 16) (i32.const 0)))
  (func (export "jump") (call $longjmp))
  (func (export "throw") (call $throw (i32.const 1000) (i32.const 0) (i32.const 0)))
  (func (export "uncaught") (result i32) (call $uncaught))
  (func (export "used") (result i64) (call $invoke (i32.const 0)) (call $used))))";

}  // namespace

TEST_CASE("a node's programs have Emscripten's library without naming it", "[device][emscripten]") {
  fixture<emscripten_config> f;
  msg m = f.init(program);
  m = f.compute(m, "threw");
  CHECK(m.get("results/output") == list({1}));
  m = f.compute(m, "jump");
  CHECK(text_at(m, "results/type") == "error");
  CHECK(text_at(m, "results/output").find("unhandled exception: longjmp") == 0);
}

TEST_CASE("constructors run once, when an instance is new", "[device][emscripten]") {
  fixture<emscripten_config> f;
  msg m = f.compute(f.init(program), "started");
  CHECK(m.get("results/output") == list({11}));
  msg restored = with(map({{"image", image(program)}}), "snapshot", take(f.device.snapshot(m)));
  restored = f.compute(take(f.device.normalize(restored)), "started");
  CHECK(restored.get("results/output") == list({11}));
}

TEST_CASE("a constructor that traps fails the initialization", "[device][emscripten]") {
  fixture<emscripten_config> f;
  const msg base = map({{"image", image(R"((module (func (export "__wasm_call_ctors") unreachable)))")}});
  CHECK(code_of(f.device.init(base)) == errc::trap_unreachable);
  CHECK(code_of(f.device.init(
            map({{"image", image(R"((module (func (export "__wasm_call_ctors") (param i32))))")}}))) == errc{});
}

TEST_CASE("programs see the time of the message and make files in it", "[device][emscripten]") {
  fixture<emscripten_config> f;
  msg m = f.init(program);
  m = take(f.device.compute(m, map({{"function", "now"}, {"timestamp", 1'726'560'000'977}})));
  CHECK(m.get("results/output") == list({1726560000977.0}));
  m = f.compute(m, "mkdir");
  CHECK(m.get("results/output") == list({0}));
  CHECK(m.get("vfs/made").kind() == value_kind::map);
  m = f.compute(m, "mkdir");
  CHECK(m.get("results/output") == list({-20}));
}

TEST_CASE("what a message offers for env comes before Emscripten's library, but for exceptions",
          "[device][emscripten]") {
  fixture<emscripten_config> f;
  const msg answer = map({{"results", list({7.0})}});
  msg base = with(map({{"image", image(program)}}), "stdlib/env/emscripten_date_now", answer);
  base = with(base, "stdlib/env/invoke_v", map({{"results", list({})}}));
  msg m = f.compute(take(f.device.init(base)), "now");
  CHECK(m.get("results/output") == list({7.0}));
  m = f.compute(m, "threw");
  CHECK(m.get("results/output") == list({1}));
}

TEST_CASE("exceptions that a trap has left behind are forgotten by the next call", "[device][emscripten]") {
  fixture<emscripten_config> f;
  msg m = f.compute(f.init(program), "throw");
  CHECK(text_at(m, "results/output").find("unhandled exception: C++ exception") == 0);
  m = f.compute(m, "uncaught");
  CHECK(m.get("results/output") == list({0}));
}

TEST_CASE("metered programs can ask how much they have used", "[device][emscripten]") {
  device_options options;
  options.fuel = 1000;
  fixture<metered_config> f(options);
  msg m = f.compute(f.init(program), "used");
  const std::int64_t used = m.get("results/output").elements()[0].as_integer().as_int64();
  CHECK(used > 5);
  CHECK(used < 100);
  fixture<emscripten_config> unmetered;
  m = unmetered.compute(unmetered.init(program), "used");
  CHECK(m.get("results/output") == list({0}));
}
