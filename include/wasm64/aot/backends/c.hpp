#pragma once

#include <string>
#include <string_view>

#include "wasm64/aot/backend.hpp"
#include "wasm64/aot/image.hpp"

namespace wasm64::aot {

struct c_options {
  /// A C compiler that takes GCC's options and knows GNU C: GCC or Clang. Found as the shell would find it.
  std::string compiler = "cc";
  /// What the code may use and where it runs. Features of other processors than x86-64 are left out.
  code_target target = running_target();
  /// Where files are while they are compiled; empty for $TMPDIR, or /tmp.
  std::string directory;
};

/// Lets the system's C compiler make the code: where there is one but no LLVM, or to have a second opinion. The
/// compiler runs in processes of their own, with limits.
class c_generator {
 public:
  static constexpr std::string_view name = "c";
  static constexpr std::uint32_t abi = 3;

  explicit c_generator(c_options options = {}) : options_(std::move(options)) {}

  code_target target() const noexcept { return options_.target; }
  /// Fails with `aot_compiler_missing` where the compiler does not say its version.
  result<content_id> fingerprint() const;
  /// Fails with `aot_compiler_missing` and `aot_compiler_failed`. What takes too much is left to the interpreter.
  result<native_code> compile(const module& m, const compile_request& request);

 private:
  vector<std::string> arguments(effort how) const;

  c_options options_;
};

/// Native code by the system's C compiler.
struct c_backend {
  using generator = c_generator;
  using loader = native_loader;
};
static_assert(backend<c_backend>);

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/backends/c_impl.hpp"
#endif
