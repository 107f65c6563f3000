#pragma once

#include <atomic>

#include "wasm64/aot/concept.hpp"
#include "wasm64/aot/llvm_api.hpp"

namespace wasm64::aot::llvm {

/// LLVM recurses over what it compiles, and whoever calls may have a small stack.
inline constexpr std::size_t thread_stack_bytes = std::size_t{64} << 20;

/// How a function is run.
enum class manner : std::uint8_t {
  normal,
  plain,        ///< without what takes time by the square of conditions
  least,        ///< without optimizing, in time that grows with its size only
  interpreted,  ///< with a body that enters the interpreter
};

/// What is known of a function beside its text. Other processes may look at it.
struct function_state {
  std::atomic<bool> is_running = false;  ///< being compiled
  std::atomic<manner> at_best = manner::normal;
};

struct compile_options {
  code_target target;
  bool verify = false;
  std::span<function_state> functions;  ///< by number among the defined ones; may be empty
};

/// Everything that code depends on besides the request: LLVM (`library::build`), what is asked of it, and the version
/// of what asks.
result<content_id> fingerprint(const content_id& build, const compile_options& options);

/// Compiles in this process, on threads of its own. Fails with `aot_compiler_failed`, where LLVM does not end the
/// process instead.
result<native_code> compile(const library& with, const compile_options& options, const module& m,
                            const compile_request& request);

}  // namespace wasm64::aot::llvm

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/llvm_compile_impl.hpp"
#endif
