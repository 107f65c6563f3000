#pragma once

#include "wasm64/aot/image.hpp"

namespace wasm64::aot {

WASM64_AOT_INLINE result<native_image> native_loader::load(const verified_artifact& artifact) {
  const std::shared_ptr<const artifact_parts> parts = artifact.parts();
  WASM64_CHECK(parts->pages.make_executable());
  return native_image(parts);
}

}  // namespace wasm64::aot
