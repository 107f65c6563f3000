#pragma once

#include <memory>
#include <string>

#include "wasm64/storage/any_store.hpp"

/// A store that was opened, with what it needs.
struct opened_store {
  std::shared_ptr<void> owner;
  wasm64::any_store store;
};

/// Opens `fs:DIR`, `lmdb:DIR` or `redis://[:PASSWORD@]HOST:PORT[/DB]`; a path alone is a directory. Fails with
/// `unsupported_by_store` for a kind that this program was built without, and as stores do.
wasm64::result<opened_store> open_store(const std::string& where);
