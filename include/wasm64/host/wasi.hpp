#pragma once

#include "wasm64/config.hpp"
#include "wasm64/host/wasi_context.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/runtime/linker.hpp"

namespace wasm64 {

/// Defines what a module imports from `wasi_snapshot_preview1`: all of preview 1. Files are those of the context, no
/// descriptor is a socket. Names that preview 1 does not have stay undefined, and what `to` already defines stays as it
/// is.
///
/// Pointers and sizes are as wide as the addresses of the module's memory 0: a 64-bit program passes them as i64, its
/// vectors of buffers are pairs of 64-bit values, and sizes are answered as such. `context` must outlive every store
/// that instantiates with `to`.
void define_wasi(linker& to, const module& m, wasi_context& context);

/// The type of a function of preview 1; fails with `errc::unknown_import`.
result<func_type> wasi_type(std::string_view function, bool memory64);

/// Calls a function of preview 1 by name, without an instance that imports it. `slots` are its arguments, at least one
/// slot; the errno takes the place of the first. Fails with `errc::unknown_import`, or `errc::trap_exit` when the
/// program has ended.
result<void> call_wasi(std::string_view function, wasi_context& context, memory_instance* memory,
                       std::span<word> slots);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/host/wasi_impl.hpp"
#endif
