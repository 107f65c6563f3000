#pragma once

#include "wasm64/host/wasi_call.hpp"

namespace wasm64::detail {

inline bool is_open_stream(const wasi_call& c, std::uint32_t fd) noexcept { return fd < 3 && c.context.open[fd]; }

/// The buffer at `index` of a vector of buffers (`iovec`, `ciovec`: address and size) that is in bounds itself; false
/// when the buffer is not. Asked again at each use, because reading into one buffer may change the vector.
inline bool find_buffer(const wasi_call& c, std::uint64_t list, std::uint64_t index, std::span<std::uint8_t>& found) {
  const std::uint64_t width = c.address_size(), entry = list + index * 2 * width;
  const std::uint64_t address = c.load_address(entry), size = c.load_address(entry + width);
  if (!c.in_bounds(address, size)) return false;
  found = c.bytes(address, size);
  return true;
}

/// Checks everything before anything is transferred. The sum of sizes is limited as POSIX limits it, so that buffers
/// that overlap cannot ask for more than the memory is worth.
inline wasi_errno check_buffers(const wasi_call& c, std::uint64_t list, std::uint64_t count, std::uint64_t answer) {
  constexpr std::uint64_t most = 0x7fffffff;
  if (!c.in_bounds(list, count, 2 * c.address_size()) || !c.in_bounds(answer, c.address_size())) {
    return wasi_errno::fault;
  }
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::span<std::uint8_t> buffer;
    if (!find_buffer(c, list, i, buffer)) return wasi_errno::fault;
    if (buffer.size() > most - total) return wasi_errno::inval;
    total += buffer.size();
  }
  return wasi_errno::success;
}

/// fd_write(fd, vectors, count, written)
WASM64_INLINE wasi_errno wasi_fd_write(const wasi_call& c) {
  const std::uint32_t fd = c.i32(0);
  if (fd == 0 || !is_open_stream(c, fd)) return wasi_errno::badf;
  const std::uint64_t list = c.u64(1), count = c.u64(2), answer = c.u64(3);
  if (const wasi_errno e = check_buffers(c, list, count, answer); e != wasi_errno::success) return e;
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::span<std::uint8_t> buffer;
    if (!find_buffer(c, list, i, buffer)) break;
    if (const wasi_errno e = c.context.write(fd, buffer); e != wasi_errno::success) {
      if (written == 0) return e;
      break;
    }
    written += buffer.size();
  }
  c.store_address(answer, written);
  return wasi_errno::success;
}

/// fd_read(fd, vectors, count, read)
WASM64_INLINE wasi_errno wasi_fd_read(const wasi_call& c) {
  if (c.i32(0) != 0 || !is_open_stream(c, 0)) return wasi_errno::badf;
  const std::uint64_t list = c.u64(1), count = c.u64(2), answer = c.u64(3);
  if (const wasi_errno e = check_buffers(c, list, count, answer); e != wasi_errno::success) return e;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::span<std::uint8_t> buffer;
    if (!find_buffer(c, list, i, buffer)) break;
    const std::size_t got = c.context.read(buffer);
    total += got;
    if (got < buffer.size()) break;
  }
  c.store_address(answer, total);
  return wasi_errno::success;
}

/// fd_close(fd)
WASM64_INLINE wasi_errno wasi_fd_close(const wasi_call& c) {
  if (!is_open_stream(c, c.i32(0))) return wasi_errno::badf;
  c.context.open[c.i32(0)] = false;
  return wasi_errno::success;
}

/// fd_seek(fd, offset, whence, position) and fd_tell(fd, position)
WASM64_INLINE wasi_errno wasi_fd_seek(const wasi_call& c) {
  return is_open_stream(c, c.i32(0)) ? wasi_errno::spipe : wasi_errno::badf;
}

/// fd_fdstat_get(fd, stat): file type, flags, rights, inherited rights in 24 bytes
WASM64_INLINE wasi_errno wasi_fd_fdstat_get(const wasi_call& c) {
  constexpr std::uint8_t character_device = 2;
  constexpr std::uint64_t right_to_read = 1u << 1, right_to_write = 1u << 6, size = 24;
  const std::uint32_t fd = c.i32(0);
  const std::uint64_t answer = c.u64(1);
  if (!is_open_stream(c, fd)) return wasi_errno::badf;
  if (!c.in_bounds(answer, size)) return wasi_errno::fault;
  std::memset(c.at(answer), 0, size);
  *c.at(answer) = character_device;
  store_le(c.at(answer + 8), fd == 0 ? right_to_read : right_to_write);
  return wasi_errno::success;
}

/// fd_prestat_get(fd, prestat) and fd_prestat_dir_name(fd, path, size): no folder is open.
WASM64_INLINE wasi_errno wasi_fd_prestat(const wasi_call&) { return wasi_errno::badf; }

}  // namespace wasm64::detail
