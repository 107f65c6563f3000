#include "tests/unit/host/emscripten_program.hpp"

using namespace wasm64;
using test::emscripten_program;

// Thrown objects in these programs are 8 bytes with a number at their beginning; types are numbers. The type 100 of a
// handler fits the thrown type 200 at 4 bytes behind the object's beginning, as a second base class would; 300 is a
// pointer's type.

namespace {

std::string program(const std::string& imports, const std::string& code, const std::string& more = {}) {
  return "(module " + imports + R"(
    (import "env" "invoke_vi" (func $invoke (param %p i32)))
    (import "env" "__cxa_throw" (func $throw (param %p %p %p)))
    (import "env" "__cxa_begin_catch" (func $begin (param %p) (result %p)))
    (import "env" "__cxa_end_catch" (func $end))
    (import "env" "__cxa_find_matching_catch_2" (func $match (result %p)))
    (import "env" "__cxa_find_matching_catch_3" (func $match1 (param %p) (result %p)))
    (import "env" "__cxa_find_matching_catch_4" (func $match2 (param %p %p) (result %p)))
    (import "env" "__resumeException" (func $resume (param %p)))
    (import "env" "__cxa_allocate_exception" (func $allocate (param %p) (result %p)))
    (import "env" "__cxa_uncaught_exceptions" (func $uncaught (result i32))))" +
         std::string(test::emscripten_runtime) + R"(
    (global $destroyed (mut i32) (i32.const 0))
    (global $freed (mut i32) (i32.const 0))
    (func $destroy (param %p) (result %p)
      (global.set $destroyed (i32.add (global.get $destroyed) (i32.const 1))) (local.get 0))
    (func (export "free") (param %p) (global.set $freed (i32.add (global.get $freed) (i32.const 1))))
    (func (export "__cxa_can_catch") (param %p %p %p) (result i32)
      (if (i32.and (%p.eq (local.get 0) (%p.const 100)) (%p.eq (local.get 1) (%p.const 200)))
        (then
          (%p.store (local.get 2) (%p.add (%p.load (local.get 2)) (%p.const 4)))
          (return (i32.const 1))))
      (i32.const 0))
    (func (export "__cxa_is_pointer_type") (param %p) (result i32) (%p.eq (local.get 0) (%p.const 300)))
    (func $throw_typed (param $type i32) (param $value i32)
      (local $object %p)
      (local.set $object (call $allocate (%p.const 8)))
      (i32.store (local.get $object) (local.get $value))
      (i32.store offset=4 (local.get $object) (i32.const 44))
      (call $throw (local.get $object) (call $wide (local.get $type)) (%p.const 1)))
    (elem (i32.const 1) func $destroy)
    )" + more +
         code + ")";
}

/// Declares what a width needs to turn i32 into a pointer.
std::string with_width(bool memory64, std::string text) {
  text.insert(text.rfind(')'), memory64 ? "(func $wide (param i32) (result i64) (i64.extend_i32_u (local.get 0)))"
                                        : "(func $wide (param i32) (result i32) (local.get 0))");
  return text;
}

}  // namespace

TEST_CASE("a handler gets the thrown object, which is destroyed behind it") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, with_width(memory64, program("", R"(
    (elem (i32.const 2) func $risky)
    (func $risky (param i32) (call $throw_typed (i32.const 200) (local.get 0)))
    (func (export "run") (param i32) (result i32)
      (local $object %p) (local $answer i32)
      (call $invoke (%p.const 2) (local.get 0))
      (if (%p.ne (global.get $threw) (%p.const 1)) (then (return (i32.const -1))))
      (call $reset)
      (if (i32.ne (call $uncaught) (i32.const 1)) (then (return (i32.const -2))))
      (local.set $object (call $match1 (%p.const 200)))
      (if (i32.ne (global.get $second) (i32.const 200)) (then (return (i32.const -3))))
      (local.set $answer (i32.load (call $begin (local.get $object))))
      (if (i32.ne (call $uncaught) (i32.const 0)) (then (return (i32.const -4))))
      (if (global.get $destroyed) (then (return (i32.const -5))))
      (call $end)
      (if (i32.ne (global.get $destroyed) (i32.const 1)) (then (return (i32.const -6))))
      (if (i32.ne (global.get $freed) (i32.const 1)) (then (return (i32.const -7))))
      (local.get $answer)))")));
  CHECK(p.call("run", 42) == 42);
  CHECK(p.context.caught.empty());
  CHECK(p.context.thrown == 0);
  CHECK(p.context.uncaught == 0);
}

