#pragma once

#include <utility>

#include "wasm64/aot/backends/c.hpp"
#include "wasm64/aot/backends/llvm.hpp"
#include "wasm64/aot/directory_cache.hpp"
#include "wasm64/aot/open_tier.hpp"

namespace wasm64::aot {
namespace detail {

template <class Backend>
result<std::shared_ptr<code_provider>> tier_of(typename Backend::generator compiler, const tier_choice& choice) {
  // A compiler that is missing is an error now, not at every module.
  WASM64_CHECK(compiler.fingerprint());
  if (choice.cache.empty()) {
    return std::make_shared<tier<Backend>>(std::move(compiler), choice.options);
  }
  WASM64_TRY(directory_cache cache, directory_cache::open(choice.cache));
  return std::make_shared<tier<Backend, directory_cache>>(std::move(compiler), choice.options, std::move(cache));
}

}  // namespace detail

WASM64_INLINE result<std::shared_ptr<code_provider>> open_tier(const tier_choice& choice) {
  if (choice.backend == "c") {
    c_options with;
    if (!choice.compiler.empty()) with.compiler = choice.compiler;
    return detail::tier_of<c_backend>(c_generator(std::move(with)), choice);
  }
  if (choice.backend != "llvm") return fail(errc::aot_compiler_missing, choice.backend);
  llvm_options with;
  with.library = choice.llvm;
  with.worker = choice.worker;
  return detail::tier_of<llvm_backend>(llvm_generator(std::move(with)), choice);
}

}  // namespace wasm64::aot
