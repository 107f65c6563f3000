#pragma once

#include <memory>
#include <tuple>

#include "tests/support/catch.hpp"
#include "wasm64/aot/backends/c.hpp"
#include "wasm64/aot/backends/llvm.hpp"
#include "wasm64/aot/tier.hpp"

/// Everything that compiles on this machine.
namespace wasm64::test {

template <class Backend>
std::shared_ptr<code_provider> shared_tier(typename Backend::generator compiler) {
  return std::make_shared<aot::tier<Backend>>(std::move(compiler));
}

struct by_llvm {
  static constexpr std::uint64_t random_programs = 400;
  static std::shared_ptr<code_provider> get() {
    aot::llvm_options with;
    with.in_process = true;
    static const auto tier = shared_tier<aot::llvm_backend>(aot::llvm_generator(std::move(with)));
    return tier;
  }
};

struct by_c {
  static constexpr std::uint64_t random_programs = 60;
  static std::shared_ptr<code_provider> get() {
    static const auto tier = shared_tier<aot::c_backend>(aot::c_generator());
    return tier;
  }
};

using compilers = std::tuple<by_llvm, by_c>;

}  // namespace wasm64::test
