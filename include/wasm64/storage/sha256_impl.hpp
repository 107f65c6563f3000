#pragma once

// The only door to OpenSSL.
#include <openssl/evp.h>

#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

WASM64_INLINE result<content_id> sha256(bytes_view bytes) {
  content_id id;
  if (EVP_Digest(bytes.data(), bytes.size(), id.bytes.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return fail(errc::out_of_memory, "SHA-256");
  }
  return id;
}

}  // namespace wasm64
