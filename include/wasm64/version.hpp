#pragma once

/// The one place of the version; CMake reads these three lines.
#define WASM64_VERSION_MAJOR 0
#define WASM64_VERSION_MINOR 1
#define WASM64_VERSION_PATCH 0
