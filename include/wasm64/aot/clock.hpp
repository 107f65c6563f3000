#pragma once

#include <cstdint>

#include <time.h>

namespace wasm64::aot::detail {

/// A clock for the time that compiling may take; what is compiled never sees it.
inline std::uint64_t milliseconds_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace wasm64::aot::detail
