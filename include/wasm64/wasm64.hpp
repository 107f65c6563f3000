#pragma once

// The umbrella: engine and device. The text format (wasm64/text/*.hpp) and adaptors to third-party types are included
// by those who use them.
#include "wasm64/exec/engine.hpp"
#include "wasm64/host/wasi.hpp"
