#pragma once

#include <memory>

#include "wasm64/runtime/memory.hpp"
#include "wasm64/snapshot/page_file.hpp"
#include "wasm64/snapshot/tree.hpp"

namespace wasm64 {

/// The content of a memory in a file that never changes, so that memories can be made of it by mapping: no page is read
/// before the program does, and what it writes are copies of its own. Shared by any number of memories and threads.
///
///   file = page* node_ids* trailer       holes where everything is zero
///
/// Behind the pages stand the ids of the tree (64 a node, lowest level first), so that a memory that was made of an
/// image can be saved without reading what it did not touch. An image in memory may be one of changed pages over
/// another.
class tree_image {
 public:
  /// Of a stored tree, in memory; every object is checked. Fails as `page_tree::fetch` does, and with `storage_io`
  /// where the host has no such files.
  static result<std::shared_ptr<const tree_image>> fetch(std::uint64_t size, const tree_root& root, any_store& from);
  /// Of a memory, whose tree is given, and which differs in these pages from an image in one file, if there is one;
  /// that is shared unless most is different.
  static result<std::shared_ptr<const tree_image>> copy(const memory_instance& of, page_tree tree,
                                                        std::shared_ptr<const tree_image> below,
                                                        const page_ranges& changed);

  std::uint64_t size() const noexcept { return tree_.size(); }
  tree_root root() const { return tree_.root(); }
  /// Of which nothing was read yet when the image is a file.
  const page_tree& tree() const noexcept { return tree_; }

  /// The image below, and the pages that may differ from it; null where there is none.
  const std::shared_ptr<const tree_image>& origin() const noexcept { return below_; }
  const page_ranges& changes() const noexcept { return runs_; }

  /// Puts the content in place of that of a memory of the same size. Where it cannot be mapped it is copied.
  /// Fails with `storage_io`; then some of it may be there.
  result<void> put_into(memory_instance& memory) const;

 private:
  friend class image_directory;
  class writer;
  class stored_nodes;

  tree_image(std::shared_ptr<const detail::posix_file> file, page_tree tree)
      : file_(std::move(file)), tree_(std::move(tree)) {}

  static result<page_tree> write(int file, std::uint64_t size, const tree_root& root, any_store& from);
  result<void> put_pages(memory_instance& memory, const page_ranges& pages) const;

  std::shared_ptr<const detail::posix_file> file_;
  page_tree tree_;
  page_ranges runs_;  ///< what this file has, where there is one below
  std::shared_ptr<const tree_image> below_;  ///< has none below itself
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/tree_image_impl.hpp"
#endif
