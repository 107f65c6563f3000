#pragma once

#include <algorithm>

#include "wasm64/snapshot/tree.hpp"
#include "wasm64/snapshot/tree_reader_impl.hpp"
#include "wasm64/snapshot/zero.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

namespace detail {

WASM64_INLINE tree_node::tree_node(const tree_node& other)
    : counted(other),
      present(other.present),
      unsaved(other.unsaved),
      touched(other.touched),
      is_stale(other.is_stale),
      ids(other.ids) {
  if (other.nodes == nullptr) return;
  nodes = std::make_unique<shared<tree_node>[]>(fan_out);
  std::copy_n(other.nodes.get(), fan_out, nodes.get());
}

/// The node as it is stored.
inline byte_vector encode(const tree_node& n) {
  byte_vector bytes(sizeof(std::uint64_t) + static_cast<std::size_t>(std::popcount(n.present)) * sizeof(content_id));
  store_le(bytes.data(), n.present);
  std::uint8_t* to = bytes.data() + sizeof(std::uint64_t);
  for (std::uint64_t rest = n.present; rest != 0; rest &= rest - 1) {
    const content_id& id = n.ids[static_cast<std::size_t>(std::countr_zero(rest))];
    std::memcpy(to, id.bytes.data(), id.bytes.size());
    to += id.bytes.size();
  }
  return bytes;
}

inline void add_page(const content_id& id, bytes_view all, std::uint64_t index, object_batch& to) {
  using namespace tree_format;
  const bytes_view from = all.subspan(static_cast<std::size_t>(index * page_size));
  if (from.size() >= page_size) return to.add(id, from.first(page_size));
  byte_vector padded(page_size, 0);
  std::memcpy(padded.data(), from.data(), from.size());
  to.add(id, std::move(padded));
}

/// Which child of a node at the level leads to a page.
inline unsigned child_of(std::uint64_t page, unsigned level) noexcept {
  return static_cast<unsigned>(page / tree_format::pages_of_child(level) % tree_format::fan_out);
}

}  // namespace detail

/// Makes sure that a node is there and nobody else's: read, copied or new.
WASM64_INLINE result<void> page_tree::own(shared<node>& at, bool is_known, unsigned level, std::uint64_t index) const {
  if (at && at->is_unique()) return success();
  shared<node> made(at ? new node(*at.get()) : new node);
  if (!at && level > 1) made->nodes = std::make_unique<shared<node>[]>(node::fan_out);
  if (!at && is_known) {
    WASM64_CHECK(source_->load(level, index, made->ids));
    for (unsigned i = 0; i < node::fan_out; ++i) {
      if (made->ids[i] != content_id()) made->present |= std::uint64_t{1} << i;
    }
  }
  at = std::move(made);
  return success();
}

/// The node above the 64 pages, to change it.
WASM64_INLINE result<page_tree::node*> page_tree::own_leaf(std::uint64_t leaf) {
  const std::uint64_t page = leaf * tree_format::fan_out;
  shared<node>* at = &root_;
  bool is_known = has_root();
  for (unsigned level = height();; --level) {
    const std::uint64_t index = page / tree_format::pages_of_child(level) / tree_format::fan_out;
    WASM64_CHECK(own(*at, is_known, level, index));
    node* const n = at->get();
    if (level == 1) return n;
    const unsigned child = detail::child_of(page, level);
    at = &n->nodes[child];
    is_known = n->has(child);
  }
}

/// Whether nothing of the page's node is known, as far as one can tell without reading.
WASM64_INLINE bool page_tree::is_absent(std::uint64_t page) const noexcept {
  if (!root_) return !has_root();
  const node* n = root_.get();
  for (unsigned level = height(); level > 1; --level) {
    const unsigned child = detail::child_of(page, level);
    if (!n->nodes[child]) return !n->has(child);
    n = n->nodes[child].get();
  }
  return false;
}

/// Remembers that the ids of a leaf and of all above it are to be computed. The leaf is owned.
WASM64_INLINE void page_tree::mark(std::uint64_t leaf) noexcept {
  const std::uint64_t page = leaf * tree_format::fan_out;
  node* n = root_.get();
  for (unsigned level = height();; --level) {
    n->is_stale = true;
    if (level == 1) return;
    const unsigned child = detail::child_of(page, level);
    n->touched |= std::uint64_t{1} << child;
    n = n->nodes[child].get();
  }
}

