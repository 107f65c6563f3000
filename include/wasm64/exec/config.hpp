#pragma once

#include "wasm64/config.hpp"

namespace wasm64 {

enum class dispatch_kind : unsigned char { tail, loop };

/// All that handlers and lowering see of a configuration.
struct machine_config {
  dispatch_kind dispatch = WASM64_TAIL_DISPATCH ? dispatch_kind::tail : dispatch_kind::loop;
  bool metered = false;
  friend constexpr bool operator==(machine_config, machine_config) = default;
};

}  // namespace wasm64
