#pragma once

#include <string>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"

namespace wasm64 {

/// Something of the host that belongs to the state of a store, under a name. The same state must give the same bytes on
/// every machine; no bytes are the state of a fresh host.
struct snapshot_part {
  std::string name;
  void* environment = nullptr;
  result<byte_vector> (*save)(void* environment) = nullptr;
  /// Whether `load` can take these bytes, which may come from anybody.
  result<void> (*check)(void* environment, bytes_view bytes) = nullptr;
  void (*load)(void* environment, bytes_view bytes) = nullptr;
};

/// What the host contributes to snapshots of a store.
struct snapshot_hooks {
  /// What a host reference means, so that another process can make one of it, and back. References with the same
  /// meaning become the same one. Without them a store that holds host references cannot be captured or restored.
  result<byte_vector> (*encode)(void* environment, std::uint64_t handle) = nullptr;
  result<std::uint64_t> (*decode)(void* environment, bytes_view meaning) = nullptr;
  void* environment = nullptr;

  vector<snapshot_part> parts;  ///< each with a name of its own
};

}  // namespace wasm64