/// Makes the tree one of more or fewer bytes, of which the additional ones are zero.
WASM64_INLINE result<void> page_tree::resize(std::uint64_t size) {
  const unsigned before = height();
  const unsigned after = tree_format::height(size);
  const std::uint64_t pages = tree_format::page_count(size);
  if (pages < tree_format::page_count(size_) && has_root()) {
    shared<node>* at = &root_;
    std::uint64_t first = 0;
    for (unsigned level = before;; --level) {
      const std::uint64_t each = tree_format::pages_of_child(level);
      WASM64_CHECK(own(*at, true, level, first / each / tree_format::fan_out));
      node& n = *at->get();
      const auto kept = static_cast<unsigned>(std::min((pages - first + each - 1) / each, tree_format::fan_out));
      for (unsigned i = kept; i < tree_format::fan_out; ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        n.present &= ~bit;
        n.unsaved &= ~bit;
        n.touched &= ~bit;
        n.ids[i] = content_id();
        if (level > 1) n.nodes[i] = {};
      }
      n.is_stale = true;
      if (level == 1 || kept == 0 || !(n.has(kept - 1) || n.nodes[kept - 1])) break;
      n.touched |= std::uint64_t{1} << (kept - 1);
      first += (kept - 1) * each;
      at = &n.nodes[kept - 1];
    }
  }
  for (unsigned level = before; level > after && has_root(); --level) {
    WASM64_CHECK(own(root_, true, level, 0));
    shared<node> top = std::move(root_);
    root_ = std::move(top->nodes[0]);
    root_id_ = top->ids[0];
    is_root_unsaved_ = (top->unsaved & 1) != 0;
  }
  for (unsigned level = before; level < after && has_root(); ++level) {
    shared<node> top(new node);
    top->nodes = std::make_unique<shared<node>[]>(node::fan_out);
    top->present = root_id_ != content_id() ? 1 : 0;
    top->unsaved = is_root_unsaved_ ? 1 : 0;
    top->touched = root_ && root_->is_stale ? 1 : 0;
    top->is_stale = true;
    top->ids[0] = root_id_;
    top->nodes[0] = std::move(root_);
    root_ = std::move(top);
  }
  size_ = size;
  return success();
}

/// Hashes pages below one leaf, those whose bits are set, and remembers the ids that are others now.
WASM64_INLINE result<void> page_tree::take_in(bytes_view bytes, std::uint64_t leaf_index, std::uint64_t pages) {
  using namespace tree_format;
  std::array<bytes_view, fan_out> contents;
  std::array<std::uint8_t, page_size> padded{};
  std::array<content_id, fan_out> ids;
  std::uint64_t zeros = 0;
  std::size_t count = 0;
  for (std::uint64_t rest = pages; rest != 0; rest &= rest - 1) {
    const std::uint64_t page = leaf_index * fan_out + static_cast<unsigned>(std::countr_zero(rest));
    bytes_view from = bytes.subspan(static_cast<std::size_t>(page * page_size));
    from = from.first(std::min<std::size_t>(page_size, from.size()));
    if (detail::is_zero(from.data(), from.size())) {
      zeros |= rest & -rest;
      continue;
    }
    if (from.size() < page_size) {
      std::memcpy(padded.data(), from.data(), from.size());
      from = padded;
    }
    contents[count++] = from;
  }
  if (count == 0 && is_absent(leaf_index * fan_out)) return success();
  WASM64_CHECK(sha256_all({contents.data(), count}, ids));
  WASM64_TRY(node* const leaf, own_leaf(leaf_index));
  std::size_t next = 0;
  bool is_changed = false;
  for (std::uint64_t rest = pages; rest != 0; rest &= rest - 1) {
    const auto child = static_cast<unsigned>(std::countr_zero(rest));
    const std::uint64_t bit = std::uint64_t{1} << child;
    const bool is_zero = (zeros & bit) != 0;
    const content_id id = is_zero ? content_id() : ids[next++];
    if (leaf->ids[child] == id) continue;
    leaf->ids[child] = id;
    leaf->present = is_zero ? leaf->present & ~bit : leaf->present | bit;
    leaf->unsaved = is_zero ? leaf->unsaved & ~bit : leaf->unsaved | bit;
    is_changed = true;
  }
  if (is_changed) mark(leaf_index);
  return success();
}

WASM64_INLINE result<void> page_tree::take_in(bytes_view bytes, std::span<const page_range> changed) {
  using tree_format::fan_out;
  const std::uint64_t end = tree_format::page_count(size_);
  std::uint64_t leaf = 0;
  std::uint64_t pages = 0;  // of the leaf
  for (const page_range& range : changed) {
    for (std::uint64_t page = range.first; page < std::min(range.end(), end); ++page) {
      if (page / fan_out != leaf && pages != 0) WASM64_CHECK(take_in(bytes, leaf, std::exchange(pages, 0)));
      leaf = page / fan_out;
      pages |= std::uint64_t{1} << page % fan_out;
    }
  }
  return pages == 0 ? result<void>(success()) : take_in(bytes, leaf, pages);
}

