#pragma once

#include "wasm64/storage/posix_file.hpp"

namespace wasm64::detail {

/// Looks at what liblmdb takes as it is when it opens a file: with a wrong page size, for one, it divides by zero. Both
/// copies of the header must be such as LMDB 0.9 writes on this machine. No file, or an empty one, is fine.
/// Fails with storage_io.
inline result<void> check_lmdb_header(int directory, const char* name) {
  // Offsets in a page: its own header, then MDB_meta. The first of its databases begins with the page size.
  constexpr std::size_t page_flags = 10, magic = 16, version = 20, map_size = 32, databases = 40, last_page = 136,
                        size = 152;
  constexpr std::uint64_t largest_map = std::uint64_t{1} << 47;
  const posix_file file(::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open() && errno == ENOENT) return success();
  if (!file.is_open()) return fail(io_error("open", name));
  std::uint64_t page_size = 0;
  for (const int copy : {0, 1}) {
    std::uint8_t header[size];
    const ssize_t count = ::pread(file.get(), header, size, static_cast<off_t>(page_size) * copy);
    if (count < 0) return fail(io_error("read", name));
    if (count == 0 && copy == 0) return success();
    const bool whole = count == ssize_t{size};
    if (copy == 0 && whole) page_size = load_le<std::uint32_t>(header + databases);
    const auto last = whole ? load_le<std::uint64_t>(header + last_page) : 0;
    const bool good =
        whole && load_le<std::uint16_t>(header + page_flags) == 8 &&
        load_le<std::uint32_t>(header + magic) == 0xbeefc0de && load_le<std::uint32_t>(header + version) == 1 &&
        load_le<std::uint32_t>(header + databases) == page_size && page_size >= 512 && page_size <= 0x10000 &&
        (page_size & (page_size - 1)) == 0 && load_le<std::uint64_t>(header + map_size) <= largest_map && last >= 1 &&
        last < largest_map / page_size;
    if (!good) return fail(errc::storage_io, std::string(name) + " is not an LMDB file, or is damaged");
  }
  return success();
}

}  // namespace wasm64::detail
