#pragma once

#include <memory>
#include <string>

#include "wasm64/aot/authenticator.hpp"
#include "wasm64/aot/cache.hpp"
#include "wasm64/storage/filesystem_store.hpp"

namespace wasm64::aot {

/// Artifacts of a node in a folder: a filesystem store in `artifacts`, and beside it the node's key in `key`. Processes
/// of one user may use it at once.
class directory_cache {
 public:
  /// Makes what is not there; the folder that it is in must exist. Fails as `node_key::open` and the store do.
  static result<directory_cache> open(const std::string& directory);

  result<verified_artifact> get(const artifact_key& key, const module& m) { return parts_->cache.get(key, m); }
  result<void> put(const verified_artifact& artifact) { return parts_->cache.put(artifact); }
  /// An artifact as it is kept.
  result<byte_vector> write(const verified_artifact& artifact) const {
    return artifact_verifier<hmac_authenticator>(parts_->authenticator).write(artifact);
  }

 private:
  struct parts {
    parts(filesystem_store s, const node_key& key)
        : store(std::move(s)), authenticator(key), cache(store, authenticator) {}
    filesystem_store store;
    hmac_authenticator authenticator;
    artifact_cache<filesystem_store, hmac_authenticator> cache;
  };
  explicit directory_cache(std::unique_ptr<parts> p) noexcept : parts_(std::move(p)) {}

  std::unique_ptr<parts> parts_;  // its parts refer to each other
};

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/directory_cache_impl.hpp"
#endif
