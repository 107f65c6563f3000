#include "tier.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "file.hpp"

namespace cli {

wasm64::aot::tier_choice choice_of(const tier_options& options) {
  wasm64::aot::tier_choice choice;
  choice.backend = options.backend;
  choice.cache = options.cache;
  choice.artifact = options.artifact;
  choice.llvm = options.llvm;
  choice.compiler = options.compiler;
  std::error_code unknown;
  choice.worker = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
  choice.options.request.threads = std::max(1u, std::thread::hardware_concurrency());
  choice.options.in_background = options.tier == "auto";
  return choice;
}

std::shared_ptr<wasm64::code_provider> open_tier(const tier_options& options, bool is_required) {
  if (!options.artifact.empty() && (options.tier == "interp" || options.cache.empty())) {
    throw failure("--artifact needs --tier aot or auto, and the --cache that it was made with", misused);
  }
  if (options.tier == "interp") return nullptr;
  wasm64::aot::tier_choice choice = choice_of(options);
  choice.options.is_required = is_required && options.tier == "aot";
  return value_of(wasm64::aot::open_tier(choice), "tier " + options.tier);
}

}  // namespace cli
