#pragma once

#include <memory>
#include <string>

#include "wasm64/aot/tier.hpp"

namespace wasm64::aot {

/// What a program lets its user choose.
struct tier_choice {
  std::string backend = "llvm";  ///< or "c"
  std::string cache;             ///< a folder for artifacts (aot/directory_cache.hpp); empty for none
  /// A file that `compile_artifact` made with the key of the folder `cache`: its code is used, and nothing is compiled.
  std::string artifact;
  std::string llvm;  ///< path of a libLLVM; empty for WASM64_LLVM, or the newest there is
  std::string compiler;  ///< of the C backend; empty for `cc`
  /// A program that compiles when it is started as `worker compile-worker`, so that what goes wrong there harms nobody;
  /// LLVM only, as the C backend's compiler is a process anyway. Empty for none: LLVM compiles nothing then, unless
  /// `in_process` allows it.
  std::string worker;
  bool in_process = false;
  tier_options options;
};

/// A tier with one of the backends that come with the library, or `artifact_tier`. Fails with `aot_compiler_missing`
/// where its compiler is not there, with `aot_key_unusable` for an artifact without a cache, and as
/// `directory_cache::open`.
result<std::shared_ptr<code_provider>> open_tier(const tier_choice& choice);

/// Compiled code as bytes, with the tag of the node whose key is in the folder `tier_choice::cache`.
struct artifact_bytes {
  byte_vector bytes;
  std::uint32_t functions = 0;  ///< that are compiled
  std::size_t code_bytes = 0;
};

/// Compiles a module, or takes its code from the cache, which has it then. Fails as compiling and the cache do.
result<artifact_bytes> compile_artifact(const tier_choice& choice, const module& m, bool metered);

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/open_tier_impl.hpp"
#endif
