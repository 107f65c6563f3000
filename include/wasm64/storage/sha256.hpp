#pragma once

#include <span>

#include "wasm64/config.hpp"
#include "wasm64/storage/id.hpp"

namespace wasm64 {

/// Fails only when the crypto library does (out_of_memory).
result<content_id> sha256(bytes_view bytes);

/// The ids of several, of which neighbours of the same size cost little more than one where the processor has
/// instructions for it. There are as many ids as items.
result<void> sha256_all(std::span<const bytes_view> items, std::span<content_id> ids);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/sha256_impl.hpp"
#endif
