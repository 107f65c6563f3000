#pragma once

#include "wasm64/host/wasi_call.hpp"

namespace wasm64::detail {

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
  c.context.work += count * 2 * c.address_size();
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::span<std::uint8_t> buffer;
    if (!find_buffer(c, list, i, buffer)) return wasi_errno::fault;
    if (buffer.size() > most - total) return wasi_errno::inval;
    total += buffer.size();
  }
  return wasi_errno::success;
}

/// Calls `transfer(buffer, total, count)` for one buffer after the other until one is not filled, and stores the total.
/// With buffers, the first failure is the answer only when nothing was transferred before it.
template <class F>
wasi_errno transfer_buffers(const wasi_call& c, std::uint64_t list, std::uint64_t count, std::uint64_t answer,
                            F&& transfer) {
  if (const wasi_errno e = check_buffers(c, list, count, answer); e != wasi_errno::success) return e;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::span<std::uint8_t> buffer;
    if (!find_buffer(c, list, i, buffer)) break;
    std::size_t done = 0;
    if (const wasi_errno e = transfer(buffer, total, done); e != wasi_errno::success) {
      if (total == 0) return e;
      break;
    }
    total += done;
    c.context.work += done;
    if (done < buffer.size()) break;
  }
  c.store_address(answer, total);
  return wasi_errno::success;
}

/// fd_write(fd, vectors, count, written)
WASM64_INLINE wasi_errno wasi_fd_write(const wasi_call& c) {
  virtual_files& files = c.context.files();
  const std::uint32_t fd = c.i32(0);
  if (const wasi_errno e = files.check(fd, file_right::fd_write); e != wasi_errno::success) return e;
  return transfer_buffers(c, c.u64(1), c.u64(2), c.u64(3), [&](bytes_view buffer, std::uint64_t, std::size_t& done) {
    return files.write(fd, buffer, done);
  });
}

/// fd_read(fd, vectors, count, read)
WASM64_INLINE wasi_errno wasi_fd_read(const wasi_call& c) {
  virtual_files& files = c.context.files();
  const std::uint32_t fd = c.i32(0);
  if (const wasi_errno e = files.check(fd, file_right::fd_read); e != wasi_errno::success) return e;
  return transfer_buffers(
      c, c.u64(1), c.u64(2), c.u64(3),
      [&](std::span<std::uint8_t> buffer, std::uint64_t, std::size_t& done) { return files.read(fd, buffer, done); });
}

/// Where a buffer lies that begins `total` bytes behind an offset; false beyond what a file can have.
inline bool advance(std::uint64_t offset, std::uint64_t total, std::uint64_t& at) noexcept {
  at = offset + total;
  return at >= offset && at <= static_cast<std::uint64_t>(INT64_MAX);
}

/// fd_pwrite(fd, vectors, count, offset, written)
WASM64_INLINE wasi_errno wasi_fd_pwrite(const wasi_call& c) {
  virtual_files& files = c.context.files();
  const std::uint32_t fd = c.i32(0);
  std::size_t none = 0;
  if (const wasi_errno e = files.write_at(fd, 0, {}, none); e != wasi_errno::success) return e;
  return transfer_buffers(c, c.u64(1), c.u64(2), c.u64(4),
                          [&](bytes_view buffer, std::uint64_t total, std::size_t& done) {
                            std::uint64_t at = 0;
                            if (!advance(c.u64(3), total, at)) return wasi_errno::inval;
                            return files.write_at(fd, at, buffer, done);
                          });
}

/// fd_pread(fd, vectors, count, offset, read)
WASM64_INLINE wasi_errno wasi_fd_pread(const wasi_call& c) {
  virtual_files& files = c.context.files();
  const std::uint32_t fd = c.i32(0);
  std::size_t none = 0;
  if (const wasi_errno e = files.read_at(fd, 0, {}, none); e != wasi_errno::success) return e;
  return transfer_buffers(c, c.u64(1), c.u64(2), c.u64(4),
                          [&](std::span<std::uint8_t> buffer, std::uint64_t total, std::size_t& done) {
                            std::uint64_t at = 0;
                            if (!advance(c.u64(3), total, at)) return wasi_errno::inval;
                            return files.read_at(fd, at, buffer, done);
                          });
}

