#pragma once

#include "wasm64/config.hpp"
#include "wasm64/storage/id.hpp"

namespace wasm64 {

/// Fails only when the crypto library does (out_of_memory).
result<content_id> sha256(bytes_view bytes);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/sha256_impl.hpp"
#endif
