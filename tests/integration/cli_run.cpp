// The program is built only where CLI11 is installed.
#if defined(WASM64_CLI_PROGRAM)
#include "tests/integration/cli_process.hpp"

namespace {

constexpr const char* values = R"((module
  (func (export "i32") (param i32) (result i32) local.get 0)
  (func (export "i64") (param i64) (result i64) local.get 0)
  (func (export "f32") (param f32) (result f32) local.get 0)
  (func (export "f64") (param f64) (result f64) local.get 0)
  (func (export "two") (param i32 f64) (result f64 i32) local.get 1 local.get 0)
  (func (export "extern") (param externref) (result externref) local.get 0)
  (func $f (export "func") (result funcref) ref.func $f)
  (memory (export "memory") i64 1)))";

constexpr const char* loops = R"((module
  (memory i64 1 8)
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "forever") (loop (br 0)))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "set") (param i64) (i64.store8 (local.get 0) (i64.const 1)))
  (func $inner (unreachable))
  (func $outer (export "trap") (call $inner))))";

std::string guest(const std::string& name) { return std::string("'") + WASM64_TESTS + "/guests/" + name + "'"; }

}  // namespace

TEST_CASE("run prints results, one a line") {
  const cli_process wasm64;
  wasm64.write("v.wat", values);
  const auto result = [&](const std::string& arguments) {
    const cli_process::outcome run = wasm64("run v.wat --invoke " + arguments);
    CHECK(run.exit_code == 0);
    CHECK(run.errors == "");
    return run.output;
  };
  CHECK(result("i32 42") == "42\n");
  CHECK(result("i32 -1") == "-1\n");
  CHECK(result("i32 -- -1") == "-1\n");
  CHECK(result("i32 0xffffffff") == "-1\n");
  CHECK(result("i64 18446744073709551615") == "-1\n");
  CHECK(result("i64 -9223372036854775808") == "-9223372036854775808\n");
  CHECK(result("f32 0.1") == "0.1\n");
  CHECK(result("f64 -- -2.5e10") == "-2.5e+10\n");
  CHECK(result("f64 inf") == "inf\n");
  CHECK(result("f64 -- -inf") == "-inf\n");
  CHECK(result("f64 nan") == "nan\n");
  CHECK(result("f32 -- -nan:0x1") == "-nan:0x1\n");
  CHECK(result("two -3 0.25") == "0.25\n-3\n");
  CHECK(result("extern 7") == "ref.extern 7\n");
  CHECK(result("extern null") == "ref.null\n");
  CHECK(result("func") == "ref.func\n");
}

TEST_CASE("run refuses arguments that do not fit the signature") {
  const cli_process wasm64;
  wasm64.write("v.wat", values);
  const auto refusal = [&](const std::string& arguments) {
    const cli_process::outcome run = wasm64("run " + arguments);
    CHECK(run.exit_code == 2);
    CHECK(run.output == "");
    return run.errors;
  };
  CHECK(refusal("v.wat --invoke i32 4294967296") == "wasm64: argument '4294967296' is out of range for i32\n");
  CHECK(refusal("v.wat --invoke i32 -2147483649") == "wasm64: argument '-2147483649' is out of range for i32\n");
  CHECK(refusal("v.wat --invoke i64 1.5") == "wasm64: argument '1.5' is no i64\n");
  CHECK(refusal("v.wat --invoke f32 1e39") == "wasm64: argument '1e39' is out of range for f32\n");
  CHECK(refusal("v.wat --invoke two 1") ==
        "wasm64: wrong number of arguments: 1 given, the type is (i32 f64) -> (f64 i32)\n");
  CHECK(refusal("v.wat --invoke memory") == "wasm64: v.wat: no function is exported as memory\n");
  CHECK(refusal("v.wat") == "wasm64: v.wat: no function is exported as _start; name one with --invoke\n");
  CHECK(refusal("missing.wasm") == "wasm64: missing.wasm: No such file or directory\n");
}

TEST_CASE("run shows where a trap happened") {
  const cli_process wasm64;
  wasm64.write("l.wat", loops);
  const cli_process::outcome run = wasm64("run l.wat --invoke trap");
  CHECK(run.exit_code == 1);
  CHECK(run.output == "");
  CHECK(run.errors.find("wasm64: l.wat: trap: unreachable\n  #0 inner @ 0x") == 0);
  CHECK(run.errors.find("\n  #1 outer @ 0x") != std::string::npos);
}

