#pragma once

#include "wasm64/host/wasi_call.hpp"
#include "wasm64/host/wasi_files_impl.hpp"

namespace wasm64::detail {

/// A path argument: address and size from position `n` on. False when it is out of bounds.
inline bool load_path(const wasi_call& c, std::size_t n, std::uint32_t directory, bool follow, file_path& path) {
  if (!c.in_bounds(c.u64(n), c.u64(n + 1))) return false;
  const std::span<std::uint8_t> text = c.bytes(c.u64(n), c.u64(n + 1));
  path = {directory, as_text(text), follow, true};
  return true;
}
inline constexpr std::uint32_t follow_flag = 1;  // `lookupflags`

/// A file descriptor is never the working directory, which WASI does not have.
inline bool is_descriptor(std::uint32_t fd) noexcept { return fd != file_path::working_directory; }

/// path_open(directory, lookup flags, path, size, open flags, rights, inheriting rights, flags, fd)
WASM64_INLINE wasi_errno wasi_path_open(const wasi_call& c) {
  const std::uint32_t how = c.i32(4), flags = c.i32(7);
  const std::uint64_t answer = c.u64(8);
  file_path path;
  if (!is_descriptor(c.i32(0))) return wasi_errno::badf;
  if (!load_path(c, 2, c.i32(0), (c.i32(1) & follow_flag) != 0, path)) return wasi_errno::fault;
  if (!c.in_bounds(answer, sizeof(std::uint32_t))) return wasi_errno::fault;
  if (how > 15 || flags > fd_flags::all) return wasi_errno::inval;
  open_options options;
  options.create = (how & 1) != 0;
  options.directory = (how & 2) != 0;
  options.exclusive = (how & 4) != 0;
  options.truncate = (how & 8) != 0;
  options.flags = static_cast<std::uint16_t>(flags);
  options.base = c.u64(5);
  options.inheriting = c.u64(6);
  std::uint32_t fd = 0;
  const wasi_errno e = c.context.files().open(path, options, fd);
  if (e == wasi_errno::success) store_le(c.at(answer), fd);
  return e;
}

/// path_create_directory(directory, path, size) and the others of that shape
template <wasi_errno (virtual_files::*Do)(const file_path&)>
wasi_errno wasi_path(const wasi_call& c) {
  file_path path;
  if (!is_descriptor(c.i32(0))) return wasi_errno::badf;
  if (!load_path(c, 1, c.i32(0), false, path)) return wasi_errno::fault;
  return (c.context.files().*Do)(path);
}

/// path_filestat_get(directory, lookup flags, path, size, stat)
WASM64_INLINE wasi_errno wasi_path_filestat_get(const wasi_call& c) {
  file_path path;
  file_stat stat;
  if (!is_descriptor(c.i32(0))) return wasi_errno::badf;
  if (!load_path(c, 2, c.i32(0), (c.i32(1) & follow_flag) != 0, path)) return wasi_errno::fault;
  if (!c.in_bounds(c.u64(4), stat_size)) return wasi_errno::fault;
  const wasi_errno e = c.context.files().stat_at(path, stat);
  if (e == wasi_errno::success) store_stat(c, c.u64(4), stat);
  return e;
}

/// path_filestat_set_times(directory, lookup flags, path, size, accessed, modified, flags)
WASM64_INLINE wasi_errno wasi_path_filestat_set_times(const wasi_call& c) {
  file_path path;
  file_times_change change;
  if (!is_descriptor(c.i32(0))) return wasi_errno::badf;
  if (!load_path(c, 2, c.i32(0), (c.i32(1) & follow_flag) != 0, path)) return wasi_errno::fault;
  if (!read_times(c.i32(6), c.u64(4), c.u64(5), change)) return wasi_errno::inval;
  return c.context.files().set_times_at(path, change);
}

/// path_link(directory, lookup flags, path, size, new directory, new path, size)
WASM64_INLINE wasi_errno wasi_path_link(const wasi_call& c) {
  file_path from, to;
  if (!is_descriptor(c.i32(0)) || !is_descriptor(c.i32(4))) return wasi_errno::badf;
  if (!load_path(c, 2, c.i32(0), (c.i32(1) & follow_flag) != 0, from)) return wasi_errno::fault;
  if (!load_path(c, 5, c.i32(4), false, to)) return wasi_errno::fault;
  return c.context.files().link(from, to);
}

/// path_rename(directory, path, size, new directory, new path, size)
WASM64_INLINE wasi_errno wasi_path_rename(const wasi_call& c) {
  file_path from, to;
  if (!is_descriptor(c.i32(0)) || !is_descriptor(c.i32(3))) return wasi_errno::badf;
  if (!load_path(c, 1, c.i32(0), false, from) || !load_path(c, 4, c.i32(3), false, to)) return wasi_errno::fault;
  return c.context.files().rename(from, to);
}

/// path_symlink(target, size, directory, path, size)
WASM64_INLINE wasi_errno wasi_path_symlink(const wasi_call& c) {
  file_path target, path;
  if (!is_descriptor(c.i32(2))) return wasi_errno::badf;
  if (!load_path(c, 0, c.i32(2), false, target) || !load_path(c, 3, c.i32(2), false, path)) return wasi_errno::fault;
  return c.context.files().symlink(target.text, path);
}

/// path_readlink(directory, path, size, buffer, size, used): cut off at the end of the buffer
WASM64_INLINE wasi_errno wasi_path_readlink(const wasi_call& c) {
  file_path path;
  std::string target;
  if (!is_descriptor(c.i32(0))) return wasi_errno::badf;
  if (!load_path(c, 1, c.i32(0), false, path)) return wasi_errno::fault;
  if (!c.in_bounds(c.u64(3), c.u64(4)) || !c.in_bounds(c.u64(5), c.address_size())) return wasi_errno::fault;
  if (const wasi_errno e = c.context.files().read_link(path, target); e != wasi_errno::success) return e;
  const std::uint64_t used = std::min<std::uint64_t>(target.size(), c.u64(4));
  std::memcpy(c.at(c.u64(3)), target.data(), static_cast<std::size_t>(used));
  c.store_address(c.u64(5), used);
  return wasi_errno::success;
}

}  // namespace wasm64::detail
