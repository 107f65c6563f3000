#include "tests/support/small_stack.hpp"
#include "tests/unit/host/emscripten_program.hpp"

using namespace wasm64;
using test::emscripten_program;

namespace {

std::string program(std::string_view imports, std::string_view code) {
  return "(module " + std::string(imports) + std::string(test::emscripten_runtime) + std::string(code) + ")";
}

struct metered_config : engine_config {
  static constexpr bool metered = true;
};

const std::string longjmp_import = R"((import "env" "_emscripten_throw_longjmp" (func $longjmp)))";

}  // namespace

TEST_CASE("invoke passes arguments and results of any signature") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, program(R"(
    (import "env" "invoke_mixed" (func $invoke (param %p i32 i64 f32 f64) (result f64))))",
                                         R"(
    (elem (i32.const 3) func $sum)
    (func $sum (param i32 i64 f32 f64) (result f64)
      (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
               (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
    (func (export "run") (result i32)
      (i32.trunc_f64_s
        (call $invoke (%p.const 3) (i32.const -1) (i64.const 20) (f32.const 300) (f64.const 4000)))))"));
  CHECK(p.call("run") == 4319);
  CHECK(p.machine.st.get(*p.in->exported_global("threw")).bits == 0);
}

TEST_CASE("longjmp ends at the nearest invoke, which restores the stack and answers zero") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, program(longjmp_import + R"(
    (import "env" "invoke_ij" (func $invoke (param %p i64) (result i64))))",
                                         R"(
    (elem (i32.const 1) func $deep)
    (func $down (param i64)
      (global.set $sp (%p.sub (global.get $sp) (%p.const 16)))
      (if (i64.eqz (local.get 0)) (then (call $longjmp)))
      (call $down (i64.sub (local.get 0) (i64.const 1))))
    (func $deep (param i64) (result i64) (call $down (local.get 0)) (i64.const 7))
    (func (export "run") (result i32)
      (local $before %p)
      (local.set $before (global.get $sp))
      (if (i64.ne (call $invoke (%p.const 1) (i64.const 20)) (i64.const 0)) (then (return (i32.const 1))))
      (if (%p.ne (global.get $sp) (local.get $before)) (then (return (i32.const 2))))
      (if (%p.ne (global.get $threw) (%p.const 1)) (then (return (i32.const 3))))
      (call $reset)
      (i32.const 0))
    (func (export "again") (param i32) (result i32)
      (loop $l
        (drop (call $invoke (%p.const 1) (i64.const 3)))
        (call $reset)
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 0)))"));
  CHECK(p.call("run") == 0);
  CHECK(p.call("again", 1000) == 0);
}

TEST_CASE("a longjmp that nobody catches is a trap that says so") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, program(longjmp_import, R"((func (export "run") (call $longjmp)))"));
  CHECK(p.failure("run") == "unhandled exception: longjmp");
}

TEST_CASE("invoke catches no traps") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, program(R"((import "env" "invoke_v" (func $invoke (param %p))))", R"(
    (elem (i32.const 1) func $wild $stop $recurse $typed)
    (func $wild (drop (i32.load (%p.const 0x7fffffff))))
    (func $stop unreachable)
    (func $recurse (call $recurse))
    (func $typed (param i32))
    (func (export "wild") (call $invoke (%p.const 1)))
    (func (export "stop") (call $invoke (%p.const 2)))
    (func (export "recurse") (call $invoke (%p.const 3)))
    (func (export "typed") (call $invoke (%p.const 4)))
    (func (export "null") (call $invoke (%p.const 9)))
    (func (export "outside") (call $invoke (%p.const 99)))
    (func (export "good") (result i32) (i32.const 1)))"));
  CHECK(p.failure("wild") == "out of bounds memory access");
  CHECK(p.failure("stop") == "unreachable");
  CHECK(p.failure("recurse") == "call stack exhausted");
  CHECK(p.failure("typed") == "indirect call type mismatch");
  CHECK(p.failure("null") == "uninitialized element");
  CHECK(p.failure("outside") == "undefined element");
  CHECK(p.machine.st.get(*p.in->exported_global("threw")).bits == 0);
  CHECK(p.call("good") == 1);
}

TEST_CASE("running out of fuel is not caught by invoke, and such a call can go on") {
  const auto m = test::compile_wat(emscripten_program::for_width(true, program(R"(
    (import "env" "invoke_v" (func $invoke (param %p))))",
                                                                               R"(
    (elem (i32.const 1) func $count)
    (global $n (mut i32) (i32.const 0))
    (func $count (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if $l (i32.lt_u (global.get $n) (i32.const 1000)))))
    (func (export "run") (result i32) (call $invoke (%p.const 1)) (global.get $n)))")));
  wasi_context host;
  emscripten_context context(host);
  linker imports;
  define_emscripten(imports, *m, context);
  store<metered_config> st;
  const instance& in = *st.instantiate(m, imports).value();
  st.set_fuel(100);
  vector<value> results;
  CHECK(st.call(*in.exported_func("run"), {}, results).error().code == errc::trap_out_of_fuel);
  REQUIRE(st.suspended());
  st.add_fuel(1'000'000);
  REQUIRE(st.resume(results).has_value());
  CHECK(results[0].as_i32() == 1000);
}

