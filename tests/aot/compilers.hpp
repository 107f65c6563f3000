#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <tuple>

#include "tests/support/catch.hpp"
#include "wasm64/aot/backends/c.hpp"
#include "wasm64/aot/backends/llvm.hpp"
#include "wasm64/aot/tier.hpp"

/// Everything that compiles on this machine.
namespace wasm64::test {

/// A tier that all tests of a program share. Where its compiler is missing the program ends, and CTest reports the test
/// as skipped.
template <class Backend>
std::shared_ptr<code_provider> shared_tier(typename Backend::generator compiler, aot::tier_options options = {}) {
  constexpr int skipped = 77;
  if (const auto known = compiler.fingerprint(); !known.has_value()) {
    std::printf("skipped: %s\n", to_string(known.assume_error()).c_str());
    std::exit(skipped);
  }
  return std::make_shared<aot::tier<Backend>>(std::move(compiler), std::move(options));
}

template <class Backend>
struct compiles {
  using backend = Backend;
  static std::shared_ptr<code_provider> get() {
    static const auto tier = shared_tier<Backend>(typename Backend::generator());
    return tier;
  }
  static std::shared_ptr<code_provider> background() {
    aot::tier_options options;
    options.in_background = true;
    return shared_tier<Backend>(typename Backend::generator(), options);
  }
};

struct by_llvm : compiles<aot::llvm_in_process> {
  static constexpr std::uint64_t random_programs = 400;
  static constexpr bool is_quick = true;
  static constexpr bool has_tail_calls = true;
};

struct by_c : compiles<aot::c_backend> {
  static constexpr std::uint64_t random_programs = 60;
  static constexpr bool is_quick = false;  ///< starts a compiler for every module
  static constexpr bool has_tail_calls = false;
};

using compilers = std::tuple<by_llvm, by_c>;

inline bool is_long_run() { return std::getenv("WASM64_LONG_RUNS") != nullptr; }

}  // namespace wasm64::test