/// fd_close(fd)
WASM64_INLINE wasi_errno wasi_fd_close(const wasi_call& c) { return c.context.files().close(c.i32(0)); }

/// fd_renumber(from, to)
WASM64_INLINE wasi_errno wasi_fd_renumber(const wasi_call& c) { return c.context.files().renumber(c.i32(0), c.i32(1)); }

/// fd_seek(fd, offset, whence, position)
WASM64_INLINE wasi_errno wasi_fd_seek(const wasi_call& c) {
  const std::uint64_t answer = c.u64(3);
  const std::uint32_t whence = c.i32(2);
  std::uint64_t position = 0;
  if (!c.in_bounds(answer, sizeof position)) return wasi_errno::fault;
  if (whence > static_cast<std::uint32_t>(seek_from::end)) return wasi_errno::inval;
  const wasi_errno e =
      c.context.files().seek(c.i32(0), static_cast<std::int64_t>(c.u64(1)), static_cast<seek_from>(whence), position);
  if (e == wasi_errno::success) store_le(c.at(answer), position);
  return e;
}

/// fd_tell(fd, position)
WASM64_INLINE wasi_errno wasi_fd_tell(const wasi_call& c) {
  const std::uint64_t answer = c.u64(1);
  std::uint64_t position = 0;
  if (!c.in_bounds(answer, sizeof position)) return wasi_errno::fault;
  const wasi_errno e = c.context.files().tell(c.i32(0), position);
  if (e == wasi_errno::success) store_le(c.at(answer), position);
  return e;
}

/// fd_sync(fd), fd_datasync(fd): everything is where it belongs at once.
WASM64_INLINE wasi_errno wasi_fd_sync(const wasi_call& c) {
  return c.context.files().check(c.i32(0), file_right::fd_sync);
}
WASM64_INLINE wasi_errno wasi_fd_datasync(const wasi_call& c) {
  return c.context.files().check(c.i32(0), file_right::fd_datasync);
}

/// fd_advise(fd, offset, size, advice)
WASM64_INLINE wasi_errno wasi_fd_advise(const wasi_call& c) {
  const std::uint32_t advice = c.i32(3);
  return c.context.files().advise(c.i32(0), c.u64(1), c.u64(2), static_cast<std::uint8_t>(std::min(advice, 255u)));
}

/// fd_allocate(fd, offset, size)
WASM64_INLINE wasi_errno wasi_fd_allocate(const wasi_call& c) {
  return c.context.files().allocate(c.i32(0), c.u64(1), c.u64(2));
}

/// fd_fdstat_get(fd, stat): type, flags, rights, inherited rights in 24 bytes
WASM64_INLINE wasi_errno wasi_fd_fdstat_get(const wasi_call& c) {
  constexpr std::uint64_t size = 24;
  const std::uint64_t answer = c.u64(1);
  fd_stat stat;
  if (const wasi_errno e = c.context.files().status(c.i32(0), stat); e != wasi_errno::success) return e;
  if (!c.in_bounds(answer, size)) return wasi_errno::fault;
  std::memset(c.at(answer), 0, size);
  *c.at(answer) = static_cast<std::uint8_t>(stat.type);
  store_le(c.at(answer + 2), stat.flags);
  store_le(c.at(answer + 8), stat.base);
  store_le(c.at(answer + 16), stat.inheriting);
  return wasi_errno::success;
}

/// fd_fdstat_set_flags(fd, flags)
WASM64_INLINE wasi_errno wasi_fd_fdstat_set_flags(const wasi_call& c) {
  const std::uint32_t flags = c.i32(1);
  return flags > fd_flags::all ? wasi_errno::inval
                               : c.context.files().set_flags(c.i32(0), static_cast<std::uint16_t>(flags));
}

/// fd_fdstat_set_rights(fd, base, inheriting)
WASM64_INLINE wasi_errno wasi_fd_fdstat_set_rights(const wasi_call& c) {
  return c.context.files().set_rights(c.i32(0), c.u64(1), c.u64(2));
}

/// `filestat`: device, number, type, links, size, three times in 64 bytes
inline void store_stat(const wasi_call& c, std::uint64_t to, const file_stat& stat) {
  std::memset(c.at(to), 0, 64);
  store_le(c.at(to + 8), stat.number);
  *c.at(to + 16) = static_cast<std::uint8_t>(stat.type);
  store_le(c.at(to + 24), stat.links);
  store_le(c.at(to + 32), stat.size);
  store_le(c.at(to + 40), stat.times.accessed);
  store_le(c.at(to + 48), stat.times.modified);
  store_le(c.at(to + 56), stat.times.changed);
}
inline constexpr std::uint64_t stat_size = 64;

