#pragma once

#include "wasm64/aot/check.hpp"

namespace wasm64::aot {

/// The default: functions are interpreted, and nothing of this folder is compiled into a program.
struct no_backend {
  using generator = void;
  using loader = void;
};
static_assert(backend<no_backend> && !has_code<no_backend>);

}  // namespace wasm64::aot
