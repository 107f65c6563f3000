#pragma once

#include <string_view>

#include "wasm64/snapshot/tree_image.hpp"

namespace wasm64 {

/// Images of memories as files, so that a memory is restored at once, whatever its size. Any number of threads and
/// processes of one user may share a directory; everything in it can be made again.
///
///   <directory>/<id of the tree's root>-<size in bytes>    0400, sparse
///
/// What is written comes from a storage that was checked object by object. What is there is trusted, so the directory
/// and the files must belong to the process's user and be closed to all others; whoever can write there decides on the
/// contents of memories. A file gets its name when all of it is on the disk: a crash leaves whole images, and perhaps
/// files whose names begin with a dot, which `trim` removes.
class image_directory {
 public:
  /// The directory is made if its parent exists. Fails with `storage_io`, also when others have access to it.
  static result<image_directory> open(std::string_view directory);

  /// The image of a stored tree; null when there is none, or only one that cannot be trusted.
  result<std::shared_ptr<const tree_image>> find(std::uint64_t size, const tree_root& root) const;
  /// The image of a stored tree, which is made if there is none. Fails as `page_tree::fetch` does, and with
  /// `storage_io`.
  result<std::shared_ptr<const tree_image>> get(std::uint64_t size, const tree_root& root, any_store& from);

  /// Removes the images that were not used for longest, until the others take at most that much of the disk, and what
  /// interrupted writers have left for an hour. Memories keep what they are mapped from.
  result<void> trim(std::uint64_t bytes);

 private:
  image_directory() = default;

  result<void> make(const std::string& name, std::uint64_t size, const tree_root& root, any_store& from);

  detail::posix_file directory_;
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/snapshot/image_directory_impl.hpp"
#endif
