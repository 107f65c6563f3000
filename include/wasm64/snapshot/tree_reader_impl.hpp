#pragma once

#include <algorithm>

#include "wasm64/snapshot/tree.hpp"
#include "wasm64/snapshot/zero.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Walks down a stored tree and one in memory of the same height.
class page_tree::reader {
 public:
  reader(const page_tree& mine, any_store& from, page_sink& to) noexcept
      : mine_(mine), pages_(tree_format::page_count(mine.size_)), from_(from), to_(to) {}

  /// Reads the `index`-th node of its level. `mine` is null where there is none.
  result<shared<node>> read(const content_id& id, unsigned level, std::uint64_t index, const node* mine) {
    using namespace tree_format;
    WASM64_TRY(const shared_bytes stored, verified(id));
    WASM64_TRY(const node_view view, read_node(stored));
    shared<node> made(new node);
    if (level > 1) made->nodes = std::make_unique<shared<node>[]>(node::fan_out);
    unsigned nth = 0;
    for (unsigned child = 0; child < fan_out; ++child) {
      const std::uint64_t bit = std::uint64_t{1} << child;
      const std::uint64_t child_index = index * fan_out + child;
      if ((view.children & bit) == 0) {
        if (mine != nullptr) WASM64_CHECK(clear_child(*mine, level, child, child_index));
        continue;
      }
      if (child_index * pages_of_child(level) >= pages_) return fail(errc::snapshot_malformed, "tree beyond its size");
      const content_id child_id = view.id(nth++);
      made->present |= bit;
      made->ids[child] = child_id;
      if (mine != nullptr && (mine->touched & bit) == 0 && mine->ids[child] == child_id) {
        if (level > 1) made->nodes[child] = mine->nodes[child];
      } else if (level == 1) {
        WASM64_CHECK(read_page(child_id, child_index));
      } else {
        WASM64_TRY(const shared<node> known, child_of(mine, level, child, child_index));
        WASM64_TRY(made->nodes[child], read(child_id, level - 1, child_index, known.get()));
      }
    }
    WASM64_CHECK(to_.node(level, index, made->ids));
    return made;
  }

  /// All pages below are zero.
  result<void> clear(const node& mine, unsigned level, std::uint64_t index) {
    for (unsigned child = 0; child < tree_format::fan_out; ++child) {
      WASM64_CHECK(clear_child(mine, level, child, index * tree_format::fan_out + child));
    }
    return success();
  }
  result<void> flush() {
    if (zeros_.count == 0) return success();
    const page_range pages = std::exchange(zeros_, {});
    return to_.zeros(pages);
  }

 private:
  result<shared_bytes> verified(const content_id& id) {
    WASM64_TRY(shared_bytes stored, from_.get(id));
    WASM64_TRY(const content_id found, sha256(stored));
    if (found != id) return fail(errc::hash_mismatch, to_text(id));
    return stored;
  }

  result<void> read_page(const content_id& id, std::uint64_t index) {
    using namespace tree_format;
    WASM64_TRY(const shared_bytes stored, verified(id));
    const bytes_view bytes = stored;
    if (bytes.size() != page_size || detail::is_zero(bytes.data(), bytes.size())) {
      return fail(errc::snapshot_malformed, "tree page");
    }
    const std::uint64_t size = std::min(page_size, mine_.size_ - index * page_size);
    if (!detail::is_zero(bytes.data() + size, page_size - size)) return fail(errc::snapshot_malformed, "tree page");
    WASM64_CHECK(flush());
    return to_.page(index, bytes);
  }

  result<void> clear_child(const node& mine, unsigned level, unsigned child, std::uint64_t index) {
    if (level > 1) {
      WASM64_TRY(const shared<node> known, child_of(&mine, level, child, index));
      return known ? clear(*known.get(), level - 1, index) : result<void>(success());
    }
    if (!mine.has(child)) return success();
    if (zeros_.first + zeros_.count != index) WASM64_CHECK(flush());
    if (zeros_.count == 0) zeros_.first = index;
    ++zeros_.count;
    return success();
  }

  /// The node below one of this tree; null where there is none.
  result<shared<node>> child_of(const node* mine, unsigned level, unsigned child, std::uint64_t index) const {
    if (mine == nullptr || (!mine->has(child) && !mine->nodes[child])) return shared<node>();
    shared<node> known = mine->nodes[child];
    if (!known) WASM64_CHECK(mine_.own(known, true, level - 1, index));
    return known;
  }

  const page_tree& mine_;
  const std::uint64_t pages_;
  any_store& from_;
  page_sink& to_;
  page_range zeros_;  ///< not told yet
};

WASM64_INLINE result<page_tree> page_tree::fetch(std::uint64_t size, const tree_root& root, any_store& from,
                                                 page_sink& to) const {
  page_tree mine = *this;
  WASM64_CHECK(mine.resize(size));
  const bool is_stale = mine.root_ && mine.root_->is_stale;
  if (!is_stale && mine.root() == root) return mine;
  page_tree made(size);
  made.source_ = source_;
  const unsigned height = mine.height();
  if (!mine.root_ && mine.has_root()) WASM64_CHECK(mine.own(mine.root_, true, height, 0));
  reader r(mine, from, to);
  if (root.has_value()) {
    WASM64_TRY(made.root_, r.read(*root, height, 0, mine.root_.get()));
    made.root_id_ = *root;
  } else if (mine.root_) {
    WASM64_CHECK(r.clear(*mine.root_.get(), height, 0));
  }
  WASM64_CHECK(r.flush());
  return made;
}

WASM64_INLINE result<byte_vector> fetch_bytes(std::uint64_t size, const tree_root& root, any_store& from,
                                              std::uint64_t limit) {
  if (size > limit) return fail(errc::limit_exceeded, "size of a stored tree");
  struct : page_sink {
    byte_vector bytes;
    result<void> page(std::uint64_t index, bytes_view page) override {
      bytes.resize(static_cast<std::size_t>(index * tree_format::page_size), 0);
      bytes.insert(bytes.end(), page.begin(), page.end());
      return success();
    }
    result<void> zeros(page_range) override { return success(); }
  } to;
  WASM64_CHECK(page_tree().fetch(size, root, from, to));
  to.bytes.resize(static_cast<std::size_t>(size), 0);
  return std::move(to.bytes);
}

}  // namespace wasm64
