#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/binary/limits.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// Decodes a module (specification 5.5), of which it keeps a copy. Function bodies are only delimited here: validation
/// reads them. Fails with a code of the range 0x1xx where the bytes are malformed, with `unsupported_feature`,
/// `implementation_limit` or `module_too_large`; the offset is the byte's in the module.
result<module> decode(bytes_view bytes, const feature_set& features = {}, const decode_limits& limits = {});

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/binary/decode_impl.hpp"
#endif
