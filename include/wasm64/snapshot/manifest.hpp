#pragma once

#include "wasm64/base/containers.hpp"
#include "wasm64/config.hpp"
#include "wasm64/snapshot/format.hpp"
#include "wasm64/snapshot/tree_format.hpp"

namespace wasm64 {

/// What a snapshot consists of. Its bytes are the object whose id is that of the state.
struct snapshot_manifest {
  struct memory {
    std::uint64_t pages = 0;
    std::uint8_t page_size_log2 = 16;
    tree_root root;

    std::uint64_t size() const noexcept { return pages << page_size_log2; }
    friend bool operator==(const memory&, const memory&) = default;
  };

  vector<content_id> modules;  ///< of the instances
  vector<memory> memories;
  std::uint64_t state_size = 0;
  tree_root state;

  friend bool operator==(const snapshot_manifest&, const snapshot_manifest&) = default;
};

/// Whether bytes claim to be a manifest, rather than a bare memory or an id.
inline bool is_snapshot(bytes_view bytes) noexcept {
  constexpr auto& magic = snapshot_format::magic;
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0 &&
         bytes.size() % snapshot_format::memory_page_size != 0;
}

byte_vector encode(const snapshot_manifest& m);
/// Fails with `snapshot_malformed` for what `encode` does not write, and with `snapshot_version`.
result<snapshot_manifest> decode_manifest(bytes_view bytes);
/// The manifest that bytes begin with; `size` is how many of them it takes, without padding.
result<snapshot_manifest> decode_manifest(bytes_view bytes, std::size_t& size);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/manifest_impl.hpp"
#endif
