#pragma once

#include <algorithm>

#include "wasm64/snapshot/overlay.hpp"
#include "wasm64/snapshot/zero.hpp"

#if WASM64_HAS_MMAP
#include <sys/mman.h>
#endif

namespace wasm64::detail {

WASM64_INLINE void overlay::begin(std::uint64_t mapped_size) noexcept {
  *this = overlay();
  mapped_end_ = mapped_size / 4096;
}

#if defined(__linux__)

/// A file in memory without a name.
WASM64_INLINE posix_file anonymous_file() noexcept { return posix_file(::memfd_create("wasm64", MFD_CLOEXEC)); }

/// Writes at an offset, in as many steps as it takes.
WASM64_INLINE bool write_at(int file, const std::uint8_t* from, std::uint64_t size, std::uint64_t offset) noexcept {
  while (size != 0) {
    const ssize_t count = ::pwrite(file, from, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    from += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::uint64_t>(count);
  }
  return true;
}

/// Pages of the file at their offsets, in place of the memory's.
WASM64_INLINE bool map_file(const memory_instance& memory, page_range pages, int file) noexcept {
  void* const at = memory.base + pages.first * 4096;
  return ::mmap(at, pages.count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file,
                static_cast<off_t>(pages.first * 4096)) != MAP_FAILED;
}

WASM64_INLINE bool overlay::make_room(std::uint64_t size) {
  if (!file_.is_open()) file_ = anonymous_file();
  if (!file_.is_open()) return false;
  if (size > size_ && ::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return false;
  size_ = std::max(size_, size);
  return true;
}

/// Where the file is new it has zeros already.
WASM64_INLINE bool overlay::write(const memory_instance& memory, const page_ranges& pages, bool is_new) const {
  page_ranges parts;
  for (const page_range& range : pages) {
    for (std::uint64_t page = range.first; page != range.end(); ++page) {
      if (!is_new || !is_zero(memory.base + page * 4096, 4096)) append(parts, {page, 1});
    }
  }
  for (const page_range& part : parts) {
    if (!write_at(file_.get(), memory.base + part.first * 4096, part.count * 4096, part.first * 4096)) return false;
  }
  return true;
}

/// The same runs with the smallest gaps between them closed.
WASM64_INLINE page_ranges overlay::limited(const page_ranges& runs) {
  constexpr std::size_t most = 32;
  if (runs.size() <= most) return runs;
  vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < runs.size(); ++i) gaps.push_back(runs[i].first - runs[i - 1].end());
  // Half of them go, so that this is not needed every time.
  const auto kept = gaps.begin() + most / 2;
  std::nth_element(gaps.begin(), kept, gaps.end(), [](std::uint64_t a, std::uint64_t b) { return a > b; });
  const std::uint64_t closed = *kept;
  page_ranges fewer;
  for (const page_range& run : runs) {
    const bool is_near = !fewer.empty() && run.first - fewer.back().end() <= closed;
    append(fewer, is_near ? page_range{fewer.back().end(), run.end() - fewer.back().end()} : run);
  }
  return fewer;
}

WASM64_INLINE void overlay::take(memory_instance& memory, const page_ranges& changed) {
  const std::uint64_t unit = host_page_size() / 4096;
  const std::uint64_t end = (memory.size + unit * 4096 - 1) / (unit * 4096) * unit;
  if (changed.empty() || !make_room(end * 4096)) return;
  for (const page_range& run : runs_) {
    for (const page_range& part : common(changed, run)) {
      if (write(memory, {part}, false)) ::madvise(memory.base + part.first * 4096, part.count * 4096, MADV_DONTNEED);
    }
  }
  // What is mapped from nowhere is taken over as a whole: its untouched pages are holes of the file.
  const page_range anonymous{mapped_end_, std::max(end, mapped_end_) - mapped_end_};
  page_ranges wanted = joined(runs_, changed);
  if (changed.back().end() > mapped_end_) wanted = joined(wanted, {anonymous});
  for (const page_range& part : without(limited(wanted), runs_)) {
    page_ranges content = common(changed, part);
    if (part.first < mapped_end_) {
      content = joined(content, {page_range{part.first, std::min(part.end(), mapped_end_) - part.first}});
    }
    memory.has_file_pages = true;
    if (write(memory, content, is_zero_elsewhere_) && map_file(memory, part, file_.get())) {
      runs_ = joined(runs_, {part});
    } else {
      is_zero_elsewhere_ = false;
    }
  }
  if (!runs_.empty()) mapped_end_ = std::max(mapped_end_, runs_.back().end());
}

#else

WASM64_INLINE void overlay::take(memory_instance&, const page_ranges&) {}

#endif

}  // namespace wasm64::detail
