#include "tests/support/small_stack.hpp"
#include "tests/spec/suite.hpp"
#include "wasm64/wasm64.hpp"

// WebAssembly's call stack has a limit of its own, so calls that never return end in a trap wherever the engine runs:
// also on a thread whose native stack is a thirtieth of the usual one.

namespace {

constexpr std::size_t small_stack = wasm64::test::stack_scale * (256 << 10);

std::size_t count_of(std::string_view word, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("core on a small native stack", "[spec]") {
  std::size_t exhaustions = 0;
  for (const std::string& script : spec::scripts("core")) {
    const spec::outcome usual = spec::run(script, false);
    const std::string text = spec::read(script);
    wasm64::script_report small;
    wasm64::test::on_small_stack(small_stack, [&] {
      wasm64::store<> store;
      small = wasm64::run_script(text, store);
    });
    INFO(spec::to_string(script, small));
    CHECK(small.ok());
    CHECK(small.passed == usual.report.passed);
    exhaustions += count_of("(assert_exhaustion", text);
  }
  CHECK(exhaustions == 15);
}
