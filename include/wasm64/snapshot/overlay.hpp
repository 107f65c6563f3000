#pragma once

#include "wasm64/runtime/memory.hpp"
#include "wasm64/snapshot/page_file.hpp"

namespace wasm64::detail {

/// A file without a name that holds pages of one memory at their offsets, and is mapped in their place: what the
/// program writes from then on are copies of its own.
///
///   memory    | image, which others share | anonymous              |
///   mappings  | image |over| image |over| overlay                  |
///
/// A process that is forked leaves its file alone, which the child has mapped as well, and begins another one.
///
/// Of what was mapped from elsewhere only changed pages are taken over; few runs stay, since each is a mapping, of
/// which a process has a limited number.
class overlay {
 public:
  /// The memory's first bytes are mapped from a file that must not change.
  void begin(std::uint64_t mapped_size) noexcept;
  /// Takes changed pages over. Those that the host refuses stay the memory's own.
  void take(memory_instance& memory, const page_ranges& changed);

 private:
  bool make_room(std::uint64_t size);
  bool write(const memory_instance& memory, const page_ranges& pages, bool is_new) const;

  posix_file file_;
  std::uint64_t forks_ = 0;  ///< `fork_count` when it was made
  std::uint64_t size_ = 0;  ///< of the file
  std::uint64_t mapped_end_ = 0;  ///< in pages: what is mapped from some file
  page_ranges runs_;  ///< what is mapped from this one
  bool is_zero_elsewhere_ = true;
};

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/overlay_impl.hpp"
#endif
