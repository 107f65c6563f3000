#pragma once

#include "wasm64/snapshot/page_tracker.hpp"

namespace wasm64 {

WASM64_INLINE page_tracker::page_tracker(memory_instance& memory, tracking how) : memory_(memory) {
  if (how == tracking::comparison || !memory.is_mapped() || detail::host_page_size() == 0) return;
  const bool can_watch = how != tracking::page_map && detail::can_watch_writes();
  how_ = can_watch ? tracking::write_protection : tracking::page_map;
}

/// What was written, as far as the kernel has noted it. Where it has not, for the first time or in a child process, all
/// that the process has of its own may be new.
WASM64_INLINE bool page_tracker::find_noted(page_ranges& to) {
  using detail::page_state;
  const std::uint64_t size = detail::whole_host_pages(memory_.size);
  if (is_watched_ && detail::take_written(memory_.base, size, page_state::written, to)) return true;
  to.clear();
  // All that was reserved, so that growing needs nothing.
  const std::uint64_t reserved = detail::whole_host_pages(std::max<std::uint64_t>(memory_.capacity(), 1));
  is_watched_ =
      detail::watch_writes(memory_.base, reserved) && detail::take_written(memory_.base, size, page_state::own, to);
  if (is_watched_) return true;
  how_ = tracking::page_map;
  to.clear();
  return false;
}

WASM64_INLINE const page_ranges& page_tracker::changed() {
  page_ranges found;
  bool is_found = how_ == tracking::write_protection && find_noted(found);
  if (how_ == tracking::page_map)
    is_found = detail::find_own(memory_.base, detail::whole_host_pages(memory_.size), found);
  // What somebody else has mapped from a file is not known here.
  if (!is_known_ && memory_.has_file_pages) is_found = false;
  if (!is_found) found = {page_range{0, detail::whole_host_pages(memory_.size) / 4096}};
  changed_ = joined(changed_, found);
  return changed_;
}

WASM64_INLINE void page_tracker::settle() {
  if (how_ == tracking::page_map) overlay_.take(memory_, changed_);
  changed_.clear();
  is_known_ = true;
}

WASM64_INLINE void page_tracker::settle_mapped(std::uint64_t size) {
  overlay_.begin(detail::whole_host_pages(size));
  changed_.clear();
  is_known_ = true;
  is_watched_ = false;  // until somebody asks, all that becomes the process's own is new
}

}  // namespace wasm64
