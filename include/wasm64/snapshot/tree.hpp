#pragma once

#include <array>
#include <memory>

#include "wasm64/base/shared.hpp"
#include "wasm64/config.hpp"
#include "wasm64/snapshot/batch.hpp"
#include "wasm64/snapshot/page_range.hpp"
#include "wasm64/snapshot/tree_format.hpp"

namespace wasm64 {

/// Takes what `page_tree::fetch` finds, in ascending order. A failure ends the reading.
class page_sink {
 public:
  virtual ~page_sink() = default;
  /// 4096 bytes, not all of them zero, that are what the tree says.
  virtual result<void> page(std::uint64_t index, bytes_view bytes) = 0;
  /// Neighbouring pages that were not zero and are now.
  virtual result<void> zeros(page_range pages) = 0;
  /// Behind what is below it, a node that this tree had not, or not as it is now: the ids of its children.
  virtual result<void> node(unsigned, std::uint64_t, std::span<const content_id, tree_format::fan_out>) {
    return success();
  }
};

namespace detail {

/// A node of a tree in memory. Shared ones are copied before they change.
struct tree_node : counted {
  static constexpr std::size_t fan_out = tree_format::fan_out;

  std::uint64_t present = 0;  ///< children that are not zero; their ids are below
  std::uint64_t unsaved = 0;  ///< those of which something may not be in storage
  std::uint64_t touched = 0;  ///< those that are nodes whose ids are to be computed
  bool is_stale = false;  ///< its own id is to be computed
  std::array<content_id, fan_out> ids{};
  std::unique_ptr<shared<tree_node>[]> nodes;  ///< of upper levels; null where one was not read

  tree_node() = default;
  tree_node(const tree_node& other);

  bool has(unsigned child) const noexcept { return (present >> child & 1) != 0; }
};

}  // namespace detail

/// What is in storage of some bytes: the ids of their pages and nodes (snapshot/tree_format.hpp), as far as they are
/// not zero. With it a save hashes and puts what changed, and a restore fetches what differs. A copy costs a counter:
/// trees share nodes until they change, and copies may be used by different threads.
class page_tree {
 public:
  /// Where the nodes of a tree are that was not read.
  class node_source {
   public:
    virtual ~node_source() = default;
    /// The 64 ids of the node that is the `index`-th of its level; zero where there is no child.
    virtual result<void> load(unsigned level, std::uint64_t index, std::span<content_id, 64> ids) const = 0;
  };

  /// Of bytes that are all zero.
  explicit page_tree(std::uint64_t size = 0) noexcept : size_(size) {}
  /// Of bytes that are in storage. The source has every node.
  page_tree(std::uint64_t size, const tree_root& root, std::shared_ptr<const node_source> source)
      : size_(size), root_id_(root.value_or(content_id())), source_(std::move(source)) {}

  std::uint64_t size() const noexcept { return size_; }
  /// As of the last update.
  tree_root root() const { return root_id_ != content_id() ? tree_root(root_id_) : std::nullopt; }

  /// Those of some pages that were not zero at the last update. Fails as the source does.
  result<page_ranges> pages(const page_ranges& of) const;

  /// Takes changed bytes in. What is not in `changed`, whose ranges ascend, is as it was, and zero where nothing was.
  /// Adds the objects to the batch that storage lacks: those that are new since the last call of `settle`. They refer
  /// to `bytes`. Fails as the source does, and with `out_of_memory`; what has changed is then still known.
  result<tree_root> update(bytes_view bytes, std::span<const page_range> changed, object_batch& to);
  /// Looks at all bytes.
  result<tree_root> update(bytes_view bytes, object_batch& to) {
    const page_range all{0, tree_format::page_count(bytes.size())};
    return update(bytes, {&all, 1}, to);
  }
  /// The store has everything now: what `update` has added was put.
  void settle();

  /// Reads the tree of `size` bytes with that root, and tells the sink where its bytes differ from those that the last
  /// update saw. This tree stays as it is.
  /// What comes from the store is hostile: it must hash to its id and be what `update` would have written. Fails with
  /// `hash_mismatch`, `snapshot_malformed`, and as the store, the source or the sink do. The size is for the caller to
  /// limit, because a few objects can say it all.
  result<page_tree> fetch(std::uint64_t size, const tree_root& root, any_store& from, page_sink& to) const;

 private:
  using node = detail::tree_node;
  class reader;

  bool has_root() const noexcept { return root_ || root_id_ != content_id(); }
  unsigned height() const noexcept { return tree_format::height(size_); }
  result<void> resize(std::uint64_t size);
  result<void> own(shared<node>& at, bool is_known, unsigned level, std::uint64_t index) const;
  result<node*> own_leaf(std::uint64_t leaf);
  bool is_absent(std::uint64_t page) const noexcept;
  void mark(std::uint64_t leaf) noexcept;
  result<void> list_pages(const node& n, unsigned level, std::uint64_t index, page_range of, page_ranges& to) const;
  result<void> take_in(bytes_view bytes, std::span<const page_range> changed);
  result<void> take_in(bytes_view bytes, std::uint64_t leaf_index, std::uint64_t pages);
  result<bool> collect(node& n, content_id& id, bool is_unsaved, unsigned level, std::uint64_t index, bytes_view bytes,
                       object_batch& to);

  std::uint64_t size_ = 0;
  content_id root_id_;  ///< zero where there is none
  shared<node> root_;  ///< null where there is none, or it was not read
  bool is_root_unsaved_ = false;
  std::shared_ptr<const node_source> source_;
};

/// The bytes of a tree, for those that fit into memory. Fails as `fetch` does, and with `limit_exceeded`.
result<byte_vector> fetch_bytes(std::uint64_t size, const tree_root& root, any_store& from, std::uint64_t limit);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/tree_impl.hpp"
#endif
