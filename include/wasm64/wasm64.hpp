#pragma once

// The umbrella: engine, device and their default policies. The text format (wasm64/text), scripts (wasm64/script) and
// adaptors to third-party types are included by those who use them.
#include "wasm64/device/default_device.hpp"
#include "wasm64/device/emscripten.hpp"
#include "wasm64/device/multipass.hpp"
#include "wasm64/device/patch.hpp"
#include "wasm64/device/process.hpp"
#include "wasm64/device/scheduler.hpp"
#include "wasm64/device/stack.hpp"
#include "wasm64/device/wasi.hpp"
#include "wasm64/exec/engine.hpp"
#include "wasm64/host/emscripten.hpp"
#include "wasm64/host/wasi.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/runtime/suspension.hpp"
#include "wasm64/snapshot/snapshot.hpp"
#include "wasm64/storage/any_store.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/layered_store.hpp"
#include "wasm64/storage/memory_store.hpp"
#include "wasm64/valid/custom_sections.hpp"
#include "wasm64/version.hpp"
