#pragma once

#include "wasm64/config.hpp"
#include "wasm64/host/emscripten_context.hpp"
#include "wasm64/snapshot/hooks.hpp"

namespace wasm64 {

/// What Emscripten's library remembers of an instance: exceptions that are caught or on their way, and the second
/// result of the latest call.
snapshot_part emscripten_part(emscripten_context& context);

/// Time and random numbers as the program sees them next.
snapshot_part moment_part(wasi_context& context);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/host/snapshot_parts_impl.hpp"
#endif
