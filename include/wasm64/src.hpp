#pragma once

// Everything the compiled target holds: the translation unit that includes this defines WASM64_SOURCE first.
#include "wasm64/script/run.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/text/script.hpp"
#include "wasm64/wasm64.hpp"

namespace wasm64::exec {
template struct interpreter<machine_config{machine_config{}.dispatch, false}>;
template struct interpreter<machine_config{machine_config{}.dispatch, true}>;
}  // namespace wasm64::exec
