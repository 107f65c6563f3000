#pragma once

#include "wasm64/snapshot/page_tracker.hpp"
#include "wasm64/snapshot/tree.hpp"
#include "wasm64/snapshot/tree_image.hpp"

namespace wasm64 {

/// A memory and what of it is in storage: saves what changed, restores what differs. The memory outlives it and has no
/// other one. None of the calls may be made while code of the memory's store runs.
class tracked_memory {
 public:
  explicit tracked_memory(memory_instance& memory, tracking how = tracking::automatic) : tracker_(memory, how) {}

  memory_instance& memory() const noexcept { return tracker_.memory(); }
  tracking how() const noexcept { return tracker_.how(); }

  /// The tree of the memory as it is now. Adds to the batch what storage lacks; the batch refers to the memory, so it
  /// must be put before the memory changes. Fails as `page_tree::update` does, having forgotten nothing.
  result<tree_root> save(object_batch& to);
  /// What `save` added was put.
  void settle() { tree_.settle(); }

  /// Makes the memory one of an image, which is not smaller and at most what it can grow to. Pages are mapped, and read
  /// when the program does. Fails with `out_of_memory` when it cannot grow, and then has done nothing, and with
  /// `storage_io`, when some of the image may be there.
  result<void> put(const std::shared_ptr<const tree_image>& image);
  /// An image of the memory as it is now, to make others of. While nothing changes it is the same one; it shares what
  /// it can with earlier ones. Fails as `save` does, and with `storage_io`.
  result<std::shared_ptr<const tree_image>> image();

  /// What is to be done to get to a stored content; does nothing yet.
  class change;
  /// Fetches what differs, and checks it. The size is not smaller than the memory's and at most what it can grow to;
  /// that is for the caller to know. Fails as `page_tree::fetch` does.
  result<change> prepare(std::uint64_t size, const tree_root& root, any_store& from);
  /// Makes the change, before which the memory has not run again. Fails with `out_of_memory` when it cannot grow, and
  /// then has done nothing.
  result<void> apply(change&& made);

 private:
  result<void> grow_to(std::uint64_t size);

  page_tracker tracker_;
  page_tree tree_;
  std::shared_ptr<const tree_image> origin_;  ///< an image in one file
  page_ranges changed_;  ///< what may be different now
  std::shared_ptr<const tree_image> latest_;  ///< that was put here or made
};

/// Pages that differ, until all of a store's are known to be good.
class tracked_memory::change : page_sink {
 public:
  change() = default;

 private:
  friend class tracked_memory;

  result<void> page(std::uint64_t index, bytes_view bytes) override;
  result<void> zeros(page_range pages) override;

  std::uint64_t size_ = 0;
  page_tree tree_;
  vector<std::uint64_t> pages_;
  byte_vector bytes_;  ///< of the pages
  page_ranges zeros_;
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/tracked_memory_impl.hpp"
#endif
