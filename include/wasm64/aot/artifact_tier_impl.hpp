#pragma once

#include "wasm64/aot/artifact_tier.hpp"
#include "wasm64/aot/image.hpp"

namespace wasm64::aot {

WASM64_AOT_INLINE result<code_view> artifact_tier::load(const module& m, bool metered) const {
  WASM64_TRY(const content_id engine, engine_fingerprint(layout::all));
  compile_request request;
  request.metered = metered;
  WASM64_TRY(const artifact_key key, make_key(m, request, engine, {}, {}));
  WASM64_TRY(const verified_artifact artifact, cache_.read(file_, {key, true}, m));
  WASM64_TRY(native_image loaded, native_loader().load(artifact));
  const auto kept = std::make_shared<const native_image>(std::move(loaded));
  return code_view{kept->code().data(), kept->entries(), kept->bodies(), kept->sites(), kept};
}

WASM64_AOT_INLINE result<void> artifact_tier::provide(store_base& to, const std::shared_ptr<const module>& m) {
  if (m->funcs.empty()) return success();
  result<code_view> code = load(*m, to.metered());
  if (code.has_value()) return attach(to, m, std::move(code).assume_value());
  if (is_required_) return fail(code.assume_error());
  return success();
}

}  // namespace wasm64::aot
