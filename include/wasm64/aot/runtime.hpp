#pragma once

#include <memory>

#include "wasm64/aot/abi.hpp"
#include "wasm64/aot/layout.hpp"
#include "wasm64/runtime/store.hpp"

// Compiled code in a store: how it is entered, what it calls, how it is left.

namespace wasm64::aot {

/// Compiled code of a module where it can be executed. `owner` keeps it there.
struct code_view {
  const std::uint8_t* code = nullptr;
  std::span<const std::uint32_t> entries;  ///< as `native_code` has them, as well as the following
  std::span<const std::uint32_t> bodies;
  std::span<const site> sites;
  std::shared_ptr<const void> owner;
};

/// Lets a store call compiled code wherever it calls functions of the module: in instances it has, from their next call
/// on, and in those to come. The code must be that of the module, for stores that count fuel if this one does. Fails
/// with `instance_busy` while the store runs or is suspended, and with `aot_mismatch` where the module has compiled
/// code already or the code is not of such a module.
result<void> attach(store_base& to, const std::shared_ptr<const module>& m, code_view code);

/// The same for a store that runs, at a call.
result<void> attach_running(store_base& to, const std::shared_ptr<const module>& m, code_view code);

/// How many functions of a module are compiled.
std::uint32_t compiled_functions(const module_code& code) noexcept;

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/runtime_impl.hpp"
#endif