TEST_CASE("handlers are matched by type, and get the part of the object they are for") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(
      memory64,
      with_width(memory64, program("", R"(
    (elem (i32.const 2) func $risky)
    (func $risky (param i32) (call $throw_typed (local.get 0) (i32.const 7)))
    (func $catch (param $type i32) (result %p)
      (call $invoke (%p.const 2) (local.get $type))
      (call $reset)
      (call $match2 (%p.const 50) (%p.const 100)))
    (func (export "base") (result i32)
      (local $answer i32)
      (local.set $answer (i32.load (call $begin (call $catch (i32.const 200)))))
      (call $end)
      (i32.add (i32.mul (global.get $second) (i32.const 1000)) (local.get $answer)))
    (func (export "other") (result i32)
      (drop (call $begin (call $catch (i32.const 201))))
      (call $end)
      (global.get $second))
    (func (export "all") (result i32)
      (call $invoke (%p.const 2) (i32.const 201))
      (call $reset)
      (drop (call $begin (call $match1 (%p.const 0))))
      (call $end)
      (global.get $second))
    (func (export "pointer") (result i32)
      (call $invoke (%p.const 2) (i32.const 300))
      (call $reset)
      (call $narrow (call $begin (call $match1 (%p.const 300))))
      (call $end)))",
                                   memory64 ? "(func $narrow (param i64) (result i32) (i32.wrap_i64 (local.get 0)))"
                                            : "(func $narrow (param i32) (result i32) (local.get 0))")));
  CHECK(p.call("base") == 100'044);
  CHECK(p.call("other") == 201);
  CHECK(p.call("all") == 201);
  CHECK(p.call("pointer") == 7);
}