/// fd_filestat_get(fd, stat)
WASM64_INLINE wasi_errno wasi_fd_filestat_get(const wasi_call& c) {
  file_stat stat;
  if (const wasi_errno e = c.context.files().stat(c.i32(0), stat); e != wasi_errno::success) return e;
  if (!c.in_bounds(c.u64(1), stat_size)) return wasi_errno::fault;
  store_stat(c, c.u64(1), stat);
  return wasi_errno::success;
}

/// fd_filestat_set_size(fd, size)
WASM64_INLINE wasi_errno wasi_fd_filestat_set_size(const wasi_call& c) {
  return c.context.files().set_size(c.i32(0), c.u64(1));
}

/// `fstflags`
inline bool read_times(std::uint32_t flags, std::uint64_t accessed, std::uint64_t modified, file_times_change& change) {
  change = {(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, accessed, modified};
  return flags < 16;
}

/// fd_filestat_set_times(fd, accessed, modified, flags)
WASM64_INLINE wasi_errno wasi_fd_filestat_set_times(const wasi_call& c) {
  file_times_change change;
  if (!read_times(c.i32(3), c.u64(1), c.u64(2), change)) return wasi_errno::inval;
  return c.context.files().set_times(c.i32(0), change);
}

/// fd_prestat_get(fd, prestat): the kind, 0 for a directory, and the size of its name
WASM64_INLINE wasi_errno wasi_fd_prestat_get(const wasi_call& c) {
  const std::uint64_t answer = c.u64(1), width = c.address_size();
  std::string_view name;
  if (const wasi_errno e = c.context.files().preopened_name(c.i32(0), name); e != wasi_errno::success) return e;
  if (!c.in_bounds(answer, 2 * width)) return wasi_errno::fault;
  c.store_address(answer, 0);
  c.store_address(answer + width, name.size());
  return wasi_errno::success;
}

/// fd_prestat_dir_name(fd, path, size)
WASM64_INLINE wasi_errno wasi_fd_prestat_dir_name(const wasi_call& c) {
  std::string_view name;
  if (const wasi_errno e = c.context.files().preopened_name(c.i32(0), name); e != wasi_errno::success) return e;
  if (c.u64(2) < name.size()) return wasi_errno::nametoolong;
  if (!c.in_bounds(c.u64(1), name.size())) return wasi_errno::fault;
  std::memcpy(c.at(c.u64(1)), name.data(), name.size());
  return wasi_errno::success;
}

/// fd_readdir(fd, buffer, size, cookie, used): entries of 24 bytes and a name. The last one is cut off at the end of
/// the buffer; when the buffer is not full, there are no more.
WASM64_INLINE wasi_errno wasi_fd_readdir(const wasi_call& c) {
  const std::uint64_t buffer = c.u64(1), size = c.u64(2), answer = c.u64(4);
  if (!c.in_bounds(buffer, size) || !c.in_bounds(answer, c.address_size())) return wasi_errno::fault;
  std::uint64_t used = 0;
  const auto append = [&](const void* bytes, std::size_t count) {
    const std::size_t fits = static_cast<std::size_t>(std::min<std::uint64_t>(count, size - used));
    if (fits != 0) std::memcpy(c.at(buffer + used), bytes, fits);
    used += fits;
  };
  directory_entry entry;
  entry.cookie = c.u64(3);
  do {
    bool found = false;
    const wasi_errno e = c.context.files().next_entry(c.i32(0), entry.cookie, entry, found);
    if (e != wasi_errno::success) return e;
    if (!found) break;
    std::uint8_t head[24] = {};
    store_le(head, entry.cookie);
    store_le(head + 8, entry.number);
    store_le(head + 16, static_cast<std::uint32_t>(entry.name.size()));
    head[20] = static_cast<std::uint8_t>(entry.type);
    append(head, sizeof head);
    append(entry.name.data(), entry.name.size());
  } while (used < size);
  c.context.work += used;
  c.store_address(answer, used);
  return wasi_errno::success;
}

}  // namespace wasm64::detail
