#pragma once

#include "wasm64/snapshot/host_pages.hpp"
#include "wasm64/storage/posix_file.hpp"

// Files that hold the pages of a memory at their offsets. False where the host refuses.

namespace wasm64::detail {

/// A file in memory that has no name; not open where there is no such thing.
posix_file unnamed_file() noexcept;

/// What is added is a hole, which reads as zeros.
bool set_file_size(int file, std::uint64_t size) noexcept;

/// Writes pages of the memory at `base`.
bool write_pages(int file, const std::uint8_t* base, page_range pages);

/// Maps pages privately in place of those of the memory at `base`.
bool map_pages(std::uint8_t* base, page_range pages, int file) noexcept;

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/page_file_impl.hpp"
#endif
