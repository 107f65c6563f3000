#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wasm64 {

/// What a descriptor or a name stands for; numbers of WASI preview 1 (`filetype`).
enum class file_type : std::uint8_t {
  unknown = 0,
  character_device = 2,
  directory = 3,
  regular_file = 4,
  symbolic_link = 7,
};

/// What may be done with a descriptor; bits of WASI preview 1 (`rights`).
enum class file_right : std::uint8_t {
  fd_datasync,
  fd_read,
  fd_seek,
  fd_fdstat_set_flags,
  fd_sync,
  fd_tell,
  fd_write,
  fd_advise,
  fd_allocate,
  path_create_directory,
  path_create_file,
  path_link_source,
  path_link_target,
  path_open,
  fd_readdir,
  path_readlink,
  path_rename_source,
  path_rename_target,
  path_filestat_get,
  path_filestat_set_size,
  path_filestat_set_times,
  fd_filestat_get,
  fd_filestat_set_size,
  fd_filestat_set_times,
  path_symlink,
  path_remove_directory,
  path_unlink_file,
  poll_fd_readwrite,
  sock_shutdown,
  sock_accept,
};

/// A set of rights.
using file_rights = std::uint64_t;

template <class... R>
constexpr file_rights rights_of(R... r) noexcept {
  return ((file_rights{1} << static_cast<unsigned>(r)) | ... | 0);
}
inline constexpr file_rights all_file_rights = rights_of(file_right::sock_accept) * 2 - 1;
/// Those of a descriptor that is open for reading or for writing only.
inline constexpr file_rights read_only_rights =
    all_file_rights & ~rights_of(file_right::fd_write, file_right::fd_allocate, file_right::fd_filestat_set_size);
inline constexpr file_rights write_only_rights =
    all_file_rights & ~rights_of(file_right::fd_read, file_right::fd_readdir);
/// Those that mean something for a regular file, a directory, and a standard stream.
inline constexpr file_rights regular_file_rights =
    rights_of(file_right::fd_datasync, file_right::fd_read, file_right::fd_seek, file_right::fd_fdstat_set_flags,
              file_right::fd_sync, file_right::fd_tell, file_right::fd_write, file_right::fd_advise,
              file_right::fd_allocate, file_right::fd_filestat_get, file_right::fd_filestat_set_size,
              file_right::fd_filestat_set_times, file_right::poll_fd_readwrite);
inline constexpr file_rights directory_rights =
    all_file_rights & ~rights_of(file_right::fd_read, file_right::fd_seek, file_right::fd_tell, file_right::fd_write,
                                 file_right::fd_advise, file_right::fd_allocate, file_right::fd_filestat_set_size,
                                 file_right::poll_fd_readwrite, file_right::sock_shutdown, file_right::sock_accept);
inline constexpr file_rights stream_rights =
    rights_of(file_right::fd_filestat_get, file_right::poll_fd_readwrite, file_right::fd_fdstat_set_flags);

/// How a descriptor is open; bits of WASI preview 1 (`fdflags`). Only `append` makes a difference here.
namespace fd_flags {
inline constexpr std::uint16_t append = 1, dsync = 2, nonblock = 4, rsync = 8, sync = 16, all = 31;
}

enum class seek_from : std::uint8_t { start = 0, current = 1, end = 2 };

/// Nanoseconds since 1970 of the last access, change of content, change of anything. Reading does not count as access.
struct file_times {
  std::uint64_t accessed = 0;
  std::uint64_t modified = 0;
  std::uint64_t changed = 0;
};

struct file_stat {
  std::uint64_t number = 0;  ///< of the file ("inode"); 0 for a standard stream
  file_type type = file_type::unknown;
  std::uint64_t links = 1;
  std::uint64_t size = 0;  ///< bytes; 0 for directories
  file_times times;
};

/// Which times to set, and to what; without a value a time stays.
struct file_times_change {
  bool accessed = false, accessed_now = false;
  bool modified = false, modified_now = false;
  std::uint64_t access_time = 0;
  std::uint64_t modification_time = 0;
};

/// The state of a descriptor (`fdstat`).
struct fd_stat {
  file_type type = file_type::unknown;
  std::uint16_t flags = 0;
  file_rights base = 0;        ///< of this descriptor
  file_rights inheriting = 0;  ///< at most those of what is opened through it
};

/// One entry of a directory. Entries come in an order that depends on their names alone.
struct directory_entry {
  std::uint64_t cookie = 0;  ///< where the next entry begins
  std::uint64_t number = 0;
  file_type type = file_type::unknown;
  std::string name;
};

/// A path as a call gives it.
struct file_path {
  /// Stands for the working directory in the place of a descriptor.
  static constexpr std::uint32_t working_directory = ~std::uint32_t{0};

  std::uint32_t directory = working_directory;  ///< a descriptor, where a relative path begins
  std::string_view text;
  /// A symbolic link at the end is followed.
  bool follow = true;
  /// As WASI wants it: the path may not leave the directory, by "..", from "/", or through links.
  bool confined = false;
};

struct open_options {
  bool create = false;
  bool exclusive = false;  ///< with `create`: fail if there is one
  bool truncate = false;
  bool directory = false;  ///< fail if it is none
  std::uint16_t flags = 0;
  file_rights base = all_file_rights;
  file_rights inheriting = all_file_rights;
};

/// What a program can use up.
struct file_limits {
  std::uint64_t bytes = std::uint64_t{64} << 20;  ///< in all files together
  std::uint32_t nodes = 65536;                    ///< files, directories and links, and further names of files
  std::uint32_t descriptors = 1024;
  std::uint32_t links = 1024;        ///< names of one file
  std::uint32_t name_length = 255;   ///< bytes
  std::uint32_t path_length = 4096;  ///< bytes
  std::uint32_t depth = 128;         ///< of directories in each other
  std::uint32_t followed_links = 32;  ///< in one path
};

}  // namespace wasm64
