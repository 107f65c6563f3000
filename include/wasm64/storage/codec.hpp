#pragma once

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"

namespace wasm64 {

/// A way to make stored bytes smaller. `storage/zstd.hpp` has one.
struct codec {
  /// Stands beside the bytes, so that a reader knows what it needs. Not 0; 1 is zstd.
  std::uint32_t id;
  const char* name;
  /// Answers nothing (no bytes) where it would not get smaller.
  result<byte_vector> (*compress)(bytes_view raw);
  /// Fills `raw` exactly or fails with hash_mismatch. The stored bytes may be anything.
  result<void> (*decompress)(bytes_view stored, std::span<std::uint8_t> raw);
};

}  // namespace wasm64
