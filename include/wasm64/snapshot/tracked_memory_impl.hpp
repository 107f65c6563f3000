#pragma once

#include "wasm64/snapshot/tracked_memory.hpp"

namespace wasm64 {

WASM64_INLINE result<tree_root> tracked_memory::save(object_batch& to) {
  const memory_instance& m = memory();
  WASM64_TRY(tree_root root, tree_.update({m.base, static_cast<std::size_t>(m.size)}, view_of(tracker_.changed()), to));
  // The tree remembers what is not in storage.
  tracker_.settle();
  return root;
}

WASM64_INLINE result<void> tracked_memory::change::page(std::uint64_t index, bytes_view bytes) {
  pages_.push_back(index);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return success();
}

WASM64_INLINE result<void> tracked_memory::change::zeros(page_range pages) {
  append(zeros_, pages);
  return success();
}

WASM64_INLINE auto tracked_memory::prepare(std::uint64_t size, const tree_root& root, any_store& from)
    -> result<change> {
  object_batch none;
  WASM64_CHECK(save(none));  // what has changed since the last time differs, too
  change made;
  made.size_ = size;
  WASM64_TRY(made.tree_, tree_.fetch(size, root, from, made));
  return made;
}

WASM64_INLINE result<void> tracked_memory::apply(change&& made) {
  using tree_format::page_size;
  memory_instance& m = memory();
  const std::uint64_t delta = (made.size_ - m.size) >> m.type.page_size_log2;
  if (m.grow(delta) != memory_instance::grown::yes) return fail(errc::out_of_memory, "memory");
  const std::uint8_t* from = made.bytes_.data();
  for (const std::uint64_t index : made.pages_) {
    const std::uint64_t at = index * page_size;
    std::memcpy(m.base + at, from, static_cast<std::size_t>(std::min(page_size, m.size - at)));
    from += page_size;
  }
  for (const page_range& pages : made.zeros_) {
    const std::uint64_t at = pages.first * page_size;
    std::memset(m.base + at, 0, static_cast<std::size_t>(std::min(pages.count * page_size, m.size - at)));
  }
  tree_ = std::move(made.tree_);
  tracker_.changed();
  tracker_.settle();
  return success();
}

}  // namespace wasm64