TEST_CASE("an exception passes through cleanups and is thrown again by handlers") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, with_width(memory64, program(R"((import "env" "__cxa_rethrow" (func $rethrow)))", R"(
    (global $log (mut i32) (i32.const 0))
    (func $note (param i32)
      (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
    (elem (i32.const 2) func $risky $cleanup $again $rethrows)
    (func $risky (param i32) (call $throw_typed (i32.const 200) (local.get 0)))
    (func $cleanup (param i32)
      (local $object %p)
      (call $invoke (%p.const 2) (local.get 0))
      (call $reset)
      (local.set $object (call $match))
      (call $note (i32.const 1))
      (call $resume (local.get $object)))
    (func $rethrows (param i32) (call $rethrow))
    (func $again (param i32)
      (local $object %p)
      (call $invoke (%p.const 3) (local.get 0))
      (call $reset)
      (drop (call $begin (call $match1 (%p.const 0))))
      (call $note (i32.const 2))
      (call $invoke (%p.const 5) (i32.const 0))
      (call $reset)
      (local.set $object (call $match))
      (call $end)
      (call $note (i32.const 3))
      (call $resume (local.get $object)))
    (func (export "run") (result i32)
      (call $invoke (%p.const 4) (i32.const 9))
      (call $reset)
      (if (global.get $destroyed) (then (return (i32.const -1))))
      (call $note (i32.load (call $begin (call $match1 (%p.const 200)))))
      (call $end)
      (i32.add (i32.mul (global.get $log) (i32.const 10)) (global.get $destroyed))))")));
  CHECK(p.call("run") == 12391);
  CHECK(p.context.uncaught == 0);
}

TEST_CASE("an exception that nobody catches is a trap that says so, and is forgotten") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, with_width(memory64, program("", R"(
    (func (export "run") (call $throw_typed (i32.const 200) (i32.const 1))))")));
  CHECK(p.failure("run") == "unhandled exception: C++ exception");
  CHECK(p.context.uncaught == 1);
  p.context.forget_exceptions();
  CHECK(p.context.uncaught == 0);
  CHECK(p.context.thrown == 0);
}

TEST_CASE("exceptions can be held and thrown again later") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, with_width(memory64, program(R"(
    (import "env" "__cxa_current_primary_exception" (func $current (result %p)))
    (import "env" "__cxa_current_exception_type" (func $type (result %p)))
    (import "env" "__cxa_rethrow_primary_exception" (func $throw_again (param %p)))
    (import "env" "__cxa_decrement_exception_refcount" (func $release (param %p))))",
                                                              R"(
    (global $held (mut %p) (%p.const 0))
    (elem (i32.const 2) func $risky $later)
    (func $risky (param i32) (call $throw_typed (i32.const 200) (local.get 0)))
    (func $later (param i32) (call $throw_again (global.get $held)))
    (func (export "run") (result i32)
      (local $sum i32)
      (if (%p.ne (call $current) (%p.const 0)) (then (return (i32.const -1))))
      (call $throw_again (%p.const 0))
      (call $release (%p.const 0))
      (call $invoke (%p.const 2) (i32.const 30))
      (call $reset)
      (drop (call $begin (call $match1 (%p.const 0))))
      (global.set $held (call $current))
      (if (%p.ne (call $type) (%p.const 200)) (then (return (i32.const -2))))
      (call $end)
      (if (global.get $destroyed) (then (return (i32.const -3))))
      (call $invoke (%p.const 3) (i32.const 0))
      (call $reset)
      (local.set $sum (i32.load (call $begin (call $match1 (%p.const 0)))))
      (call $end)
      (if (global.get $destroyed) (then (return (i32.const -4))))
      (call $release (global.get $held))
      (i32.add (local.get $sum) (global.get $destroyed))))")));
  CHECK(p.call("run") == 31);
}

TEST_CASE("a program may count references and destroy by itself") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, with_width(memory64, program("", R"(
    (elem (i32.const 2) func $risky)
    (global $counted (mut i32) (i32.const 0))
    (func (export "__cxa_decrement_exception_refcount") (param %p)
      (global.set $counted (i32.add (global.get $counted) (i32.const 1))))
    (func $risky (param i32) (call $throw_typed (i32.const 200) (local.get 0)))
    (func (export "run") (result i32)
      (call $invoke (%p.const 2) (i32.const 1))
      (call $reset)
      (drop (call $begin (call $match1 (%p.const 0))))
      (call $end)
      (i32.add (i32.mul (global.get $counted) (i32.const 10)) (global.get $destroyed))))")));
  CHECK(p.call("run") == 10);
}

TEST_CASE("misuse of exceptions ends the call") {
  const bool memory64 = GENERATE(false, true);
  emscripten_program p(memory64, with_width(memory64, program(R"((import "env" "__cxa_rethrow" (func $rethrow)))", R"(
    (func (export "end") (call $end))
    (func (export "rethrow") (call $rethrow))
    (func (export "low") (call $throw (%p.const 1) (%p.const 2) (%p.const 3)))
    (func (export "high") (drop (call $begin (%p.const 0x7ffffff0))))
    (func (export "last") (drop (call $begin (%p.const -1))))
    (func (export "none") (result i32) (%p.eqz (call $match))))")));
  CHECK(p.failure("end") == "program aborted: no exception is caught");
  CHECK(p.failure("rethrow") == "program aborted: no exception to throw");
  CHECK(p.failure("low") == "out of bounds memory access: C++ exception");
  CHECK(p.failure("high") == "out of bounds memory access: C++ exception");
  CHECK(p.failure("last") == "out of bounds memory access: C++ exception");
  CHECK(p.call("none") == 1);
}

TEST_CASE("where the library keeps the second result, the program reads it there") {
  emscripten_program p(false, R"((module
    (import "env" "getTempRet0" (func $get (result i32)))
    (import "env" "setTempRet0" (func $set (param i32)))
    (import "env" "__cxa_find_matching_catch_2" (func $match (result i32)))
    (import "env" "llvm_eh_typeid_for" (func $id (param i32) (result i32)))
    (memory 1)
    (func (export "run") (result i32)
      (call $set (call $id (i32.const 5)))
      (if (i32.ne (call $get) (i32.const 5)) (then (return (i32.const -1))))
      (drop (call $match))
      (call $get))))");
  CHECK(p.call("run") == 0);
}
