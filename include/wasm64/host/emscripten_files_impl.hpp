#pragma once

#include "wasm64/exec/slow.hpp"
#include "wasm64/host/emscripten_call.hpp"

// System calls of Emscripten's C library that WASI does not have, over the same virtual files. They answer a negative
// error number, with WASI's numbers. Nobody has permissions, so modes are not looked at.

namespace wasm64::detail {

inline std::int64_t negative(wasi_errno e) noexcept { return -static_cast<std::int64_t>(e); }

/// A path argument and where it begins.
inline wasi_errno emscripten_path(const emscripten_call& c, std::uint32_t directory, std::uint64_t address, bool follow,
                                  file_path& path) {
  constexpr std::uint32_t current = static_cast<std::uint32_t>(-100);  // AT_FDCWD
  std::string_view text;
  if (!c.text(address, text)) return wasi_errno::fault;
  if (directory == file_path::working_directory) return wasi_errno::badf;
  path = {directory == current ? file_path::working_directory : directory, text, follow, false};
  return wasi_errno::success;
}
inline wasi_errno emscripten_path(const emscripten_call& c, std::uint64_t address, bool follow, file_path& path) {
  return emscripten_path(c, static_cast<std::uint32_t>(-100), address, follow, path);
}

namespace open_flag {
inline constexpr std::uint32_t access = 3, create = 0100, exclusive = 0200, truncate = 01000, append = 02000,
                               nonblock = 04000, directory = 0200000, nofollow = 0400000;
}

inline std::int64_t emscripten_open_at(const emscripten_call& c, std::uint32_t directory, std::uint64_t name,
                                       std::uint32_t flags) {
  file_path path;
  if (const wasi_errno e = emscripten_path(c, directory, name, (flags & open_flag::nofollow) == 0, path);
      e != wasi_errno::success) {
    return negative(e);
  }
  open_options how;
  how.create = (flags & open_flag::create) != 0;
  how.exclusive = how.create && (flags & open_flag::exclusive) != 0;
  how.truncate = (flags & open_flag::truncate) != 0;
  how.directory = (flags & open_flag::directory) != 0;
  if ((flags & open_flag::append) != 0) how.flags |= fd_flags::append;
  if ((flags & open_flag::nonblock) != 0) how.flags |= fd_flags::nonblock;
  const std::uint32_t access = flags & open_flag::access;
  how.base = access == 0 ? read_only_rights : access == 1 ? write_only_rights : all_file_rights;
  if (access == 0 && how.truncate) how.base |= rights_of(file_right::fd_filestat_set_size);
  std::uint32_t fd = 0;
  const wasi_errno e = c.context.files().open(path, how, fd);
  return e == wasi_errno::success ? std::int64_t{fd} : negative(e);
}
inline emscripten_answer emscripten_openat(const emscripten_call& c) {
  return emscripten_open_at(c, c.i32(0), c.u64(1), c.i32(2));
}
inline emscripten_answer emscripten_open(const emscripten_call& c) {
  return emscripten_open_at(c, static_cast<std::uint32_t>(-100), c.u64(0), c.i32(1));
}

/// (path) or (directory, path): one name, one thing to do
template <wasi_errno (virtual_files::*Do)(const file_path&), bool At>
emscripten_answer emscripten_name(const emscripten_call& c) {
  file_path path;
  const wasi_errno e =
      At ? emscripten_path(c, c.i32(0), c.u64(1), false, path) : emscripten_path(c, c.u64(0), false, path);
  return negative(e != wasi_errno::success ? e : (c.context.files().*Do)(path));
}

/// unlinkat(directory, path, flags)
inline emscripten_answer emscripten_unlinkat(const emscripten_call& c) {
  constexpr std::uint32_t remove_directory = 0x200;
  if (c.i32(2) == 0) return emscripten_name<&virtual_files::unlink, true>(c);
  if (c.i32(2) != remove_directory) return negative(wasi_errno::inval);
  return emscripten_name<&virtual_files::remove_directory, true>(c);
}

inline emscripten_answer emscripten_chdir(const emscripten_call& c) {
  file_path path;
  const wasi_errno e = emscripten_path(c, c.u64(0), true, path);
  return negative(e != wasi_errno::success ? e : c.context.files().change_directory(path));
}
inline emscripten_answer emscripten_fchdir(const emscripten_call& c) {
  return negative(c.context.files().change_directory(c.i32(0)));
}

/// (from, to), (directory, from, directory, to): a second name, or another one
template <wasi_errno (virtual_files::*Do)(const file_path&, const file_path&), bool At>
emscripten_answer emscripten_names(const emscripten_call& c) {
  file_path from, to;
  wasi_errno e = At ? emscripten_path(c, c.i32(0), c.u64(1), false, from) : emscripten_path(c, c.u64(0), false, from);
  if (e == wasi_errno::success) {
    e = At ? emscripten_path(c, c.i32(2), c.u64(3), false, to) : emscripten_path(c, c.u64(1), false, to);
  }
  return negative(e != wasi_errno::success ? e : (c.context.files().*Do)(from, to));
}

/// symlinkat(target, directory, path), symlink(target, path)
template <bool At>
emscripten_answer emscripten_symlink(const emscripten_call& c) {
  std::string_view target;
  file_path path;
  if (!c.text(c.u64(0), target)) return negative(wasi_errno::fault);
  const wasi_errno e =
      At ? emscripten_path(c, c.i32(1), c.u64(2), false, path) : emscripten_path(c, c.u64(1), false, path);
  return negative(e != wasi_errno::success ? e : c.context.files().symlink(target, path));
}

/// readlinkat(directory, path, buffer, size), readlink(path, buffer, size) -> bytes; no NUL
template <bool At>
emscripten_answer emscripten_readlink(const emscripten_call& c) {
  constexpr std::size_t n = At ? 1 : 0;
  const std::uint64_t buffer = c.u64(n + 1);
  const auto size = static_cast<std::uint64_t>(
      std::max<std::int64_t>(c.is_64() ? c.i64(n + 2) : std::int64_t{c.signed_i32(n + 2)}, 0));
  file_path path;
  std::string target;
  wasi_errno e = At ? emscripten_path(c, c.i32(0), c.u64(1), false, path) : emscripten_path(c, c.u64(0), false, path);
  if (e == wasi_errno::success && size == 0) e = wasi_errno::inval;
  if (e == wasi_errno::success) e = c.context.files().read_link(path, target);
  const std::uint64_t used = std::min<std::uint64_t>(target.size(), size);
  if (e == wasi_errno::success && !c.in_bounds(buffer, used)) e = wasi_errno::fault;
  if (e != wasi_errno::success) return negative(e);
  if (used != 0) std::memcpy(c.at(buffer), target.data(), static_cast<std::size_t>(used));
  return static_cast<std::int64_t>(used);
}

/// getcwd(buffer, size) -> bytes with the NUL
inline emscripten_answer emscripten_getcwd(const emscripten_call& c) {
  constexpr std::int64_t range = 68;
  if (c.u64(1) == 0) return negative(wasi_errno::inval);
  const std::string path = c.context.files().working_directory();
  if (path.empty()) return negative(wasi_errno::noent);
  if (c.u64(1) < path.size() + 1) return -range;
  if (!c.in_bounds(c.u64(0), path.size() + 1)) return negative(wasi_errno::fault);
  std::memcpy(c.at(c.u64(0)), path.c_str(), path.size() + 1);
  return static_cast<std::int64_t>(path.size() + 1);
}

/// Where the fields of `struct stat` are, for both widths and both layouts.
struct emscripten_stat_layout {
  std::uint64_t mode, links, rdev, size, block_size, blocks, times, number, bytes;
};
inline emscripten_stat_layout stat_layout(const emscripten_call& c) noexcept {
  if (c.old) {
    return c.is_64() ? emscripten_stat_layout{16, 24, 40, 48, 56, 60, 64, 112, 120}
                     : emscripten_stat_layout{12, 16, 28, 40, 48, 52, 56, 104, 112};
  }
  return c.is_64() ? emscripten_stat_layout{4, 8, 24, 32, 40, 44, 48, 96, 104}
                   : emscripten_stat_layout{4, 8, 20, 24, 32, 36, 40, 88, 96};
}

inline std::uint32_t mode_of(file_type type) noexcept {
  switch (type) {
    case file_type::directory: return 0040777;
    case file_type::symbolic_link: return 0120777;
    case file_type::character_device: return 0020666;
    default: return 0100666;
  }
}

inline std::int64_t emscripten_store_stat(const emscripten_call& c, std::uint64_t to, const file_stat& s) {
  constexpr std::uint32_t block = 4096;
  const emscripten_stat_layout at = stat_layout(c);
  if (!c.in_bounds(to, at.bytes)) return negative(wasi_errno::fault);
  const std::uint64_t size = s.type == file_type::directory ? block : s.size;
  std::memset(c.at(to), 0, static_cast<std::size_t>(at.bytes));
  store_le(c.at(to), std::uint32_t{1});
  store_le(c.at(to + at.mode), mode_of(s.type));
  c.store_address(to + at.links, s.links);
  if (s.type == file_type::character_device) store_le(c.at(to + at.rdev), std::uint32_t{5 << 8});
  store_le(c.at(to + at.size), size);
  store_le(c.at(to + at.block_size), block);
  store_le(c.at(to + at.blocks), static_cast<std::uint32_t>((size + block - 1) / block));
  std::uint64_t time_at = to + at.times;
  for (const std::uint64_t time : {s.times.accessed, s.times.modified, s.times.changed}) {
    store_le(c.at(time_at), time / 1'000'000'000);
    c.store_address(time_at + 8, time % 1'000'000'000);
    time_at += 16;
  }
  store_le(c.at(to + at.number), s.number);
  return 0;
}

/// stat64(path, stat), lstat64(path, stat)
template <bool Follow>
emscripten_answer emscripten_stat(const emscripten_call& c) {
  file_path path;
  file_stat s;
  wasi_errno e = emscripten_path(c, c.u64(0), Follow, path);
  if (e == wasi_errno::success) e = c.context.files().stat_at(path, s);
  return e == wasi_errno::success ? emscripten_store_stat(c, c.u64(1), s) : negative(e);
}
/// fstat64(fd, stat)
inline emscripten_answer emscripten_fstat(const emscripten_call& c) {
  file_stat s;
  const wasi_errno e = c.context.files().stat(c.i32(0), s);
  return e == wasi_errno::success ? emscripten_store_stat(c, c.u64(1), s) : negative(e);
}
/// newfstatat(directory, path, stat, flags)
inline emscripten_answer emscripten_fstatat(const emscripten_call& c) {
  constexpr std::uint32_t no_follow = 0x100, empty_path = 0x1000;
  file_path path;
  file_stat s;
  wasi_errno e = emscripten_path(c, c.i32(0), c.u64(1), (c.i32(3) & no_follow) == 0, path);
  if (e != wasi_errno::success) return negative(e);
  const bool itself = path.text.empty() && (c.i32(3) & empty_path) != 0;
  if (itself && path.directory == file_path::working_directory) path.text = ".";
  e = itself && path.directory != file_path::working_directory ? c.context.files().stat(path.directory, s)
                                                               : c.context.files().stat_at(path, s);
  return e == wasi_errno::success ? emscripten_store_stat(c, c.u64(2), s) : negative(e);
}

/// faccessat(directory, path, mode, flags), access(path, mode): what exists may be used
template <bool At>
emscripten_answer emscripten_access(const emscripten_call& c) {
  file_path path;
  file_stat s;
  if (c.i32(At ? 2 : 1) > 7) return negative(wasi_errno::inval);
  wasi_errno e = At ? emscripten_path(c, c.i32(0), c.u64(1), true, path) : emscripten_path(c, c.u64(0), true, path);
  if (e == wasi_errno::success) e = c.context.files().stat_at(path, s);
  return negative(e);
}

/// fchmod(fd, mode), chmod(path, mode), fchmodat(..), chown and its kin: allowed without effect
inline emscripten_answer emscripten_change_fd(const emscripten_call& c) {
  file_stat s;
  return negative(c.context.files().stat(c.i32(0), s));
}
inline emscripten_answer emscripten_change_path(const emscripten_call& c) {
  file_path path;
  file_stat s;
  const wasi_errno e = emscripten_path(c, c.u64(0), true, path);
  return negative(e != wasi_errno::success ? e : c.context.files().stat_at(path, s));
}
inline emscripten_answer emscripten_change_at(const emscripten_call& c) {
  file_path path;
  file_stat s;
  const wasi_errno e = emscripten_path(c, c.i32(0), c.u64(1), true, path);
  return negative(e != wasi_errno::success ? e : c.context.files().stat_at(path, s));
}

/// utimensat(directory, path, times, flags): two times of 16 bytes, or none for now
inline emscripten_answer emscripten_utimensat(const emscripten_call& c) {
  constexpr std::uint32_t no_follow = 0x100;
  constexpr std::uint64_t now = 0x3fffffff, omit = 0x3ffffffe, second = 1'000'000'000;
  file_path path;
  file_times_change change;
  const wasi_errno e = emscripten_path(c, c.i32(0), c.u64(1), (c.i32(3) & no_follow) == 0, path);
  if (e != wasi_errno::success) return negative(e);
  if (c.u64(2) == 0) {
    change.accessed_now = change.modified_now = true;
  } else {
    if (!c.in_bounds(c.u64(2), 32)) return negative(wasi_errno::fault);
    std::uint64_t times[2] = {};
    for (std::uint64_t i = 0; i < 2; ++i) {
      const auto seconds = load_le<std::uint64_t>(c.at(c.u64(2) + 16 * i));
      const std::uint64_t part = load_le<std::uint32_t>(c.at(c.u64(2) + 16 * i + 8));
      bool& set = i == 0 ? change.accessed : change.modified;
      bool& set_now = i == 0 ? change.accessed_now : change.modified_now;
      set_now = part == now;
      set = part != now && part != omit;
      if (set && (part >= second || seconds > UINT64_MAX / second - 1)) return negative(wasi_errno::inval);
      times[i] = set ? seconds * second + part : 0;
    }
    change.access_time = times[0];
    change.modification_time = times[1];
  }
  if (path.text.empty() && path.directory != file_path::working_directory) {
    return negative(c.context.files().set_times(path.directory, change));
  }
  return negative(c.context.files().set_times_at(path, change));
}

/// getdents64(fd, buffer, size) -> bytes; entries of 280 bytes
inline emscripten_answer emscripten_getdents(const emscripten_call& c) {
  constexpr std::uint64_t entry_size = 280, name_at = 19, most_name = 255;
  const std::uint64_t buffer = c.u64(1), size = c.u64(2);
  virtual_files& files = c.context.files();
  if (!c.in_bounds(buffer, size)) return negative(wasi_errno::fault);
  if (size < entry_size) return negative(wasi_errno::inval);
  directory_entry entry;
  bool found = false;
  std::uint64_t used = 0;
  const auto all = files.descriptors();
  if (c.i32(0) >= all.size() || all[c.i32(0)] == nullptr) return negative(wasi_errno::badf);
  open_file& directory = *all[c.i32(0)];
  for (; size - used >= entry_size; used += entry_size) {
    const wasi_errno e = files.next_entry(c.i32(0), directory.offset, entry, found);
    if (e != wasi_errno::success) return negative(e);
    if (!found) break;
    std::uint8_t* const to = c.at(buffer + used);
    const std::size_t length = std::min<std::size_t>(entry.name.size(), most_name);
    std::memset(to, 0, entry_size);
    store_le(to, entry.number);
    store_le(to + 8, entry.cookie);
    store_le(to + 16, static_cast<std::uint16_t>(entry_size));
    to[18] = entry.type == file_type::directory          ? 4
             : entry.type == file_type::symbolic_link    ? 10
             : entry.type == file_type::character_device ? 2
                                                         : 8;
    if (length != 0) std::memcpy(to + name_at, entry.name.data(), length);
    directory.offset = entry.cookie;
  }
  c.context.work += used;
  return static_cast<std::int64_t>(used);
}

/// dup(fd), dup3(fd, to, flags)
inline emscripten_answer emscripten_dup(const emscripten_call& c) {
  std::uint32_t made = 0;
  const wasi_errno e = c.context.files().duplicate(c.i32(0), 0, made);
  return e == wasi_errno::success ? std::int64_t{made} : negative(e);
}
inline emscripten_answer emscripten_dup3(const emscripten_call& c) {
  if (c.i32(0) == c.i32(1)) return negative(wasi_errno::inval);
  const wasi_errno e = c.context.files().duplicate_to(c.i32(0), c.i32(1));
  return e == wasi_errno::success ? std::int64_t{c.i32(1)} : negative(e);
}

/// fcntl64(fd, command, arguments)
inline emscripten_answer emscripten_fcntl(const emscripten_call& c) {
  enum command : std::uint32_t {
    dup = 0,
    get_fd,
    set_fd,
    get_flags,
    set_flags,
    get_lock = 12,
    set_lock,
    set_lock_wait
  };
  constexpr std::uint32_t dup_cloexec = 1030;
  constexpr std::int16_t unlocked = 2;
  virtual_files& files = c.context.files();
  fd_stat s;
  if (const wasi_errno e = files.status(c.i32(0), s); e != wasi_errno::success) return negative(e);
  const bool has_argument = c.in_bounds(c.u64(2), 4);
  const auto argument = [&] { return load_le<std::uint32_t>(c.at(c.u64(2))); };
  switch (c.i32(1)) {
    case dup:
    case dup_cloexec: {
      std::uint32_t made = 0;
      if (!has_argument) return negative(wasi_errno::fault);
      if (argument() > INT32_MAX) return negative(wasi_errno::inval);
      const wasi_errno e = files.duplicate(c.i32(0), argument(), made);
      return e == wasi_errno::success ? std::int64_t{made} : negative(e);
    }
    case get_fd:
    case set_fd:
    case set_lock:
    case set_lock_wait: return 0;
    case get_flags: {
      const bool reads = (s.base & rights_of(file_right::fd_read)) != 0 || s.type == file_type::directory;
      const bool writes = (s.base & rights_of(file_right::fd_write)) != 0;
      return (reads ? (writes && s.type != file_type::directory ? 2 : 0) : 1) |
             ((s.flags & fd_flags::append) != 0 ? open_flag::append : 0) |
             ((s.flags & fd_flags::nonblock) != 0 ? open_flag::nonblock : 0);
    }
    case set_flags: {
      if (!has_argument) return negative(wasi_errno::fault);
      std::uint16_t flags = 0;
      if ((argument() & open_flag::append) != 0) flags |= fd_flags::append;
      if ((argument() & open_flag::nonblock) != 0) flags |= fd_flags::nonblock;
      return negative(files.set_flags(c.i32(0), flags));
    }
    case get_lock: {
      // Nobody else has locks. The argument is the address of a `struct flock`.
      if (!c.in_bounds(c.u64(2), c.address_size())) return negative(wasi_errno::fault);
      const std::uint64_t lock = c.load_address(c.u64(2));
      if (!c.in_bounds(lock, sizeof unlocked)) return negative(wasi_errno::fault);
      store_le(c.at(lock), unlocked);
      return 0;
    }
    default: return negative(wasi_errno::inval);
  }
}

/// ioctl(fd, request, arguments): what programs ask to learn whether a stream is a terminal, and how large
inline emscripten_answer emscripten_ioctl(const emscripten_call& c) {
  constexpr std::uint32_t get_terminal = 0x5401, last_of_terminals = 0x540c, window_size = 0x5413, set_size = 0x5414,
                          readable = 0x541b;
  virtual_files& files = c.context.files();
  fd_stat s;
  if (const wasi_errno e = files.status(c.i32(0), s); e != wasi_errno::success) return negative(e);
  const std::uint32_t request = c.i32(1);
  const bool of_terminals =
      (request >= get_terminal && request <= last_of_terminals) || request == window_size || request == set_size;
  if (of_terminals) return negative(wasi_errno::notty);
  if (request != readable) return negative(wasi_errno::inval);
  std::uint64_t bytes = 0;
  if (!c.in_bounds(c.u64(2), c.address_size())) return negative(wasi_errno::fault);
  const std::uint64_t answer = c.load_address(c.u64(2));
  if (!c.in_bounds(answer, 4)) return negative(wasi_errno::fault);
  const wasi_errno e = files.readable(c.i32(0), bytes);
  if (e == wasi_errno::success)
    store_le(c.at(answer), static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, INT32_MAX)));
  return negative(e);
}

/// truncate64(path, size), ftruncate64(fd, size)
inline emscripten_answer emscripten_truncate(const emscripten_call& c) {
  file_path path;
  const wasi_errno e = emscripten_path(c, c.u64(0), true, path);
  if (e == wasi_errno::success && c.i64(1) < 0) return negative(wasi_errno::inval);
  return negative(e != wasi_errno::success ? e : c.context.files().set_size_at(path, c.u64(1)));
}
inline emscripten_answer emscripten_ftruncate(const emscripten_call& c) {
  if (c.i64(1) < 0) return negative(wasi_errno::inval);
  return negative(c.context.files().set_size(c.i32(0), c.u64(1)));
}
/// fallocate(fd, mode, offset, size)
inline emscripten_answer emscripten_fallocate(const emscripten_call& c) {
  if (c.i32(1) != 0) return negative(wasi_errno::notsup);
  if (c.i64(2) < 0 || c.i64(3) < 0) return negative(wasi_errno::inval);
  return negative(c.context.files().allocate(c.i32(0), c.u64(2), c.u64(3)));
}
/// fdatasync(fd)
inline emscripten_answer emscripten_fdatasync(const emscripten_call& c) {
  return negative(c.context.files().check(c.i32(0), file_right::fd_datasync));
}
/// fadvise64(fd, offset, size, advice)
inline emscripten_answer emscripten_fadvise(const emscripten_call&) { return 0; }

/// poll(descriptors, count, timeout): everything is ready at once
inline emscripten_answer emscripten_poll(const emscripten_call& c) {
  constexpr std::uint16_t in = 1, out = 4, invalid = 32;
  if (!c.in_bounds(c.u64(0), c.i32(1), 8)) return negative(wasi_errno::fault);
  if (!exec::slow::pay_for(c.vm, c.i32(1), exec::slow::references_per_fuel)) return fail(errc::trap_out_of_fuel);
  std::int64_t ready = 0;
  for (std::uint64_t i = 0; i < c.i32(1); ++i) {
    std::uint8_t* const entry = c.at(c.u64(0) + 8 * i);
    fd_stat s;
    const bool is_open = c.context.files().status(load_le<std::uint32_t>(entry), s) == wasi_errno::success;
    const std::uint16_t events = load_le<std::uint16_t>(entry + 4);
    const std::uint16_t mask = is_open ? static_cast<std::uint16_t>(events & (in | out)) : invalid;
    store_le(entry + 6, mask);
    if (mask != 0) ++ready;
  }
  return ready;
}

/// The system calls there is nothing for: sockets, signals, processes.
inline emscripten_answer emscripten_nosys(const emscripten_call&) { return negative(wasi_errno::nosys); }

}  // namespace wasm64::detail
