#include "tests/spec/suite.hpp"
#include "tests/aot/compilers.hpp"

// The official suite, compiled: the same assertions hold, and the same fuel is spent (tests/spec/fuel_totals.txt).

TEMPLATE_LIST_TEST_CASE("the official suite compiled", "[suite]", wasm64::test::compilers) {
  const auto totals = spec::table("fuel_totals.txt");
  for (const std::string& folder : spec::folders()) {
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
