#pragma once

#include <array>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"

namespace wasm64 {

/// HMAC-SHA256 (RFC 2104). Fails only when the crypto library does (out_of_memory).
result<std::array<std::uint8_t, 32>> hmac_sha256(bytes_view key, bytes_view bytes);

/// Whether two are equal, in a time that depends on their sizes only.
bool equal_in_constant_time(bytes_view a, bytes_view b) noexcept;

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/hmac_impl.hpp"
#endif
