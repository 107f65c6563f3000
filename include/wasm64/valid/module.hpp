#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/binary/limits.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// Validates a decoded module (specification 3.5) and all its function bodies, whose `body_facts` it stores, with
/// `declared_funcs`. Fails with a code of the range 0x2xx where the module is invalid or needs a feature that is off
/// or not run, and of 0x1xx where the bytes of a body are malformed; the offset is that of the instruction, where it is
/// in an expression. Of `limits`, only `values_per_byte` matters here.
result<void> validate(module& m, const feature_set& features = {}, const decode_limits& limits = {});

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/valid/module_impl.hpp"
#endif
