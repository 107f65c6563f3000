#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "wasm64/script/run.hpp"

namespace spec {

/// Where the official suite is.
std::filesystem::path suite();

/// Every folder of the suite that has scripts, as paths below `suite()`, sorted.
std::vector<std::string> folders();

/// The scripts of a folder, without those of its subfolders, as paths below `suite()`, sorted.
std::vector<std::string> scripts(const std::string& folder);

/// The text of a script.
std::string read(const std::string& script);

/// A table of this folder: lines "key: value", and comments that start with #.
std::map<std::string, std::string> table(const std::string& file);

/// What a script came to in a store of its own.
struct outcome {
  wasm64::script_report report;
  std::int64_t fuel = 0;  ///< spent; 0 in a store that does not count it
};
outcome run(const std::string& script, bool metered, const std::shared_ptr<wasm64::code_provider>& compiler = nullptr);

/// The failures, a line each with file and line number.
std::string to_string(const std::string& script, const wasm64::script_report& report);

}  // namespace spec
