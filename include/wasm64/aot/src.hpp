#pragma once

// Everything the target wasm64::aot holds: the translation unit that includes this defines WASM64_AOT_SOURCE first.
#include "wasm64/aot/open_tier.hpp"
#include "wasm64/aot/worker.hpp"
