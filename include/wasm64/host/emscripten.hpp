#pragma once

#include <cstdint>

#include "wasm64/config.hpp"
#include "wasm64/host/emscripten_context.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/runtime/linker.hpp"

namespace wasm64 {

/// Defines what a module imports from `env` that Emscripten's JavaScript would provide: `invoke_*`, `longjmp` and C++
/// exceptions of every version since 1.39. What is not offered, and what has another type than Emscripten gives it,
/// stays undefined; what `to` already defines stays as it is.
///
/// Pointers are as wide as the addresses of the module's memory 0. Instances made with `to` need the exports that
/// Emscripten's JavaScript needs; instantiation fails with `errc::unknown_export` where one is missing. `context` must
/// outlive every store that instantiates with `to`, and remembers exceptions of one instance.
///
/// Exceptions and longjmp are WebAssembly exceptions with tags of the host: `invoke_*` catches these and nothing else,
/// so traps pass. One that nobody catches is `errc::trap_uncaught_exception` with "C++ exception" or "longjmp" as its
/// detail.
void define_emscripten(linker& to, const module& m, emscripten_context& context);

/// Calls what Emscripten's JavaScript calls before `main`: `emscripten_stack_init` and `__wasm_call_ctors`, where they
/// are exported. For new instances, not for restored ones.
result<void> emscripten_start(store_base& in, const instance& of);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/host/emscripten_impl.hpp"
#endif
