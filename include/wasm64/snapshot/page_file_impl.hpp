#pragma once

#include "wasm64/runtime/memory_policy.hpp"
#include "wasm64/snapshot/page_file.hpp"

namespace wasm64::detail {

WASM64_INLINE posix_file unnamed_file() noexcept {
#if defined(__linux__)
  return posix_file(::memfd_create("wasm64", MFD_CLOEXEC));
#else
  return {};
#endif
}

WASM64_INLINE bool set_file_size(int file, std::uint64_t size) noexcept {
  return ::ftruncate(file, static_cast<off_t>(size)) == 0;
}

WASM64_INLINE bool write_pages(int file, const std::uint8_t* base, page_range pages) {
  const std::uint64_t at = pages.first * 4096;
  const bytes_view bytes(base + at, static_cast<std::size_t>(pages.count * 4096));
  return write_at(file, at, {&bytes, 1}, "overlay").has_value();
}

WASM64_INLINE bool map_pages(std::uint8_t* base, page_range pages, int file) noexcept {
#if WASM64_HAS_MMAP
  const std::uint64_t at = pages.first * 4096;
  return ::mmap(base + at, pages.count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file,
                static_cast<off_t>(at)) != MAP_FAILED;
#else
  return false;
#endif
}

}  // namespace wasm64::detail
