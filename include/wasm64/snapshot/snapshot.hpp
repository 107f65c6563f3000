#pragma once

#include "wasm64/base/bytes.hpp"
#include "wasm64/config.hpp"
#include "wasm64/runtime/instance.hpp"
#include "wasm64/snapshot/format.hpp"

namespace wasm64 {

/// The hash that seals snapshots; the engine has none of its own. `storage/sha256.hpp` offers one.
using snapshot_hash = result<std::array<std::uint8_t, snapshot_format::digest_size>> (*)(bytes_view);

/// The state of what the instance defines: memories, globals, tables, dropped segments; imports are not part of it.
/// The same state gives the same bytes. Zero blocks of memory cost a bit. The module's id must be set.
/// Fails with `instance_busy` while the instance's store runs or is suspended, and with `snapshot_incompatible` for
/// references to anything but functions in the instance's index space.
result<byte_vector> capture(const instance& in, snapshot_hash hash);

/// Brings a fresh instance of the same module into the captured state; memories and tables grow as needed. The bytes
/// may come from anybody: everything is checked before anything changes. Fails with a `snapshot_…` code, with
/// `instance_busy`, or with `out_of_memory`, when memories may have grown already.
result<void> restore(instance& in, bytes_view snapshot, snapshot_hash hash);

/// Puts the contents of a bare memory, as HyperBEAM stores them, into memory 0, and grows it to fit: such an image may
/// have a page more than the module asks for. Everything else stays as it is. Fails with `snapshot_malformed` unless
/// the image is whole pages, with `snapshot_incompatible` when it is smaller than the memory or the memory cannot grow.
result<void> restore_memory_image(instance& in, bytes_view image);

/// Whether bytes claim to be a snapshot rather than a bare memory.
inline bool is_snapshot(bytes_view bytes) noexcept {
  constexpr auto& magic = snapshot_format::magic;
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0 &&
         bytes.size() % snapshot_format::page_size != 0;
}

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/capture_impl.hpp"
#include "wasm64/snapshot/restore_impl.hpp"
#endif
