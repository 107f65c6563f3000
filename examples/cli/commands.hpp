#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// The commands of the program `wasm64`. Each answers the exit code, or throws a `failure`.

namespace cli {

inline constexpr int ok = 0;
inline constexpr int failed = 1;  ///< a trap, an invalid module, a failed assertion
inline constexpr int misused = 2;  ///< wrong arguments, a file that cannot be read

/// Ends a command with a sentence on standard error.
struct failure : std::runtime_error {
  explicit failure(const std::string& what, int code = failed) : std::runtime_error(what), exit_code(code) {}
  int exit_code;
};

/// How functions are executed.
struct tier_options {
  std::string tier = "interp";  ///< "aot" compiles modules first, "auto" meanwhile
  std::string backend = "llvm";
  std::string cache;  ///< a folder, or empty
  std::string artifact;  ///< a file of compiled code, or empty
  std::string llvm;   ///< a library, or empty
  std::string compiler;  ///< of C, or empty
};

struct run_options {
  std::string file;
  tier_options tier;
  std::optional<std::string> invoke;  ///< an export; otherwise `_start`
  std::vector<std::string> arguments;
  std::vector<std::string> files;  ///< `GUEST=HOST`: what the program finds there, and which file it is read from
  std::optional<std::int64_t> fuel;
  std::optional<std::uint32_t> max_depth;
  std::optional<std::uint64_t> max_memory;  ///< bytes
  bool hash = false;
  bool stats = false;
};

int run(const run_options& options);
int wast(const std::vector<std::string>& paths, bool all_features, const tier_options& tier);
int compile(const std::string& file, const std::string& output, bool metered, const tier_options& tier);
int compile_worker();
int validate(const std::vector<std::string>& files);
int inspect(const std::string& file);
int parse(const std::string& file, const std::string& output);
int print(const std::string& file, const std::string& output);
int store_ls(const std::string& directory);
int store_verify(const std::string& directory);
int store_gc(const std::string& directory);

}  // namespace cli
