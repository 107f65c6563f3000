#pragma once

#include <string>

#include "wasm64/aot/directory_cache.hpp"
#include "wasm64/aot/runtime.hpp"

namespace wasm64::aot {

/// Has the code of one module, in a file that this node made: nothing is compiled, and no compiler need be there.
class artifact_tier final : public code_provider {
 public:
  /// `cache` has the node's key. Where the code `is_required`, no other module is instantiated.
  artifact_tier(std::string file, directory_cache cache, bool is_required)
      : file_(std::move(file)), cache_(std::move(cache)), is_required_(is_required) {}

  /// Fails where the code is required: as `directory_cache::read`, so with `aot_mismatch` for code of another module,
  /// engine or metering, and as the loader does.
  result<void> provide(store_base& to, const std::shared_ptr<const module>& m) override;

 private:
  result<code_view> load(const module& m, bool metered) const;

  std::string file_;
  directory_cache cache_;
  bool is_required_;
};

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/artifact_tier_impl.hpp"
#endif
