#pragma once

#include <string_view>

#include "wasm64/aot/backend.hpp"
#include "wasm64/aot/backends/llvm_options.hpp"
#include "wasm64/aot/image.hpp"

namespace wasm64::aot {

/// Lets LLVM make the code: the default.
class llvm_generator {
 public:
  static constexpr std::string_view name = "llvm";
  static constexpr std::uint32_t abi = 3;

  explicit llvm_generator(llvm_options options = {}) : options_(std::move(options)) {}

  code_target target() const noexcept { return options_.target; }
  /// Loads LLVM, or asks the worker, only where the library's file cannot be found without. Fails with
  /// `aot_compiler_missing` where there is no LLVM, and with `aot_worker_failed`.
  result<content_id> fingerprint() const;
  /// Fails with `aot_compiler_missing`, `aot_compiler_failed` and `aot_worker_failed`. What takes too much is left to
  /// the interpreter. The code does not depend on the number of threads.
  result<native_code> compile(const module& m, const compile_request& request);

 private:
  llvm_options options_;
};

/// Native code by LLVM.
struct llvm_backend {
  using generator = llvm_generator;
  using loader = native_loader;
};
static_assert(backend<llvm_backend>);

/// The same without a worker, for configurations: `using backend = aot::llvm_in_process;`.
struct llvm_in_process {
  struct generator : llvm_generator {
    generator() : llvm_generator(options()) {}

   private:
    static llvm_options options() {
      llvm_options with;
      with.in_process = true;
      return with;
    }
  };
  using loader = native_loader;
};
static_assert(backend<llvm_in_process>);

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/backends/llvm_impl.hpp"
#endif
