#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/binary/limits.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/runtime/store.hpp"
#include "wasm64/text/token.hpp"

// Runs test scripts in the form of the official suite.

namespace wasm64 {

/// How a script's modules are compiled.
struct script_options {
  feature_set features;
  decode_limits limits;
};

/// A command that did not do what the script says.
struct script_failure {
  text::position at;
  std::string message;  ///< what was expected and what happened
};

/// The outcome of a script.
struct script_report {
  std::size_t passed = 0;            ///< assertions that hold
  vector<script_failure> failures;   ///< assertions that do not, and other commands that fail

  bool ok() const noexcept { return failures.empty(); }
};

/// Runs a script in a store; its modules can import `spectest` and what it registers. What the engine does not support
/// counts as a failure, also where the script expects a rejection: `assert_malformed` wants an error of the formats
/// (0x1xx), `assert_invalid` one of validation (0x2xx) other than `unsupported_feature`. Texts of traps and link errors
/// are compared, texts of rejections are not. A script that cannot be read is one failure.
script_report run_script(std::string_view source, store_base& in, const script_options& options = {});

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/script/run_impl.hpp"
#endif