/// Computes the ids of what has changed, lowest first, and adds what is not in storage. Answers whether anything is
/// left of the node.
WASM64_INLINE result<bool> page_tree::collect(node& n, content_id& id, bool is_unsaved, unsigned level,
                                              std::uint64_t index, bytes_view bytes, object_batch& to) {
  using namespace tree_format;
  for (std::uint64_t rest = level == 1 ? n.unsaved : n.unsaved | n.touched; rest != 0; rest &= rest - 1) {
    const auto child = static_cast<unsigned>(std::countr_zero(rest));
    const std::uint64_t bit = std::uint64_t{1} << child;
    const std::uint64_t child_index = index * fan_out + child;
    if (level == 1) {
      detail::add_page(n.ids[child], bytes, child_index, to);
      continue;
    }
    shared<node>& below = n.nodes[child];
    WASM64_CHECK(own(below, true, level - 1, child_index));
    WASM64_TRY(const bool is_left,
               collect(*below.get(), n.ids[child], (n.unsaved & bit) != 0, level - 1, child_index, bytes, to));
    n.present = is_left ? n.present | bit : n.present & ~bit;
    n.unsaved = is_left ? n.unsaved | bit : n.unsaved & ~bit;
    n.touched &= ~bit;
    if (!is_left) below = {};
  }
  if (!n.is_stale && !is_unsaved) return true;
  if (n.present == 0) {
    id = content_id();
    return false;
  }
  byte_vector stored = detail::encode(n);
  if (n.is_stale) {
    WASM64_TRY(id, sha256(view_of(stored)));
    n.is_stale = false;
  }
  to.add(id, std::move(stored));
  return true;
}

WASM64_INLINE result<tree_root> page_tree::update(bytes_view bytes, std::span<const page_range> changed,
                                                  object_batch& to) {
  if (bytes.size() != size_) WASM64_CHECK(resize(bytes.size()));
  WASM64_CHECK(take_in(bytes, changed));
  if (!root_) return root();
  const bool was_stale = root_->is_stale;
  if (!was_stale && !is_root_unsaved_) return root();
  WASM64_CHECK(own(root_, true, height(), 0));
  WASM64_TRY(const bool is_left, collect(*root_.get(), root_id_, is_root_unsaved_, height(), 0, bytes, to));
  is_root_unsaved_ = is_left;
  if (!is_left) root_ = {};
  return root();
}

WASM64_INLINE result<void> page_tree::list_pages(const node& n, unsigned level, std::uint64_t index, page_range of,
                                                 page_ranges& to) const {
  const std::uint64_t each = tree_format::pages_of_child(level);
  for (std::uint64_t rest = n.present; rest != 0; rest &= rest - 1) {
    const auto child = static_cast<unsigned>(std::countr_zero(rest));
    const std::uint64_t child_index = index * tree_format::fan_out + child;
    if ((child_index + 1) * each <= of.first || child_index * each >= of.end()) continue;
    if (level == 1) {
      add_range(to, {child_index, 1});
      continue;
    }
    shared<node> below = n.nodes[child];
    if (!below) WASM64_CHECK(own(below, true, level - 1, child_index));
    WASM64_CHECK(list_pages(*below.get(), level - 1, child_index, of, to));
  }
  return success();
}

WASM64_INLINE result<page_ranges> page_tree::pages(const page_ranges& of) const {
  page_ranges found;
  shared<node> top = root_;
  if (!top && has_root()) WASM64_CHECK(own(top, true, height(), 0));
  if (!top) return found;
  for (const page_range& range : of) WASM64_CHECK(list_pages(*top.get(), height(), 0, range, found));
  return found;
}

WASM64_INLINE void page_tree::settle() {
  struct settler {
    static void run(shared<node>& at, unsigned level) {
      if (!at->is_unique()) at = shared<node>(new node(*at.get()));
      node& n = *at.get();
      for (std::uint64_t rest = level == 1 ? 0 : n.unsaved; rest != 0; rest &= rest - 1) {
        run(n.nodes[static_cast<unsigned>(std::countr_zero(rest))], level - 1);
      }
      n.unsaved = 0;
    }
  };
  if (is_root_unsaved_ && root_) settler::run(root_, height());
  is_root_unsaved_ = false;
}

}  // namespace wasm64
