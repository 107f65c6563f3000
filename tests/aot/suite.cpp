#include "tests/spec/suite.hpp"
#include "tests/aot/compilers.hpp"

// The official suite, compiled: the same assertions hold, and the same fuel is spent (tests/spec/fuel_totals.txt).

TEMPLATE_LIST_TEST_CASE("the official suite compiled", "[suite]", wasm64::test::compilers) {
  const auto totals = spec::table("fuel_totals.txt");
  // Long runs compile all of it; otherwise compilers that take long get one folder.
  const bool is_whole = TestType::is_quick || wasm64::test::is_long_run();
  for (const std::string& folder : is_whole ? spec::folders() : std::vector<std::string>{"core/multi-memory"}) {
    std::int64_t fuel = 0;
    for (const std::string& script : spec::scripts(folder)) {
      const std::size_t expected = spec::run(script, false).report.passed;
      for (const bool metered : {false, true}) {
        const spec::outcome compiled = spec::run(script, metered, TestType::get());
        INFO(spec::to_string(script, compiled.report));
        CHECK(compiled.report.ok());
        CHECK(compiled.report.passed == expected);
        fuel += compiled.fuel;
      }
    }
    INFO("fuel_totals.txt, folder " << folder);
    CHECK(std::to_string(fuel) == totals.at(folder));
  }
}
