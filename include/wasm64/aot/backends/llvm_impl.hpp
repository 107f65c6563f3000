#pragma once

#include "wasm64/aot/backends/llvm.hpp"
#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/worker.hpp"

namespace wasm64::aot {

WASM64_AOT_INLINE result<content_id> llvm_generator::fingerprint() const {
  const llvm::compile_options with{options_.target, options_.verify, {}};
  const result<compiler_file> file = llvm::locate(options_.library);
  if (file.has_value()) return llvm::fingerprint(file.assume_value().id, with);
  if (!options_.worker.empty()) return worker_fingerprint(options_);
  WASM64_TRY(const auto library, llvm::load(options_.library));
  return llvm::fingerprint(library->build, with);
}

WASM64_AOT_INLINE result<native_code> llvm_generator::compile(const module& m, const compile_request& request) {
  if (!options_.worker.empty()) return compile_in_worker(options_, m, request);
  if (!options_.in_process) return fail(errc::aot_compiler_missing, "no worker is named");
  WASM64_TRY(const auto library, llvm::load(options_.library));
  return llvm::compile(*library, {options_.target, options_.verify, {}}, m, request);
}

}  // namespace wasm64::aot
