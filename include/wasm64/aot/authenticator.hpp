#pragma once

#include "wasm64/aot/check.hpp"
#include "wasm64/storage/hmac.hpp"

namespace wasm64::aot {

/// A secret of a node: whoever knows it can make code that the node runs. It belongs neither into the store that
/// artifacts are in nor to another node.
class node_key {
 public:
  static constexpr std::size_t size = 32;

  /// The key in a file, which is made if there is none: complete or not at all, whatever happens meanwhile, and the
  /// same for all who open it at once. Its directory must exist. Fails with aot_key_unusable when the file is not this
  /// user's alone or has not the size of a key, and with storage_io.
  static result<node_key> open(const std::string& path);
  /// One that ends with the process. Fails with storage_io when the system has no random numbers.
  static result<node_key> make();

  bytes_view bytes() const noexcept { return bytes_; }

 private:
  node_key() = default;

  std::array<std::uint8_t, size> bytes_{};
};

/// Tags that only who knows a key can make: HMAC-SHA256 of the size in bytes (u64, little-endian) and the SHA-256 of
/// each half and of what is left of an odd size. Both halves are hashed at once.
class hmac_authenticator {
 public:
  explicit hmac_authenticator(const node_key& key) noexcept : key_(key) {}

  result<artifact_tag> tag(bytes_view bytes) const;
  bool check(bytes_view bytes, const artifact_tag& tag) const {
    const result<artifact_tag> right = this->tag(bytes);
    return right.has_value() && equal_in_constant_time(right.assume_value(), tag);
  }

 private:
  node_key key_;
};

static_assert(check_authenticator<hmac_authenticator>());

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/authenticator_impl.hpp"
#endif
