#pragma once

#include <deque>

#include "wasm64/runtime/store.hpp"
#include "wasm64/snapshot/hooks.hpp"
#include "wasm64/snapshot/image_directory.hpp"
#include "wasm64/snapshot/manifest.hpp"
#include "wasm64/snapshot/tracked_memory.hpp"
#include "wasm64/storage/any_store.hpp"

namespace wasm64 {

class checkpointer;

/// The state of a store at some moment, kept in the process, to make others of: their memories are mapped and share
/// pages until they write. It never changes; any number of stores and threads may use it.
class store_image {
 public:
  /// The object whose id is that of the state.
  bytes_view manifest() const noexcept { return view_of(manifest_); }

 private:
  friend class checkpointer;

  byte_vector manifest_;
  snapshot_manifest parts_;
  byte_vector state_;
  page_tree state_tree_;
  vector<std::shared_ptr<const tree_image>> memories_;
  const void* storage_ = nullptr;
};

/// How a store is brought into a state.
struct restore_options {
  /// Where verified memories are kept as files. Memories are then mapped, which takes the same time whatever their
  /// size, and what is not there is made. Null: pages that differ are fetched and written.
  image_directory* images = nullptr;
};

/// Keeps the state of a store in storage: all instances, memories, tables, globals and objects in it, its fuel and the
/// call that is suspended. The same state has the same id everywhere. A state comes back in every store that was set up
/// in the same way: the same modules instantiated in the same order, over imports made in the same order.
///
/// It remembers what of the state is in storage, so that a save hashes and puts what has changed since the last one or
/// since the state was restored. One checkpointer for a store and one place of storage, with nothing of what it has put
/// erased in between; another place gets everything anew. It outlives no store.
///
/// Host references mean what the hooks say. References that the host holds (runtime/rooted.hpp) are no part of a state.
class checkpointer {
 public:
  explicit checkpointer(store_base& of, snapshot_hooks hooks = {}) : store_(of), hooks_(std::move(hooks)) {}
  checkpointer(const checkpointer&) = delete;
  checkpointer& operator=(const checkpointer&) = delete;

  /// Puts the state, as one unit, and answers its id. Fails with `instance_busy` while the store runs, with
  /// `snapshot_incompatible` for what cannot be captured, saying where it is, and as hooks and storage do; the state is
  /// then put as a whole by the next save.
  result<content_id> save(any_store& to);
  /// The id that `save` would answer; puts nothing.
  result<content_id> state_id();
  /// The object with the id that was answered last, or restored; nothing before.
  bytes_view manifest() const noexcept { return view_of(manifest_); }

  /// Brings the store into a state. What storage has may come from anybody, only its id must be trusted: everything is
  /// checked before anything changes. Memories and tables grow as needed, and no start function runs. A call that is
  /// suspended is given up, and references that the host holds become stale. Fails with a `snapshot_…` code, with
  /// `hash_mismatch`, `instance_busy` or `out_of_memory`, and as hooks and storage do; the store is then as it was.
  /// Only when files of images cannot be read may memories have changed.
  result<void> restore(const content_id& id, any_store& from, restore_options how = {});
  /// The same with the manifest in hand.
  result<void> restore(bytes_view manifest, any_store& from, restore_options how = {});

  /// An image of the store as it is now. Fails as `save` does, and with `storage_io` where the host has no such files.
  result<store_image> image();
  /// Brings the store into the state of an image, as from storage.
  result<void> restore(const store_image& from);

 private:
  class state_stage;

  result<snapshot_manifest> update(object_batch& changed);
  static page_ranges changed_pages(bytes_view before, bytes_view now);
  result<void> check_manifest(const snapshot_manifest& m);
  result<content_id> module_id(const instance& in);
  std::uint64_t most_state_bytes() const noexcept;
  bool is_busy() const noexcept { return store_.vm().nesting != 0 && !store_.suspended(); }
  void track();
  result<void> grow(const snapshot_manifest& m);
  void use(const any_store& storage);
  void forget();
  result<void> map(const vector<std::shared_ptr<const tree_image>>& images);

  store_base& store_;
  snapshot_hooks hooks_;
  std::deque<tracked_memory> memories_;  ///< as far as they are tracked yet
  page_tree state_;
  vector<content_id> modules_;  ///< by instance
  byte_vector manifest_;
  const void* storage_ = nullptr;  ///< where everything is that the trees have
  byte_vector written_;  ///< what `state_` is the tree of; empty where that is not known
};

/// The contents of memory 0, which may be none: what HyperBEAM stores as a snapshot.
result<byte_vector> memory_image(const instance& of);

/// Puts the contents of a bare memory, as HyperBEAM stores them, into memory 0, and grows it to fit: such an image may
/// have a page more than the module asks for. Everything else stays as it is. Fails with `snapshot_malformed` unless
/// the image is whole pages, with `snapshot_incompatible` when it is smaller than the memory or the memory cannot grow.
result<void> restore_memory_image(instance& in, bytes_view image);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/memory_image_impl.hpp"
#include "wasm64/snapshot/snapshot_impl.hpp"
#endif
