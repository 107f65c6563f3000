#pragma once

#include <dirent.h>
#include <sys/uio.h>

#include <cstring>

#include "wasm64/storage/posix_file.hpp"

namespace wasm64::detail {

WASM64_INLINE error io_error(const char* call, std::string_view name) {
  const char* reason = std::strerror(errno);
  return error(errc::storage_io, std::string(call).append(" ").append(name).append(": ").append(reason));
}

WASM64_INLINE result<void> sync(int descriptor, std::string_view name) {
  while (::fsync(descriptor) != 0) {
    if (errno == EINVAL || errno == EROFS) break;  // a file system that has nothing to make durable
    if (errno != EINTR) return fail(io_error("fsync", name));
  }
  return success();
}

WASM64_INLINE result<posix_file> open_directory(int parent, const std::string& name) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  posix_file directory(::openat(parent, name.c_str(), flags));
  if (directory.is_open()) return directory;
  if (errno != ENOENT) return fail(io_error("open", name));
  if (::mkdirat(parent, name.c_str(), 0777) != 0 && errno != EEXIST) return fail(io_error("mkdir", name));
  directory = posix_file(::openat(parent, name.c_str(), flags));
  if (!directory.is_open()) return fail(io_error("open", name));
  const posix_file above(::openat(directory.get(), "..", flags));
  if (!above.is_open()) return fail(io_error("open", name + "/.."));
  WASM64_CHECK(sync(above.get(), name));
  return directory;
}

WASM64_INLINE result<vector<std::string>> names_in(int directory, const char* name) {
  const int descriptor = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return fail(io_error("open", name));
  DIR* const entries = ::fdopendir(descriptor);
  if (entries == nullptr) {
    ::close(descriptor);
    return fail(io_error("open", name));
  }
  vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view found = entry->d_name;
    if (found != "." && found != "..") names.emplace_back(found);
    errno = 0;
  }
  const result<void> read = errno == 0 ? result<void>(success()) : fail(io_error("read", name));
  ::closedir(entries);
  WASM64_CHECK(read);
  return names;
}

