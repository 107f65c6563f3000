#pragma once

// This header and hmac_impl.hpp are the only doors to OpenSSL.
#include <openssl/evp.h>

#include "wasm64/storage/sha256.hpp"
#include "wasm64/storage/sha256_pair_impl.hpp"

namespace wasm64 {

namespace detail {

/// The algorithm, looked up once in a process; it is needed until the process ends.
inline const EVP_MD* sha256_algorithm() noexcept {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (found != nullptr) return found;
#endif
  return EVP_sha256();
}

/// What a computation needs, kept for the thread's next one.
struct sha256_context {
  EVP_MD_CTX* state = EVP_MD_CTX_new();

  sha256_context() = default;
  sha256_context(const sha256_context&) = delete;
  sha256_context& operator=(const sha256_context&) = delete;
  ~sha256_context() { EVP_MD_CTX_free(state); }
};

}  // namespace detail

WASM64_INLINE result<content_id> sha256(bytes_view bytes) {
  thread_local const detail::sha256_context context;
  content_id id;
  const bool is_done = context.state != nullptr &&
                       EVP_DigestInit_ex(context.state, detail::sha256_algorithm(), nullptr) == 1 &&
                       EVP_DigestUpdate(context.state, bytes.data(), bytes.size()) == 1 &&
                       EVP_DigestFinal_ex(context.state, id.bytes.data(), nullptr) == 1;
  if (!is_done) return fail(errc::out_of_memory, "SHA-256");
  return id;
}

WASM64_INLINE result<void> sha256_all(std::span<const bytes_view> items, std::span<content_id> ids) {
  static const bool can_pair = detail::has_sha_instructions();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (can_pair && i + 1 < items.size() && items[i].size() == items[i + 1].size()) {
      detail::sha256_pair(items[i], items[i + 1], ids[i], ids[i + 1]);
      ++i;
    } else {
      WASM64_TRY(ids[i], sha256(items[i]));
    }
  }
  return success();
}

}  // namespace wasm64
