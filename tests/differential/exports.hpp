#pragma once

#include "wasm64/module/module.hpp"

namespace differential {

/// Names under which `with_exports` offers a module's own index spaces: "differential:memory0", ….
std::string hidden_name(wasm64::extern_kind kind, std::size_t index);

/// The module's binary with an export for every memory, table and global, so that a host can look at all of them.
wasm64::byte_vector with_exports(const wasm64::module& m);

/// How many exports such a module had before; they come first.
inline std::size_t own_exports(const wasm64::module& m) {
  return m.exports.size() - m.tables.size() - m.memories.size() - m.globals.size();
}

}  // namespace differential
