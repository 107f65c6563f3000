#include "tests/spec/suite.hpp"
#include "tests/support/catch.hpp"

// The official suite. Scripts run a second time with metering; what they spend together is a fact of the modules alone
// (fuel_totals.txt), the same for every compiler and dispatcher.

namespace {

void run_folder(const std::string& folder) {
  std::int64_t fuel = 0;
  for (const std::string& script : spec::scripts(folder)) {
    const spec::outcome plain = spec::run(script, false);
    INFO(spec::to_string(script, plain.report));
    CHECK(plain.report.ok());
    const spec::outcome metered = spec::run(script, true);
    INFO("metered: " << spec::to_string(script, metered.report));
    CHECK(metered.report.ok());
    CHECK(metered.report.passed == plain.report.passed);
    fuel += metered.fuel;
  }
  const auto totals = spec::table("fuel_totals.txt");
  const auto expected = totals.find(folder);
  INFO("fuel_totals.txt, folder " << folder);
  CHECK(std::to_string(fuel) == (expected == totals.end() ? "" : expected->second));
}

}  // namespace

TEST_CASE("core", "[spec]") { run_folder("core"); }
TEST_CASE("core: bulk memory", "[spec]") { run_folder("core/bulk-memory"); }
TEST_CASE("core: exceptions", "[spec]") { run_folder("core/exceptions"); }
TEST_CASE("core: garbage collection", "[spec]") { run_folder("core/gc"); }
TEST_CASE("core: memory64", "[spec]") { run_folder("core/memory64"); }
TEST_CASE("core: multi-memory", "[spec]") { run_folder("core/multi-memory"); }
TEST_CASE("core: relaxed SIMD", "[spec]") { run_folder("core/relaxed-simd"); }
TEST_CASE("core: SIMD", "[spec]") { run_folder("core/simd"); }
TEST_CASE("custom sections", "[spec]") { run_folder("custom"); }
TEST_CASE("legacy exceptions", "[spec]") { run_folder("legacy/exceptions/core"); }
TEST_CASE("proposals: custom page sizes", "[spec]") { run_folder("proposals/custom-page-sizes"); }
TEST_CASE("proposals: threads", "[spec]") { run_folder("proposals/threads"); }
TEST_CASE("proposals: wide arithmetic", "[spec]") { run_folder("proposals/wide-arithmetic"); }

TEST_CASE("every script of the suite is in a folder above", "[spec]") {
  const std::vector<std::string> above = {"core",
                                          "core/bulk-memory",
                                          "core/exceptions",
                                          "core/gc",
                                          "core/memory64",
                                          "core/multi-memory",
                                          "core/relaxed-simd",
                                          "core/simd",
                                          "custom",
                                          "legacy/exceptions/core",
                                          "proposals/custom-page-sizes",
                                          "proposals/threads",
                                          "proposals/wide-arithmetic"};
  CHECK(spec::folders() == above);
}
