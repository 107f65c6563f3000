#pragma once

#include <utility>

#include "wasm64/aot/artifact_tier.hpp"
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

template <class Generator>
result<artifact_bytes> artifact_of(Generator compiler, const tier_choice& choice, const module& m, bool metered) {
  WASM64_TRY(directory_cache cache, directory_cache::open(choice.cache));
  WASM64_TRY(const content_id engine, engine_fingerprint(layout::all));
  compile_request request = choice.options.request;
  request.metered = metered;
  WASM64_TRY(const verified_artifact artifact, compile_cached(compiler, cache, m, request, engine));
  artifact_bytes out;
  WASM64_TRY(out.bytes, cache.write(artifact));
  for (const std::uint32_t place : artifact.entries()) out.functions += place != 0;
  out.code_bytes = artifact.code().size();
  return out;
}

/// Calls `use` with the backend's type and its generator.
template <class Use>
auto with_backend(const tier_choice& choice, Use use) -> decltype(use(c_backend(), c_generator())) {
  if (choice.backend == "c") {
    c_options with;
    if (!choice.compiler.empty()) with.compiler = choice.compiler;
    return use(c_backend(), c_generator(std::move(with)));
  }
  if (choice.backend != "llvm") return fail(errc::aot_compiler_missing, choice.backend);
  llvm_options with;
  with.library = choice.llvm;
  with.worker = choice.worker;
  with.in_process = choice.in_process;
  return use(llvm_backend(), llvm_generator(std::move(with)));
}

}  // namespace detail

WASM64_AOT_INLINE result<std::shared_ptr<code_provider>> open_tier(const tier_choice& choice) {
  if (!choice.artifact.empty()) {
    if (choice.cache.empty()) return fail(errc::aot_key_unusable, "no folder with a key is named");
    WASM64_TRY(directory_cache cache, directory_cache::open(choice.cache));
    return std::make_shared<artifact_tier>(choice.artifact, std::move(cache), choice.options.is_required);
  }
  return detail::with_backend(choice, [&](auto backend, auto compiler) {
    return detail::tier_of<decltype(backend)>(std::move(compiler), choice);
  });
}

WASM64_AOT_INLINE result<artifact_bytes> compile_artifact(const tier_choice& choice, const module& m, bool metered) {
  return detail::with_backend(
      choice, [&](auto, auto compiler) { return detail::artifact_of(std::move(compiler), choice, m, metered); });
}

}  // namespace wasm64::aot
