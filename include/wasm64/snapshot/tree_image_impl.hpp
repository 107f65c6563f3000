#pragma once

#include "wasm64/snapshot/image_format.hpp"
#include "wasm64/snapshot/tree_image.hpp"

namespace wasm64 {

namespace detail {

/// Reads from a place in an image, which does not end before.
WASM64_INLINE result<void> read_all(int file, std::uint64_t at, std::span<std::uint8_t> to) {
  WASM64_TRY(const std::size_t size, read_at(file, at, to, "image"));
  if (size != to.size()) return fail(errc::storage_io, "an image was cut");
  return success();
}

}  // namespace detail

/// Writes what is fetched to where it stands in an image.
class tree_image::writer : public page_sink {
 public:
  writer(int file, std::uint64_t size) noexcept : file_(file), size_(size) {}

  result<void> page(std::uint64_t index, bytes_view bytes) override {
    constexpr std::size_t most = std::size_t{256} << 10;
    if (index != next_ || gathered_.size() >= most) WASM64_CHECK(flush());
    if (gathered_.empty()) begin_ = index;
    gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
    next_ = index + 1;
    return success();
  }
  result<void> zeros(page_range) override { return success(); }
  result<void> node(unsigned level, std::uint64_t index,
                    std::span<const content_id, tree_format::fan_out> ids) override {
    using namespace image_format;
    return write(nodes_at(size_, level) + index * node_size, std::as_bytes(ids));
  }
  result<void> flush() {
    WASM64_CHECK(write(begin_ * tree_format::page_size, std::as_bytes(std::span(gathered_.data(), gathered_.size()))));
    gathered_.clear();
    return success();
  }

 private:
  result<void> write(std::uint64_t at, std::span<const std::byte> bytes) const {
    const bytes_view view(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return detail::write_at(file_, at, {&view, 1}, "image");
  }

  int file_;
  std::uint64_t size_;
  std::uint64_t begin_ = 0;
  std::uint64_t next_ = 0;
  byte_vector gathered_;  ///< neighbouring pages
};

/// Finds nodes in the file of an image.
class tree_image::stored_nodes : public page_tree::node_source {
 public:
  stored_nodes(std::shared_ptr<const detail::posix_file> file, std::uint64_t size) noexcept
      : file_(std::move(file)), size_(size) {}

  result<void> load(unsigned level, std::uint64_t index,
                    std::span<content_id, tree_format::fan_out> ids) const override {
    using namespace image_format;
    const std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(ids.data()), node_size);
    return detail::read_all(file_->get(), nodes_at(size_, level) + index * node_size, bytes);
  }

 private:
  std::shared_ptr<const detail::posix_file> file_;
  std::uint64_t size_;
};

/// Fills a new file, except for its trailer.
WASM64_INLINE result<page_tree> tree_image::write(int file, std::uint64_t size, const tree_root& root,
                                                  any_store& from) {
  if (size > image_format::max_size) return fail(errc::limit_exceeded, "size of an image");
  if (!detail::set_file_size(file, image_format::trailer_at(size))) return fail(detail::io_error("ftruncate", "image"));
  writer to(file, size);
  WASM64_TRY(page_tree tree, page_tree().fetch(size, root, from, to));
  WASM64_CHECK(to.flush());
  return tree;
}

WASM64_INLINE result<std::shared_ptr<const tree_image>> tree_image::fetch(std::uint64_t size, const tree_root& root,
                                                                          any_store& from) {
  auto file = std::make_shared<detail::posix_file>(detail::unnamed_file());
  if (!file->is_open()) return fail(detail::io_error("memfd_create", "image"));
  WASM64_TRY(page_tree tree, write(file->get(), size, root, from));
  return std::shared_ptr<const tree_image>(new tree_image(std::move(file), std::move(tree)));
}

WASM64_INLINE result<std::shared_ptr<const tree_image>> tree_image::copy(const memory_instance& of, page_tree tree,
                                                                         std::shared_ptr<const tree_image> below,
                                                                         const page_ranges& changed) {
  auto file = std::make_shared<detail::posix_file>(detail::unnamed_file());
  if (!file->is_open() || !detail::set_file_size(file->get(), image_format::pages_end(of.size))) {
    return fail(detail::io_error("memfd_create", "image"));
  }
  const std::uint64_t end = detail::whole_host_pages(of.size) / 4096;
  page_ranges runs{page_range{0, end}};
  page_ranges content;
  if (below != nullptr) {
    // What the memory has grown by is a run, too; untouched pages are holes.
    const std::uint64_t before = std::min(end, detail::whole_host_pages(below->size()) / 4096);
    const page_ranges different = joined(changed, {page_range{before, end - before}});
    // Each run is a mapping, so few are best, and unchanged pages between them are copied. Where these are many, all
    // pages make an image to stand for itself, unless they are too many for that.
    constexpr std::uint64_t few_pages = 8192;
    const std::uint64_t worth = 4 * page_count(changed) + 512;
    runs = with_few(different, 32);
    WASM64_TRY(content, tree.pages(runs));
    if (page_count(content) > worth && page_count(content) > few_pages) {
      runs = with_few(different, 512);
      WASM64_TRY(content, tree.pages(runs));
    }
    if (page_count(content) > std::min(worth, end / 4)) below = nullptr;
  }
  if (below == nullptr) {
    WASM64_TRY(content, tree.pages({page_range{0, end}}));
  }
  for (const page_range& range : content) {
    const std::uint64_t at = range.first * 4096;
    const bytes_view bytes(of.base + at, static_cast<std::size_t>(std::min(range.count * 4096, of.size - at)));
    WASM64_CHECK(detail::write_at(file->get(), at, {&bytes, 1}, "image"));
  }
  std::shared_ptr<tree_image> made(new tree_image(std::move(file), std::move(tree)));
  if (below != nullptr) {
    made->runs_ = std::move(runs);
    made->below_ = std::move(below);
  }
  return std::shared_ptr<const tree_image>(std::move(made));
}

/// Maps pages of this file, or reads them where they cannot be mapped.
WASM64_INLINE result<void> tree_image::put_pages(memory_instance& memory, const page_ranges& pages) const {
  for (const page_range& range : pages) {
    if (memory.is_mapped() && detail::map_pages(memory.base, range, file_->get())) continue;
    const std::uint64_t at = range.first * 4096;
    const std::uint64_t size = std::min(range.count * 4096, memory.size - at);
    WASM64_CHECK(detail::read_all(file_->get(), at, {memory.base + at, static_cast<std::size_t>(size)}));
  }
  return success();
}

WASM64_INLINE result<void> tree_image::put_into(memory_instance& memory) const {
  memory.has_file_pages = memory.is_mapped();
  if (below_ != nullptr) {
    WASM64_CHECK(below_->put_into(memory));
    return put_pages(memory, runs_);
  }
  const std::uint64_t pages = detail::whole_host_pages(size()) / 4096;
  return pages == 0 ? result<void>(success()) : put_pages(memory, {page_range{0, pages}});
}

}  // namespace wasm64
