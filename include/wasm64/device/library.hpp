#pragma once

#include <memory>

#include "wasm64/base/result.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/runtime/linker.hpp"
#include "wasm64/snapshot/hooks.hpp"

namespace wasm64 {

template <class M>
class guest;

/// Host functions that a device of the node gives an instance when it is made, so that calling them costs no lookup.
/// What they keep of the message as objects of the host is read when it is first needed, and written back before
/// anybody else looks at the message.
template <class M>
class import_library {
 public:
  import_library() = default;
  import_library(const import_library&) = delete;
  import_library& operator=(const import_library&) = delete;
  virtual ~import_library() = default;

  /// Defines what `m` imports and this library has; what `to` already has should stay. The functions live no longer
  /// than `owner`, which is not linked yet.
  virtual void define(linker& to, const module& m, guest<M>& owner) = 0;
  /// The outermost call begins, with that much fuel. Cheap.
  virtual void begin(std::int64_t) noexcept {}
  /// A new instance is there, its start function has run; a restored one has been started before.
  virtual result<void> start(store_base&, const instance&) { return success(); }
  /// A call begins, or another import has answered: what was read from the message may no longer be true. Cheap.
  virtual void enter() noexcept {}
  /// The call ends, or another import is about to be asked: writes what has changed into the message.
  virtual result<void> leave(typename M::value_type&) { return success(); }
  /// Adds what the library keeps between calls, or while one is suspended, and is not in the message.
  virtual void extend(snapshot_hooks&) {}
};

/// Time and randomness of one call, from the policies of the device.
struct call_moment {
  std::uint64_t nanoseconds = 0;  ///< since 1970
  std::uint64_t seed = 0;
};

}  // namespace wasm64
