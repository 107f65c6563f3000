#pragma once

#include <cstdint>

namespace wasm64 {

/// Error numbers of WASI preview 1 (`errno` of its witx files), as far as this library gives them.
enum class wasi_errno : std::uint16_t {
  success = 0,
  acces = 2,
  badf = 8,  ///< no such file descriptor, or not for this direction
  busy = 10,
  exist = 20,
  fault = 21,  ///< address outside of the memory
  fbig = 22,
  ilseq = 25,  ///< a path that is not UTF-8
  inval = 28,
  io = 29,
  isdir = 31,
  loop = 32,   ///< too many symbolic links, or one where none is followed
  mfile = 33,  ///< too many open descriptors
  mlink = 34,
  nametoolong = 37,
  nfile = 41,
  noent = 44,
  nospc = 51,  ///< a limit of the files is reached
  nosys = 52,  ///< function not offered
  notdir = 54,
  notempty = 55,
  notsock = 57,
  notsup = 58,
  notty = 59,
  overflow = 61,
  perm = 63,
  spipe = 70,  ///< a stream has no position
  xdev = 75,
  notcapable = 76,  ///< the descriptor lacks the right, or the path leaves its folder
};

}  // namespace wasm64
