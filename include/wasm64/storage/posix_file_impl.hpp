#pragma once

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
  if (parent != AT_FDCWD) WASM64_CHECK(sync(parent, name));
  directory = posix_file(::openat(parent, name.c_str(), flags));
  if (!directory.is_open()) return fail(io_error("open", name));
  return directory;
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

WASM64_INLINE result<void> write_file(int directory, const std::string& name, bytes_view contents) {
  WASM64_TRY(new_file file, new_file::create(directory, 0666));
  WASM64_CHECK(write_all(file.get(), name, contents));
  return file.publish(name);
}

}  // namespace wasm64::detail