TEST_CASE("run gives a program copies of files") {
  const cli_process wasm64;
  wasm64.write("cat.wat", R"((module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory 1)
    (data (i32.const 100) "data/in.txt")
    (func (export "_start") (local $e i32)
      (local.set $e (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 11) (i32.const 0) (i64.const 2)
        (i64.const 0) (i32.const 0) (i32.const 0)))
      (if (local.get $e) (then (call $exit (local.get $e))))
      (i32.store (i32.const 16) (i32.const 200))
      (i32.store (i32.const 20) (i32.const 1000))
      (drop (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 20)))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0))))))");
  wasm64.write("text", "some lines\n");
  const cli_process::outcome run = wasm64("run cat.wat --file /other=cat.wat --file /data/in.txt=text");
  CHECK(run.output == "some lines\n");
  CHECK(run.exit_code == 0);
  CHECK(wasm64("run cat.wat --file /other=text").exit_code == 44);
  CHECK(wasm64("run cat.wat").exit_code == 8);
  CHECK(wasm64("run cat.wat --file text").exit_code == 2);
  CHECK(wasm64("run cat.wat --file /data/in.txt=none").exit_code == 2);
  CHECK(wasm64("run cat.wat --file /../x/=text").exit_code == 2);
}

TEST_CASE("run counts fuel and stops without it") {
  const cli_process wasm64;
  wasm64.write("l.wat", loops);
  const cli_process::outcome done = wasm64("run l.wat --invoke deep 10 --fuel 100000");
  CHECK(done.exit_code == 0);
  CHECK(done.output == "10\n");
  CHECK(done.errors.find("fuel used ") == 0);
  const cli_process::outcome stopped = wasm64("run l.wat --invoke forever --fuel 5000");
  CHECK(stopped.exit_code == 1);
  CHECK(stopped.errors.find("trap: out of fuel") != std::string::npos);
  CHECK(stopped.errors.find("fuel used 5000\n") != std::string::npos);
}

TEST_CASE("run limits depth and memory") {
  const cli_process wasm64;
  wasm64.write("l.wat", loops);
  CHECK(wasm64("run l.wat --invoke deep 9 --max-depth 10").output == "9\n");
  const cli_process::outcome deep = wasm64("run l.wat --invoke deep 10 --max-depth 10");
  CHECK(deep.exit_code == 1);
  CHECK(deep.errors.find("trap: call stack exhausted") != std::string::npos);
  CHECK(wasm64("run l.wat --invoke grow 1 --max-memory 131072").output == "1\n");
  CHECK(wasm64("run l.wat --invoke grow 2 --max-memory 131072").output == "-1\n");
  CHECK(wasm64("run l.wat --invoke grow 1 --max-memory 65535").exit_code == 1);
}

TEST_CASE("run prints the hash of the memory") {
  const cli_process wasm64;
  wasm64.write("l.wat", loops);
  CHECK(wasm64("run l.wat --invoke grow 0 --hash").output ==
        "1\nmemory sha256 de2f256064a0af797747c2b97505dc0b9f3df0de4f489eac731c23ae9ca9cc31\n");
  const std::string changed = wasm64("run l.wat --invoke set 65535 --hash").output;
  CHECK(changed.find("memory sha256 ") == 0);
  CHECK(changed.find("de2f2560") == std::string::npos);
  wasm64.write("none.wat", "(module (func (export \"_start\")))");
  CHECK(wasm64("run none.wat --hash").exit_code == 2);
}

TEST_CASE("run tells times and memory") {
  const cli_process wasm64;
  wasm64.write("l.wat", loops);
  const std::string stats = wasm64("run l.wat --invoke grow 1 --stats").errors;
  for (const char* phase : {"read: ", "decode and validate: ", "instantiate: ", "run: ", "memory 0: 131072 bytes\n"}) {
    CHECK(stats.find(phase) != std::string::npos);
  }
}

TEST_CASE("run starts a WASI program of either width") {
  const std::string file = GENERATE("hello.wasm64.wasm", "hello.wasm32.wasm");
  const cli_process wasm64;
  const cli_process::outcome run = wasm64("run " + guest(file));
  CHECK(run.exit_code == 0);
  CHECK(run.output == "Hello, world!\n");
  CHECK(run.errors == "");
}

TEST_CASE("run passes arguments to a WASI program and its exit code on") {
  const cli_process wasm64;
  wasm64.write("exit.wat", R"((module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i64 i64) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory i64 1)
    (func (export "_start")
      (drop (call $sizes (i64.const 0) (i64.const 8)))
      (call $exit (i32.wrap_i64 (i64.load (i64.const 0)))))))");
  CHECK(wasm64("run exit.wat").exit_code == 1);
  CHECK(wasm64("run exit.wat a b").exit_code == 3);
  CHECK(wasm64("run exit.wat -- --flag -x").exit_code == 3);
}

TEST_CASE("run offers host_add") {
  const cli_process wasm64;
  CHECK(wasm64("run " + guest("hostcall.wasm64.wasm") + " --invoke loop 100").output == "4950\n");
}

TEST_CASE("run initializes a reactor first") {
  const cli_process wasm64;
  wasm64.write("reactor.wat", R"((module
    (global $g (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $g (i32.const 5)))
    (func (export "get") (result i32) (global.get $g))))");
  CHECK(wasm64("run reactor.wat --invoke get").output == "5\n");
  CHECK(wasm64("run reactor.wat").exit_code == 0);
}

#endif
