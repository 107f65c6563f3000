#pragma once

#include <cstdint>

namespace wasm64 {

/// Error numbers of WASI preview 1 (`errno` of its witx files), as far as this library gives them.
enum class wasi_errno : std::uint16_t {
  success = 0,
  badf = 8,    ///< no such file descriptor, or not for this direction
  fault = 21,  ///< address outside of the memory
  inval = 28,
  io = 29,
  nospc = 51,
  nosys = 52,  ///< function not offered
  spipe = 70,  ///< a stream has no position
};

}  // namespace wasm64
