// The program is built only where CLI11 is installed.
#if defined(WASM64_CLI_PROGRAM)
#include "tests/integration/cli_process.hpp"

namespace {

constexpr const char* answer = R"((module (func (export "f") (result i32) (i32.const 42))))";
constexpr const char* other = R"((module (func (export "f") (result i32) (i32.const 43))))";

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("run takes code from a file that compile wrote, for that module and with that key only") {
  const cli_process wasm64;
  wasm64.write("m.wat", answer);
  wasm64.write("other.wat", other);
  if (std::system("cc --version >/dev/null 2>&1") != 0) return;
  CHECK(wasm64("compile m.wat --backend c --cache keys -o m.aot").exit_code == 0);
  // No compiler is asked: there is none.
  const auto run = [&](const std::string& rest) { return wasm64("run --cc /nowhere/cc --artifact m.aot " + rest); };

  const auto compiled = run("--tier aot --cache keys --stats --invoke f m.wat");
  CHECK(compiled.exit_code == 0);
  CHECK(compiled.output == "42\n");
  CHECK(has(compiled.errors, "compiled functions: 1 of 1"));

  const auto wrong = run("--tier aot --cache keys --invoke f other.wat");
  CHECK(wrong.exit_code == 1);
  CHECK(has(wrong.errors, "compiled code does not belong here: module"));
  CHECK(has(run("--tier aot --cache keys --fuel 100 --invoke f m.wat").errors, "does not belong here: metering"));
  CHECK(has(run("--tier aot --cache another --invoke f m.wat").errors, "compiled code is damaged, or another node's"));

  // What is not required is interpreted.
  const auto interpreted = run("--tier auto --cache keys --stats --invoke f other.wat");
  CHECK(interpreted.exit_code == 0);
  CHECK(interpreted.output == "43\n");
  CHECK(has(interpreted.errors, "compiled functions: 0 of 1"));

  CHECK(run("--tier aot --invoke f m.wat").exit_code == 2);
  CHECK(run("--cache keys --invoke f m.wat").exit_code == 2);
  std::string bytes = wasm64.read("m.aot");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  wasm64.write("m.aot", bytes);
  CHECK(has(run("--tier aot --cache keys --invoke f m.wat").errors, "compiled code is damaged, or another node's"));
}
#endif
