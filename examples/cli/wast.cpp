#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "commands.hpp"
#include "file.hpp"
#include "tier.hpp"
#include "wasm64/script/profiles.hpp"
#include "wasm64/script/run.hpp"
#include "wasm64/wasm64.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

struct count {
  std::size_t passed = 0;
  std::size_t failed = 0;
};

/// The scripts of a folder and the folders in it, sorted; a file is itself.
std::vector<std::string> scripts_at(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<std::string> scripts;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    if (at->path().extension() == ".wast" && at->is_regular_file(unknown)) scripts.push_back(at->path().string());
  }
  if (error) throw failure(path + ": " + error.message(), misused);
  std::sort(scripts.begin(), scripts.end());
  return scripts;
}

void add(count& total, const std::string& path, bool all_features, const std::shared_ptr<wasm64::code_provider>& tier) {
  constexpr std::size_t shown_at_most = 20;
  const wasm64::byte_vector source = read_file(path);
  wasm64::store<> store;
  store.use(tier);
  wasm64::script_options options;
  if (!all_features) options.features = wasm64::features_for_script(fs::absolute(path).generic_string());
  const wasm64::script_report report = wasm64::run_script(wasm64::as_text(wasm64::view_of(source)), store, options);
  const std::size_t failures = report.failures.size();
  std::printf("%s: %zu passed, %zu failed\n", path.c_str(), report.passed, failures);
  for (std::size_t i = 0; i < std::min(failures, shown_at_most); ++i) {
    const wasm64::script_failure& f = report.failures[i];
    std::printf("  line %u: %s\n", f.at.line, f.message.c_str());
  }
  if (failures > shown_at_most) std::printf("  and %zu more\n", failures - shown_at_most);
  std::fflush(stdout);
  total.passed += report.passed;
  total.failed += failures;
}

}  // namespace

int wast(const std::vector<std::string>& paths, bool all_features, const tier_options& with) {
  const std::shared_ptr<wasm64::code_provider> tier = open_tier(with, false);
  count total;
  for (const std::string& path : paths) {
    for (const std::string& script : scripts_at(path)) add(total, script, all_features, tier);
  }
  std::printf("%zu passed, %zu failed\n", total.passed, total.failed);
  return total.failed == 0 ? ok : failed;
}

}  // namespace cli
