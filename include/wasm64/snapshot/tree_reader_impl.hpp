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
    made->present = view.children;
    unsigned nth = 0;
    for (std::uint64_t rest = view.children; rest != 0; rest &= rest - 1) {
      const auto child = static_cast<unsigned>(std::countr_zero(rest));
      if ((index * fan_out + child) * pages_of_child(level) >= pages_) {
        return fail(errc::snapshot_malformed, "tree beyond its size");
      }
      made->ids[child] = view.id(nth++);
    }
    if (level == 1) {
      WASM64_CHECK(read_pages(*made.get(), index, mine));
    } else {
      made->nodes = std::make_unique<shared<node>[]>(fan_out);
      for (unsigned child = 0; child < fan_out; ++child) {
        const std::uint64_t child_index = index * fan_out + child;
        if (is_same(*made.get(), mine, child)) {
          made->nodes[child] = mine->nodes[child];
        } else if (made->has(child)) {
          WASM64_TRY(const shared<node> known, child_of(mine, level, child, child_index));
          WASM64_TRY(made->nodes[child], read(made->ids[child], level - 1, child_index, known.get()));
        } else if (mine != nullptr) {
          WASM64_CHECK(clear_child(*mine, level, child, child_index));
        }
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

  static bool is_same(const node& theirs, const node* mine, unsigned child) noexcept {
    return mine != nullptr && theirs.has(child) && (mine->touched >> child & 1) == 0 &&
           theirs.ids[child] == mine->ids[child];
  }

  /// Tells all that differs below a lowest node, when it is known to be good.
  result<void> read_pages(const node& leaf, std::uint64_t index, const node* mine) {
    using namespace tree_format;
    std::array<shared_bytes, fan_out> stored;
    std::array<bytes_view, fan_out> views;
    std::array<content_id, fan_out> ids;
    std::size_t count = 0;
    for (unsigned child = 0; child < fan_out; ++child) {
      if (!leaf.has(child) || is_same(leaf, mine, child)) continue;
      WASM64_TRY(stored[count], from_.get(leaf.ids[child]));
      views[count] = stored[count];
      ++count;
    }
    WASM64_CHECK(sha256_all({views.data(), count}, ids));
    std::size_t next = 0;
    for (unsigned child = 0; child < fan_out; ++child) {
      const std::uint64_t page = index * fan_out + child;
      if (!leaf.has(child)) {
        if (mine != nullptr) WASM64_CHECK(clear_child(*mine, 1, child, page));
      } else if (!is_same(leaf, mine, child)) {
        if (ids[next] != leaf.ids[child]) return fail(errc::hash_mismatch, to_text(leaf.ids[child]));
        WASM64_CHECK(check_page(views[next], page));
        WASM64_CHECK(flush());
        WASM64_CHECK(to_.page(page, views[next++]));
      }
    }
    return success();
  }

  result<void> check_page(bytes_view bytes, std::uint64_t index) const {
    using namespace tree_format;
    const bool is_page = bytes.size() == page_size && !detail::is_zero(bytes.data(), bytes.size());
    const std::uint64_t size = std::min(page_size, mine_.size_ - index * page_size);
    if (is_page && detail::is_zero(bytes.data() + size, page_size - size)) return success();
    return fail(errc::snapshot_malformed, "tree page");
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