WASM64_INLINE result<byte_vector> read_file(int directory, const std::string& name, std::uint64_t limit) {
  // O_NONBLOCK: opening a pipe that somebody put there must not wait.
  const posix_file file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return fail(errc::not_found, name);
  if (!file.is_open()) return fail(io_error("open", name));
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return fail(io_error("stat", name));
  if (!S_ISREG(about.st_mode)) return fail(errc::storage_io, name + " is not a file");
  if (static_cast<std::uint64_t>(about.st_size) > limit) return fail(errc::limit_exceeded, name);
  byte_vector contents(static_cast<std::size_t>(about.st_size));
  std::size_t size = 0;
  while (size < contents.size()) {
    const ssize_t count = ::read(file.get(), contents.data() + size, contents.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(io_error("read", name));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  contents.resize(size);
  return contents;
}

WASM64_INLINE result<std::size_t> read_at(int descriptor, std::uint64_t offset, std::span<std::uint8_t> to,
                                          std::string_view name) {
  std::size_t size = 0;
  while (size < to.size()) {
    const ssize_t count = ::pread(descriptor, to.data() + size, to.size() - size, static_cast<off_t>(offset + size));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(io_error("read", name));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  return size;
}

WASM64_INLINE result<void> write_at(int descriptor, std::uint64_t offset, std::span<const bytes_view> parts,
                                    std::string_view name) {
  constexpr std::size_t most = 256;
  iovec vectors[most];
  std::size_t done = 0;  // bytes of the first part
  while (!parts.empty()) {
    std::size_t count = 0;
    for (; count < most && count < parts.size(); ++count) {
      const bytes_view part = count == 0 ? parts[0].subspan(done) : parts[count];
      vectors[count] = {const_cast<std::uint8_t*>(part.data()), part.size()};
    }
    const ssize_t written = ::pwritev(descriptor, vectors, static_cast<int>(count), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(io_error("write", name));
    if (written == 0 && !parts[0].subspan(done).empty()) return fail(errc::storage_io, "nothing could be written");
    offset += static_cast<std::uint64_t>(written);
    done += static_cast<std::size_t>(written);
    while (!parts.empty() && done >= parts[0].size()) {
      done -= parts[0].size();
      parts = parts.subspan(1);
    }
  }
  return success();
}

WASM64_INLINE result<void> sync_data(int descriptor, std::string_view name) {
#if defined(__APPLE__)
  return sync(descriptor, name);
#else
  while (::fdatasync(descriptor) != 0) {
    if (errno == EINVAL || errno == EROFS) break;  // a file system that has nothing to make durable
    if (errno != EINTR) return fail(io_error("fdatasync", name));
  }
  return success();
#endif
}

WASM64_INLINE result<bool> try_lock(int descriptor, std::uint64_t first, std::uint64_t count, lock_kind kind,
                                    std::string_view name) {
#if defined(F_OFD_SETLK)
  struct flock range{};
  range.l_type = kind == lock_kind::shared ? F_RDLCK : F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(first);
  range.l_len = static_cast<off_t>(count);
  while (::fcntl(descriptor, F_OFD_SETLK, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) return fail(io_error("lock", name));
  }
  return true;
#else
  static_cast<void>(first);
  static_cast<void>(count);
  if (kind == lock_kind::shared) return false;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return fail(io_error("lock", name));
  }
  return true;
#endif
}

WASM64_INLINE void unlock(int descriptor, std::uint64_t first, std::uint64_t count) noexcept {
#if defined(F_OFD_SETLK)
  struct flock range{};
  range.l_type = F_UNLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(first);
  range.l_len = static_cast<off_t>(count);
  ::fcntl(descriptor, F_OFD_SETLK, &range);
#else
  static_cast<void>(first);
  static_cast<void>(count);
  ::flock(descriptor, LOCK_UN);
#endif
}

WASM64_INLINE result<std::uint64_t> random_number() {
  std::uint64_t number = 0;
  if (::getentropy(&number, sizeof number) != 0) return fail(io_error("getentropy", "random number"));
  return number;
}

WASM64_INLINE result<void> write_all(int descriptor, std::string_view name, bytes_view contents) {
  while (!contents.empty()) {
    const ssize_t count = ::write(descriptor, contents.data(), contents.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(io_error("write", name));
    contents = contents.subspan(static_cast<std::size_t>(count));
  }
  return success();
}

WASM64_INLINE result<new_file> new_file::create(int directory, mode_t mode) {
  static unsigned serial = 0;
  new_file made;
  made.directory_ = directory;
  // Names begin with a dot, as no name of a store does; another process or machine may have the same number.
  for (int attempt = 0;; ++attempt) {
    const unsigned number = __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
    std::string name = std::string(prefix) + std::to_string(::getpid()) + "-" + std::to_string(number);
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    made.file_ = posix_file(::openat(directory, name.c_str(), flags, mode));
    if (made.file_.is_open()) {
      made.temporary_ = std::move(name);
      return made;
    }
    if (errno != EEXIST || attempt == 1000) return fail(io_error("create", name));
  }
}

WASM64_INLINE result<void> new_file::publish(const std::string& name) {
  WASM64_CHECK(sync(file_.get(), temporary_));
  if (::renameat(directory_, temporary_.c_str(), directory_, name.c_str()) != 0) return fail(io_error("rename", name));
  temporary_.clear();
  return success();
}

WASM64_INLINE result<bool> new_file::publish_first(const std::string& name) {
  WASM64_CHECK(sync(file_.get(), temporary_));
  if (::linkat(directory_, temporary_.c_str(), directory_, name.c_str(), 0) == 0) return true;
  if (errno == EEXIST) return false;
  return fail(io_error("link", name));
}

WASM64_INLINE result<void> write_file(int directory, const std::string& name, bytes_view contents) {
  WASM64_TRY(new_file file, new_file::create(directory, 0666));
  WASM64_CHECK(write_all(file.get(), name, contents));
  return file.publish(name);
}

}  // namespace wasm64::detail