TEST_CASE("nested invokes reach the limit of calls before the native stack ends") {
  const bool memory64 = GENERATE(false, true);
  limits few;
  few.call_depth = 10'000;
  std::string first, second;
  emscripten_program p(memory64, program(R"((import "env" "invoke_vi" (func $invoke (param %p i32))))", R"(
    (elem (i32.const 1) func $down)
    (func $down (param i32)
      (if (local.get 0) (then (call $invoke (%p.const 1) (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "endless") (call $down (i32.const -1)))
    (func (export "deep") (result i32) (call $down (i32.const 4000)) (i32.const 1)))"),
                       few);
  std::int32_t deep = 0;
  test::on_small_stack(std::size_t{128} << 10, [&] {
    vector<value> results;
    const auto endless = p.machine.st.call(*p.in->exported_func("endless"), {}, results);
    first = message(endless.error().code);
    const auto done = p.machine.st.call<std::int32_t>(*p.in->exported_func("deep"));
    deep = done.has_value() ? done.value() : 0;
  });
  CHECK(first == "call stack exhausted");
  CHECK(deep == 1);
}

TEST_CASE("older programs give longjmp its buffer and value") {
  const bool memory64 = GENERATE(false, true);
  const std::string name = GENERATE("emscripten_longjmp", "emscripten_longjmp_jmpbuf", "longjmp");
  emscripten_program p(memory64, program(R"(
    (import "env" ")" + name + R"(" (func $longjmp (param %p i32)))
    (import "env" "invoke_v" (func $invoke (param %p))))",
                                         R"(
    (elem (i32.const 1) func $jump)
    (global $with (mut i32) (i32.const 0))
    (func $jump (call $longjmp (%p.const 1000) (global.get $with)))
    (func (export "run") (param i32) (result i32)
      (global.set $with (local.get 0))
      (call $reset)
      (call $invoke (%p.const 1))
      (i32.mul (global.get $value) (%p.eq (global.get $threw) (%p.const 1000)))))"));
  CHECK(p.call("run", 5) == 5);
  CHECK(p.call("run", 0) == 1);
}

TEST_CASE("an instance without what the library needs is not made") {
  const auto error_of = [](const std::string& text) {
    const auto m = test::compile_wat(text);
    wasi_context host;
    emscripten_context context(host);
    linker imports;
    define_emscripten(imports, *m, context);
    store<> st;
    return st.instantiate(m, imports).error();
  };
  const std::string invoke = R"((module (import "env" "invoke_v" (func (param i32))) (memory 1) )";
  const std::string table = R"((table (export "__indirect_function_table") 1 funcref) )";
  const std::string stack = R"((global (export "__stack_pointer") (mut i32) (i32.const 0)) )";
  const auto missing = [](const char* what) { return std::string(what) + ", which env.invoke_v needs"; };
  CHECK(error_of(invoke + ")").code == errc::unknown_export);
  CHECK(error_of(invoke + ")").detail == missing("__indirect_function_table"));
  CHECK(error_of(invoke + table + ")").detail == missing("stackSave"));
  CHECK(error_of(invoke + table + stack + ")").detail == missing("setThrew"));
  CHECK(error_of(invoke + table + stack + R"((func (export "setThrew") (param i64)) ))").detail == missing("setThrew"));
}

TEST_CASE("the stack pointer may be a global or functions of other names") {
  const std::string stack = GENERATE(R"((global $sp (export "__stack_pointer") (mut i32) (i32.const 80)))",
                                     R"((global $sp (mut i32) (i32.const 80))
         (func (export "stackSave") (result i32) (global.get $sp))
         (func (export "stackRestore") (param i32) (global.set $sp (local.get 0))))");
  emscripten_program p(false, R"((module (import "env" "invoke_v" (func $invoke (param i32)))
    (import "env" "_emscripten_throw_longjmp" (func $longjmp)) (memory 1)
    (table (export "__indirect_function_table") 1 funcref) (elem (i32.const 0) func $f)
    (func (export "setThrew") (param i32 i32)) )" +
                                  stack + R"(
    (func $f (global.set $sp (i32.const 16)) (call $longjmp))
    (func (export "run") (result i32) (call $invoke (i32.const 0)) (global.get $sp))))");
  CHECK(p.call("run") == 80);
}

TEST_CASE("what has another type than the library gives it stays undefined") {
  const auto m = test::compile_wat(R"((module
    (import "env" "invoke_" (func))
    (import "env" "invoke_f" (func (param f32)))
    (import "env" "__cxa_throw" (func (param i32 i32)))
    (import "env" "asyncjs__f" (func))
    (import "other" "invoke_v" (func (param i32)))
    (memory 1)))");
  wasi_context host;
  emscripten_context context(host);
  linker imports;
  define_emscripten(imports, *m, context);
  for (const import_desc& i : m->imports) CHECK(imports.find(i.module, i.name) == nullptr);
}
