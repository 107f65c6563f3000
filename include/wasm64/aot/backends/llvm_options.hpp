#pragma once

#include <string>

#include "wasm64/aot/target.hpp"

namespace wasm64::aot {

struct llvm_options {
  /// The library; empty for the one that the environment's WASM64_LLVM names, or the newest there is.
  std::string library;
  /// A program that answers when it is started as `worker compile-worker` (aot/worker.hpp): modules are compiled there,
  /// within limits, so that what goes wrong in LLVM harms nobody. Empty for none: nothing is compiled then, unless
  /// `in_process` allows it.
  std::string worker;
  /// Compiles in this process where there is no worker. Time and memory have no limit there but those of functions.
  bool in_process = false;
  /// What the code may use and where it runs. For other machines than this one, name what they all have.
  code_target target = running_target();
  /// Lets LLVM check what it is given, which takes a few percent of the time.
  bool verify = false;
};

}  // namespace wasm64::aot
