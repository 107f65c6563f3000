#include "tests/spec/suite.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/catch.hpp"
#include "wasm64/script/profiles.hpp"
#include "wasm64/wasm64.hpp"

namespace spec {

namespace fs = std::filesystem;

fs::path suite() { return fs::path(WASM64_TESTDATA) / "spec"; }

std::vector<std::string> folders() {
  std::set<std::string> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(suite())) {
    if (entry.path().extension() == ".wast") {
      found.insert(entry.path().parent_path().lexically_relative(suite()).generic_string());
    }
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> scripts(const std::string& folder) {
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(suite() / folder)) {
    if (entry.path().extension() == ".wast") {
      found.push_back(entry.path().lexically_relative(suite()).generic_string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::map<std::string, std::string> table(const std::string& file) {
  std::map<std::string, std::string> rows;
  std::ifstream in(fs::path(WASM64_TESTS) / "spec" / file);
  REQUIRE(in);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(": ");
    INFO(file << " needs \"key: value\": " << line);
    REQUIRE(colon != std::string::npos);
    REQUIRE(rows.emplace(line.substr(0, colon), line.substr(colon + 2)).second);
  }
  return rows;
}

std::string read(const std::string& script) {
  std::ifstream in(suite() / script, std::ios::binary);
  REQUIRE(in);
  std::ostringstream source;
  source << in.rdbuf();
  return std::move(source).str();
}

outcome run(const std::string& script, bool metered, const std::shared_ptr<wasm64::code_provider>& compiler) {
  const std::string text = read(script);
  wasm64::script_options options;
  options.features = wasm64::features_for_script(script);
  if (!metered) {
    wasm64::store<> store;
    store.use(compiler);
    return {wasm64::run_script(text, store, options), 0};
  }
  constexpr std::int64_t plenty = std::int64_t{1} << 60;
  wasm64::limits limits;
  limits.heap_step_bytes = 0;  // no program may notice when the heap is collected
  wasm64::store<wasm64::metered_engine_config> store(limits);
  store.use(compiler);
  store.set_fuel(plenty);
  outcome o{wasm64::run_script(text, store, options), 0};
  o.fuel = plenty - store.fuel();
  return o;
}

std::string to_string(const std::string& script, const wasm64::script_report& report) {
  std::string text;
  for (const wasm64::script_failure& f : report.failures) {
    text += script + ":" + std::to_string(f.at.line) + ": " + f.message + "\n";
  }
  return text;
}

}  // namespace spec
