#pragma once

#include <algorithm>

#include "wasm64/snapshot/overlay.hpp"
#include "wasm64/snapshot/zero.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace wasm64::detail {

WASM64_INLINE void overlay::begin(std::uint64_t mapped_size) noexcept {
  *this = overlay();
  mapped_end_ = mapped_size / 4096;
}

#if defined(__linux__)

WASM64_INLINE bool overlay::make_room(std::uint64_t size) {
  const std::uint64_t forks = fork_count();
  if (!file_.is_open() || forks != forks_) {
    const std::uint64_t mapped_end = mapped_end_;
    *this = overlay();
    mapped_end_ = mapped_end;
    forks_ = forks;
    file_ = unnamed_file();
  }
  if (!file_.is_open()) return false;
  if (size > size_ && !set_file_size(file_.get(), size)) return false;
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
    if (!write_pages(file_.get(), memory.base, part)) return false;
  }
  return true;
}

WASM64_INLINE void overlay::take(memory_instance& memory, const page_ranges& changed) {
  constexpr std::size_t most_runs = 32;
  const std::uint64_t end = whole_host_pages(memory.size) / 4096;
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
  for (const page_range& part : without(with_few(wanted, most_runs), runs_)) {
    page_ranges content = common(changed, part);
    if (part.first < mapped_end_) {
      content = joined(content, {page_range{part.first, std::min(part.end(), mapped_end_) - part.first}});
    }
    memory.has_file_pages = true;
    if (write(memory, content, is_zero_elsewhere_) && map_pages(memory.base, part, file_.get())) {
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
