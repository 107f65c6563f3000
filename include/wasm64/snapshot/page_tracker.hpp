#pragma once

#include "wasm64/runtime/memory.hpp"
#include "wasm64/snapshot/host_pages.hpp"
#include "wasm64/snapshot/overlay.hpp"

namespace wasm64 {

/// How the changed pages of a memory are found.
enum class tracking : std::uint8_t {
  automatic,  ///< the first of the others that works
  write_protection,  ///< the kernel notes the first write to a page (Linux 6.7)
  page_map,  ///< what is known stands in a mapped file, so a changed page is the process's own copy (Linux)
  comparison,  ///< by looking at all pages
};

/// Finds the pages of a memory that were written, without any work in the instructions that write. The memory outlives
/// it, has no other one, and is not running when it is asked. Whatever the host refuses makes the answer larger, never
/// wrong.
class page_tracker {
 public:
  explicit page_tracker(memory_instance& memory, tracking how = tracking::automatic);

  memory_instance& memory() const noexcept { return memory_; }
  tracking how() const noexcept { return how_; }

  /// The pages that may have changed since `settle`, or may not be zero, before its first call.
  const page_ranges& changed();
  /// Everything is known as it is now, and `changed` has said so since the memory ran.
  void settle();
  /// The first `size` bytes were mapped from an immutable file and the rest is untouched: nothing has changed.
  void settle_mapped(std::uint64_t size);

 private:
  bool find_noted(page_ranges& to);

  memory_instance& memory_;
  tracking how_ = tracking::comparison;
  bool is_known_ = false;  ///< `settle` was called
  bool is_watched_ = false;  ///< with `write_protection`
  page_ranges changed_;
  detail::overlay overlay_;  ///< with `page_map`
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/page_tracker_impl.hpp"
#endif
