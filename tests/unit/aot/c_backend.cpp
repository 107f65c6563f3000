#include "wasm64/aot/backends/c.hpp"

#include "tests/support/wat.hpp"
#include "wasm64/aot/backends/compiler_process.hpp"

using namespace wasm64;
using namespace wasm64::aot;

TEST_CASE("compilers have somewhere to write to, whatever is open here", "[aot]") {
  using namespace wasm64::aot::detail;
  const private_directory directory = private_directory::make("").value();
  const vector<std::string> writes{"sh", "-c", "echo said; echo noted >&2; test -z \"$(cat)\""};
  for (int open = 0; open < 8; ++open) {
    const std::string output = directory.file("output" + std::to_string(open));
    const pid_t child = ::fork();
    if (child == 0) {
      for (int file = 0; file < 3; ++file) {
        if ((open >> file & 1) == 0) ::close(file);
      }
      auto started = compiler_process::start(writes, 0, output);
      const bool ended = started.has_value() && started.assume_value().wait_until(milliseconds_now() + 10'000);
      ::_exit(ended ? started.assume_value().status() : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO("open " << open);
    CHECK(status == 0);
    CHECK(as_text(view_of(wasm64::detail::read_file(AT_FDCWD, output, 1000).value())) == "said\n");
  }
}

TEST_CASE("functions that would need a C library do not keep others from being compiled", "[aot]") {
  c_options plain;
  if (!c_generator(plain).fingerprint().has_value()) return;
  // For processors without an instruction, GCC calls a function of its own library.
  const auto m = test::compile_wat(R"((module
    (func $counts (param i64) (result i64) (i64.popcnt (local.get 0)))
    (func $calls (param i64) (result i64) (i64.add (call $counts (local.get 0)) (i64.const 1)))))");
  plain.target = baseline_target();
  const auto made = c_generator(plain).compile(*m, {});
  REQUIRE(made.has_value());
  CHECK(made.value().entries[1] != 0);
  CHECK(made.value().bodies[1] != 0);
}
