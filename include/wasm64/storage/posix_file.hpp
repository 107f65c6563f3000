#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"

// Files of a store, as values: every failure is an `errc::storage_io` that says which call failed and on what.

namespace wasm64::detail {

/// Owns a file descriptor.
class posix_file {
 public:
  posix_file() = default;
  explicit posix_file(int descriptor) noexcept : descriptor_(descriptor) {}
  posix_file(posix_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  posix_file& operator=(posix_file other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~posix_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int get() const noexcept { return descriptor_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// The error of the system call that has just failed.
error io_error(const char* call, std::string_view name);

/// Opens a directory, making it first if it is missing. The parent is made durable then.
result<posix_file> open_directory(int parent, const std::string& name);

/// What stands in a directory, without "." and "..".
result<vector<std::string>> names_in(int directory, const char* name);

/// Makes the contents of a file, or the names in a directory, durable.
result<void> sync(int descriptor, std::string_view name);

/// The contents of a regular file of at most `limit` bytes. Symbolic links are not followed.
/// Fails with not_found when there is none.
result<byte_vector> read_file(int directory, const std::string& name, std::uint64_t limit);

/// Reads up to `to.size()` bytes from a place in a file; fewer only where the file ends.
result<std::size_t> read_at(int descriptor, std::uint64_t offset, std::span<std::uint8_t> to, std::string_view name);

/// Writes parts one behind the other to a place in a file. May have written some of them when it fails.
result<void> write_at(int descriptor, std::uint64_t offset, std::span<const bytes_view> parts, std::string_view name);

/// Makes the bytes of a file durable, and its size.
result<void> sync_data(int descriptor, std::string_view name);

/// Locks bytes of a file, which need not exist, for this descriptor, without waiting. Kept until unlocked or closed, by
/// the end of the process too. False if another descriptor, here or in another process, holds a lock that excludes this
/// one. Where the system has no locks of that kind, shared ones are never granted.
#if defined(F_OFD_SETLK)
inline constexpr bool has_shared_locks = true;
#else
inline constexpr bool has_shared_locks = false;
#endif
enum class lock_kind { shared, exclusive };
result<bool> try_lock(int descriptor, std::uint64_t first, std::uint64_t count, lock_kind kind, std::string_view name);
void unlock(int descriptor, std::uint64_t first, std::uint64_t count) noexcept;

/// Random bytes.
result<std::uint64_t> random_number();

/// A file that is written under a name of its own, beginning with `.new-`, so that its real name never stands for a
/// part of it. Removed unless it was published.
class new_file {
 public:
  static constexpr std::string_view prefix = ".new-";

  static result<new_file> create(int directory, mode_t mode);
  new_file(new_file&& other) noexcept
      : directory_(other.directory_), file_(std::move(other.file_)), temporary_(std::exchange(other.temporary_, {})) {}
  ~new_file() {
    if (!temporary_.empty()) ::unlinkat(directory_, temporary_.c_str(), 0);
  }

  int get() const noexcept { return file_.get(); }
  /// Makes the contents durable and then gives the file its name, instead of what had it.
  result<void> publish(const std::string& name);
  /// The same unless something has the name already, which is left alone then: false.
  result<bool> publish_first(const std::string& name);

 private:
  new_file() = default;

  int directory_ = -1;
  posix_file file_;
  std::string temporary_;
};

/// Writes a new file so that, after a crash at any moment, `name` is absent, old or new, never partial. The name itself
/// is durable once the directory has been synced.
result<void> write_file(int directory, const std::string& name, bytes_view contents);

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/posix_file_impl.hpp"
#endif
