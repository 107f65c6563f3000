// The program is built only where CLI11 is installed.
#if defined(WASM64_CLI_PROGRAM)
#include "tests/integration/cli_process.hpp"

namespace {
constexpr const char* good = "(module (func (export \"f\") (result i32) (i32.const 1)))";
constexpr const char* bad = "(module (func (result i32) (i64.const 1)))";
}  // namespace

TEST_CASE("validate says of every file whether it is valid") {
  const cli_process wasm64;
  wasm64.write("good.wat", good);
  wasm64.write("bad.wat", bad);
  wasm64.write("broken.wasm", std::string("\0asm\1\0\0\0\1", 9));
  CHECK(wasm64("validate good.wat").output == "good.wat: valid\n");
  CHECK(wasm64("validate good.wat").exit_code == 0);
  CHECK(wasm64("validate bad.wat good.wat").exit_code == 1);
  CHECK(wasm64("validate none.wat").exit_code == 2);
  const cli_process::outcome all = wasm64("validate bad.wat none.wat broken.wasm good.wat");
  CHECK(all.exit_code == 2);
  CHECK(all.output.find("bad.wat: error: type mismatch") == 0);
  CHECK(all.output.find("\nbroken.wasm: error: unexpected end") != std::string::npos);
  CHECK(all.output.find("\ngood.wat: valid\n") != std::string::npos);
  CHECK(all.output.find("\nnone.wat: No such file or directory\n") != std::string::npos);
}

TEST_CASE("parse writes the binary that runs the same") {
  const cli_process wasm64;
  wasm64.write("good.wat", good);
  CHECK(wasm64("parse good.wat -o good.wasm").exit_code == 0);
  CHECK(wasm64.read("good.wasm").substr(0, 8) == std::string("\0asm\1\0\0\0", 8));
  CHECK(wasm64("run good.wasm --invoke f").output == "1\n");
  wasm64.write("open.wat", "(module\n  (func");
  const cli_process::outcome open = wasm64("parse open.wat -o open.wasm");
  CHECK(open.exit_code == 1);
  CHECK(open.errors.find("(line 2, column ") != std::string::npos);
  CHECK(wasm64("parse good.wat -o none/good.wasm").exit_code == 2);
}

TEST_CASE("print writes text that parse turns into the same bytes") {
  const cli_process wasm64;
  wasm64.write("m.wat", R"((module $m (memory $mem 1)
    (func $f (export "f") (param $x i32) (result i32) (i32.load offset=4 (local.get $x)))
    (@custom "c" "\00x")))");
  REQUIRE(wasm64("parse m.wat -o m.wasm").exit_code == 0);
  const cli_process::outcome shown = wasm64("print m.wasm");
  CHECK(shown.exit_code == 0);
  CHECK(shown.output.find("(module $m\n") == 0);
  CHECK(shown.output.find("\n    i32.load offset=4)\n") != std::string::npos);
  CHECK(wasm64("print m.wasm -o again.wat").output.empty());
  CHECK(wasm64.read("again.wat") == shown.output);
  REQUIRE(wasm64("parse again.wat -o again.wasm").exit_code == 0);
  CHECK(wasm64.read("again.wasm") == wasm64.read("m.wasm"));
  wasm64.write("broken.wasm", std::string("\0asm\1\0\0\0\1", 9));
  const cli_process::outcome broken = wasm64("print broken.wasm");
  CHECK(broken.exit_code == 1);
  CHECK(broken.errors.find("broken.wasm: error: unexpected end") != std::string::npos);
  CHECK(wasm64("print none.wasm").exit_code == 2);
}

TEST_CASE("inspect lists what a module has and uses") {
  const cli_process wasm64;
  wasm64.write("m.wat", R"((module $m
    (import "env" "put" (func $put (param i64)))
    (import "env" "g" (global (mut f32)))
    (memory (export "memory") i64 1 4)
    (memory 1)
    (table (export "table") 2 funcref)
    (func $f (export "a\0ab") (param i32) (result i32) (i32.extend8_s (local.get 0)))
    (func (return_call $put (i64.const 1)))
    (func (try (do) (catch_all)))))");
  const cli_process::outcome run = wasm64("inspect m.wat");
  CHECK(run.exit_code == 0);
  for (const char* line : {
           "\nname m\n",
           "\nfunctions 4, imported 1, code ",
           "\nimport env put: func (i64) -> ()\n",
           "\nimport env g: global mut f32\n",
           "\nmemory 0: i64 1..4 pages of 65536 bytes\n",
           "\nexport memory: memory i64 1..4 pages of 65536 bytes\n",
           "\nexport table: table i32 2.. (ref null func)\n",
           "\nexport a\\0ab: func (i32) -> (i32)\n",
           "\nfeatures legacy-exceptions memory64 multi-memory mutable-globals sign-extension tail-calls\n",
       }) {
    CAPTURE(line, run.output);
    CHECK(run.output.find(line) != std::string::npos);
  }
  wasm64.write("bad.wat", bad);
  CHECK(wasm64("inspect bad.wat").exit_code == 1);
}

TEST_CASE("wast runs scripts and folders and sums up") {
  const cli_process wasm64;
  const std::string module = std::string(good) + "\n";
  wasm64.write("s/b.wast", module + "(assert_return (invoke \"f\") (i32.const 1))");
  wasm64.write("s/a/a.wast", module +
                                 "(assert_return (invoke \"f\") (i32.const 2))\n"
                                 "(assert_return (invoke \"f\") (i32.const 1))");
  wasm64.write("s/no.txt", "not a script");
  const cli_process::outcome one = wasm64("wast s/b.wast");
  CHECK(one.exit_code == 0);
  CHECK(one.output == "s/b.wast: 1 passed, 0 failed\n1 passed, 0 failed\n");
  const cli_process::outcome all = wasm64("wast s");
  CHECK(all.exit_code == 1);
  CHECK(all.output.find("s/a/a.wast: 1 passed, 1 failed\n  line 2: ") == 0);
  CHECK(all.output.find("\ns/b.wast: 1 passed, 0 failed\n2 passed, 1 failed\n") != std::string::npos);
}

TEST_CASE("wast runs the threads proposal on an earlier version of WebAssembly unless told otherwise") {
  const cli_process wasm64;
  const std::string script = std::string(good) + "\n(module (memory 1) (memory 1))";
  wasm64.write("proposals/threads/two.wast", script);
  wasm64.write("other/two.wast", script);
  CHECK(wasm64("wast other").exit_code == 0);
  const cli_process::outcome early = wasm64("wast proposals");
  CHECK(early.exit_code == 1);
  CHECK(early.output.find("  line 2: ") != std::string::npos);
  CHECK(wasm64("wast proposals --all-features").exit_code == 0);
  CHECK(wasm64("wast --all-features proposals/threads/two.wast").exit_code == 0);
}

TEST_CASE("misuse exits with 2, help with 0") {
  const cli_process wasm64;
  CHECK(wasm64("").exit_code == 2);
  CHECK(wasm64("fly").exit_code == 2);
  CHECK(wasm64("run").exit_code == 2);
  CHECK(wasm64("run --fuel -1 x.wasm").exit_code == 2);
  CHECK(wasm64("--help").exit_code == 0);
  CHECK(wasm64("run --help").exit_code == 0);
  CHECK(wasm64("--version").output.find("wasm64 ") == 0);
}

#endif
