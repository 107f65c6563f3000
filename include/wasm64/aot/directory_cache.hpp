#pragma once

#include <string>

#include "wasm64/aot/authenticator.hpp"
#include "wasm64/aot/cache.hpp"
#include "wasm64/storage/posix_file.hpp"

namespace wasm64::aot {

/// Artifacts of a node in a folder: each a file named after its key in `artifacts`, and beside that the node's key in
/// `key`. Nothing in it is needed but the key, and any file may be removed at any time. Processes of one user may use
/// it at once.
class directory_cache {
 public:
  /// Makes what is not there; the folder that it is in must exist. Fails as `node_key::open` does, and with storage_io.
  static result<directory_cache> open(const std::string& directory);

  /// Any failure is a miss: not_found, storage_io, and what `artifact_verifier::read` says of a file that cannot be
  /// used, which is removed.
  result<verified_artifact> get(const artifact_key& key, const module& m) const;
  /// Fails with storage_io.
  result<void> put(const verified_artifact& artifact) const;
  /// An artifact as it is kept, and as any file may hold it.
  result<byte_vector> write(const verified_artifact& artifact) const {
    return artifact_verifier<hmac_authenticator>(authenticator_).write(artifact);
  }
  /// An artifact in a file, which may be anything. Fails with not_found, storage_io and as `artifact_verifier::read`.
  result<verified_artifact> read(const std::string& file, const artifact_demand& wanted, const module& m) const;

 private:
  directory_cache(wasm64::detail::posix_file artifacts, const node_key& key) noexcept
      : artifacts_(std::move(artifacts)), authenticator_(key) {}
  result<verified_artifact> read_at(int directory, const std::string& file, const artifact_demand& wanted,
                                    const module& m) const;

  wasm64::detail::posix_file artifacts_;
  hmac_authenticator authenticator_;
};

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/directory_cache_impl.hpp"
#endif
