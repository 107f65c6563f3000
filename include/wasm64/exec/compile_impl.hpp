#pragma once

#include "wasm64/exec/engine.hpp"
#include "wasm64/lower/lower.hpp"

namespace wasm64 {

WASM64_INLINE result<module> compile_unshared(bytes_view wasm, const feature_set& features,
                                              const decode_limits& limits) {
  WASM64_TRY(module m, decode(wasm, features, limits));
  WASM64_CHECK(validate(m, features, limits));
  for (const func_def& f : m.funcs) {
    if (!frame_fits(m, f)) return fail(errc::implementation_limit, f.body.offset, "slots of a function's frame");
  }
  return m;
}

WASM64_INLINE result<std::shared_ptr<const module>> compile(bytes_view wasm, const feature_set& features,
                                                            const decode_limits& limits) {
  WASM64_TRY(module m, compile_unshared(wasm, features, limits));
  return std::make_shared<const module>(std::move(m));
}

}  // namespace wasm64
