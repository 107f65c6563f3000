#pragma once

#include <cstdint>

#include "wasm64/config.hpp"
#include "wasm64/snapshot/page_range.hpp"

// What the host's kernel tells about the pages of a process. Everything may be refused, by an old kernel or a sandbox:
// then the answer is false, nothing has changed, and whoever asks looks at the bytes instead.

namespace wasm64 {

namespace detail {

/// Bytes of a page of the host; 0 where that is not known, or is no multiple of 4096 up to the 64 KiB that memories
/// are made of.
std::uint64_t host_page_size() noexcept;

/// A size in bytes, rounded up to whole pages of the host.
inline std::uint64_t whole_host_pages(std::uint64_t size) noexcept {
  const std::uint64_t page = std::max<std::uint64_t>(host_page_size(), 4096);
  return (size + page - 1) / page * page;
}

/// How often the process, or the one it is a copy of, was forked since the first call: what both have mapped from a
/// file must not be written any more.
std::uint64_t fork_count() noexcept;

/// Whether the kernel can note which pages are written.
bool can_watch_writes() noexcept;

/// Has the kernel note which pages of a mapping are written from now on, also of parts that are mapped anew with the
/// same call again. Linux 6.7: userfaultfd with asynchronous write protection. The process's first use opens two file
/// descriptors, which stay open.
bool watch_writes(std::uint8_t* base, std::uint64_t size) noexcept;

enum class page_state : std::uint8_t {
  written,  ///< since it was asked for the last time
  own,  ///< the process's, and not as the mapped file has it: written at any time
};
/// Appends the pages in that state, and notes writes anew. On failure some of them may be noted already.
bool take_written(std::uint8_t* base, std::uint64_t size, page_state state, page_ranges& to);

/// Appends the pages that are the process's own: written since they were mapped. Linux: /proc/self/pagemap.
bool find_own(const std::uint8_t* base, std::uint64_t size, page_ranges& to);

}  // namespace detail

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/host_pages_impl.hpp"
#endif
