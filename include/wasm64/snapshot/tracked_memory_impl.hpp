#pragma once

#include "wasm64/snapshot/tracked_memory.hpp"

namespace wasm64 {

WASM64_INLINE result<tree_root> tracked_memory::save(object_batch& to) {
  const memory_instance& m = memory();
  const page_ranges& changed = tracker_.changed();
  WASM64_TRY(tree_root root, tree_.update({m.base, static_cast<std::size_t>(m.size)}, view_of(changed), to));
  if (origin_ != nullptr) changed_ = joined(changed_, changed);
  // The tree remembers what is not in storage.
  tracker_.settle();
  return root;
}

WASM64_INLINE result<void> tracked_memory::grow_to(std::uint64_t size) {
  memory_instance& m = memory();
  const std::uint64_t delta = (size - m.size) >> m.type.page_size_log2;
  if (m.grow(delta) != memory_instance::grown::yes) return fail(errc::out_of_memory, "memory");
  return success();
}

WASM64_INLINE result<void> tracked_memory::put(const std::shared_ptr<const tree_image>& image) {
  WASM64_CHECK(grow_to(image->size()));
  WASM64_CHECK(image->put_into(memory()));
  tree_ = image->tree();
  origin_ = image->origin() != nullptr ? image->origin() : image;
  changed_ = image->changes();
  latest_ = image;
  tracker_.settle_mapped(image->size());
  return success();
}

WASM64_INLINE result<std::shared_ptr<const tree_image>> tracked_memory::image() {
  object_batch none;
  WASM64_TRY(const tree_root root, save(none));
  if (latest_ != nullptr && latest_->size() == memory().size && latest_->root() == root) return latest_;
  WASM64_TRY(latest_, tree_image::copy(memory(), tree_, origin_, changed_));
  if (latest_->origin() == nullptr) {
    origin_ = latest_;
    changed_.clear();
  }
  return latest_;
}

WASM64_INLINE result<void> tracked_memory::change::page(std::uint64_t index, bytes_view bytes) {
  pages_.push_back(index);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return success();
}

WASM64_INLINE result<void> tracked_memory::change::zeros(page_range pages) {
  add_range(zeros_, pages);
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
  WASM64_CHECK(grow_to(made.size_));
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
  const page_ranges& changed = tracker_.changed();
  if (origin_ != nullptr) changed_ = joined(changed_, changed);
  tracker_.settle();
  return success();
}

}  // namespace wasm64
