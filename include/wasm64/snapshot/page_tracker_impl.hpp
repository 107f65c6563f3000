#pragma once

#include "wasm64/snapshot/page_tracker.hpp"

namespace wasm64 {

WASM64_INLINE page_tracker::page_tracker(memory_instance& memory, tracking how) : memory_(memory) {
  if (how == tracking::comparison || !memory.is_mapped() || detail::host_page_size() == 0) return;
  how_ = tracking::page_map;
  if (how != tracking::page_map && watch()) how_ = tracking::write_protection;
}

/// All that was reserved, so that growing needs nothing.
WASM64_INLINE bool page_tracker::watch() noexcept {
  is_watched_ = detail::watch_writes(memory_.base, whole_pages(std::max<std::uint64_t>(memory_.capacity(), 1)));
  return is_watched_;
}

WASM64_INLINE std::uint64_t page_tracker::whole_pages(std::uint64_t size) noexcept {
  const std::uint64_t page = std::max<std::uint64_t>(detail::host_page_size(), 4096);
  return (size + page - 1) / page * page;
}

/// What is written, as far as the kernel has noted it. Where it has not, in a child process for example, all that the
/// process has of its own may be.
WASM64_INLINE bool page_tracker::find_noted(page_ranges& to) {
  using detail::page_state;
  const std::uint64_t size = whole_pages(memory_.size);
  const page_state state = is_known_ ? page_state::written : page_state::present;
  if (is_watched_ && detail::take_written(memory_.base, size, state, to)) return true;
  to.clear();
  if (watch() && detail::take_written(memory_.base, size, page_state::present, to)) return true;
  how_ = tracking::page_map;
  to.clear();
  return false;
}

WASM64_INLINE const page_ranges& page_tracker::changed() {
  page_ranges found;
  bool is_found = how_ == tracking::write_protection && find_noted(found);
  if (how_ == tracking::page_map) is_found = detail::find_own(memory_.base, whole_pages(memory_.size), found);
  // What somebody else has mapped from a file is not known here.
  if (!is_known_ && memory_.has_file_pages) is_found = false;
  if (!is_found) found = {page_range{0, whole_pages(memory_.size) / 4096}};
  changed_ = joined(changed_, found);
  return changed_;
}

WASM64_INLINE void page_tracker::settle() {
  if (how_ == tracking::page_map) overlay_.take(memory_, changed_);
  changed_.clear();
  is_known_ = true;
}

WASM64_INLINE void page_tracker::settle_mapped(std::uint64_t size) {
  overlay_.begin(whole_pages(size));
  changed_.clear();
  is_known_ = true;
  memory_.has_file_pages = true;
  if (how_ == tracking::write_protection) watch();
}

}  // namespace wasm64
