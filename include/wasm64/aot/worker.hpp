#pragma once

#include "wasm64/aot/backends/llvm_options.hpp"
#include "wasm64/aot/concept.hpp"
#include "wasm64/config.hpp"

// Compiling in a process of its own, which may crash, hang or fill its memory and takes nobody with it. The one side
// starts a program of the user's choice with the argument `compile-worker`, the other is that program, which calls
// `compile_worker` and ends. They speak once, in messages that each begin with their length (aot/worker_message.hpp);
// what a worker answers is checked like anything from outside, except for what only running it would show.

namespace wasm64::aot {

/// The program's side: reads a request from the one descriptor and writes the answer to the other. Limits its own
/// memory and time as the request says. Answers what the process should end with.
int compile_worker(int in, int out);

/// What `llvm_generator::fingerprint` is in the worker that the options name. Fails with `aot_worker_failed`, or as it
/// does there.
result<content_id> worker_fingerprint(const llvm_options& options);

/// Lets the worker that the options name compile a module. Fails with `aot_worker_failed`, or as compiling does there.
result<native_code> compile_in_worker(const llvm_options& options, const module& m, const compile_request& request);

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/worker_impl.hpp"
#endif
