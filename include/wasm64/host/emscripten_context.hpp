#pragma once

#include <cstdint>
#include <limits>

#include "wasm64/host/wasi_context.hpp"

namespace wasm64 {

/// What Emscripten's JavaScript would remember of an instance. The rest of what a program sees is the WASI context's.
class emscripten_context {
 public:
  explicit emscripten_context(wasi_context& c) noexcept : host(c) {}

  /// Forgets exceptions that a trap has left behind. A call from outside begins so, else it would matter whether the
  /// instance was restored in between.
  void forget_exceptions() noexcept {
    thrown = 0;
    caught.clear();
    uncaught = 0;
  }

  wasi_context& host;
  std::uint64_t thrown = 0;        ///< the latest exception on its way
  vector<std::uint64_t> caught;    ///< those in handlers, innermost last
  std::uint32_t uncaught = 0;      ///< how many are on their way
  std::uint32_t second_result = 0; ///< what `setTempRet0` was given
  /// With how much fuel the call has begun, for `metering_gasUsed`; as it is, as much as stores that are not metered.
  std::int64_t fuel = std::numeric_limits<std::int64_t>::max();
};

}  // namespace wasm64
