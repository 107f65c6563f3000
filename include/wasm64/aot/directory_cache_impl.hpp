#pragma once

#include <sys/stat.h>

#include <cerrno>

#include "wasm64/aot/directory_cache.hpp"

namespace wasm64::aot {

WASM64_AOT_INLINE result<directory_cache> directory_cache::open(const std::string& directory) {
  constexpr mode_t mine = 0700;
  if (::mkdir(directory.c_str(), mine) != 0 && errno != EEXIST) return fail(errc::storage_io, directory);
  WASM64_TRY(const node_key key, node_key::open(directory + "/key"));
  WASM64_TRY(filesystem_store store, filesystem_store::open(directory + "/artifacts"));
  return directory_cache(std::make_unique<parts>(std::move(store), key));
}

}  // namespace wasm64::aot
