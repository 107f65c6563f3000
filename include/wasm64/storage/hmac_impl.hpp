#pragma once

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <climits>

#include "wasm64/storage/hmac.hpp"

namespace wasm64 {

WASM64_INLINE result<std::array<std::uint8_t, 32>> hmac_sha256(bytes_view key, bytes_view bytes) {
  std::array<std::uint8_t, 32> tag{};
  unsigned size = 0;
  constexpr std::uint8_t no_key = 0;  // the library takes a null pointer for the key that it had before
  const bool is_done =
      key.size() <= INT_MAX && ::HMAC(EVP_sha256(), key.empty() ? &no_key : key.data(), static_cast<int>(key.size()),
                                      bytes.data(), bytes.size(), tag.data(), &size) != nullptr;
  if (!is_done || size != tag.size()) return fail(errc::out_of_memory, "HMAC-SHA256");
  return tag;
}

WASM64_INLINE bool equal_in_constant_time(bytes_view a, bytes_view b) noexcept {
  return a.size() == b.size() && (a.empty() || ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace wasm64
