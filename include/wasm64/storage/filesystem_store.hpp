#pragma once

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"
#include "wasm64/storage/posix_file.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Keeps bytes in files, durably, on a POSIX file system. Any number of threads and processes may share a directory.
///
///   <directory>/data/<first byte, 2 hexadecimal digits>/<id, 43 characters>    the bytes
///   <directory>/roots/<name>                                                   the text of an id
///   <directory>/lock                                                           held while roots change
///
/// A file is written under a temporary name, made durable, then renamed, so a crash leaves the old state or the new.
/// What is read is checked against its id. In the file name of a root every byte but letters, digits, '_' and '-' is
/// '%' and two digits; a name that would be too long stands under '=' and the id of the name.
class filesystem_store {
 public:
  struct options {
    std::uint64_t max_object_size = std::uint64_t{1} << 34;  ///< bytes; larger files are not read
  };

  /// Opens the store in `directory`, which is made if its parent exists.
  static result<filesystem_store> open(std::string_view directory, options with);
  static result<filesystem_store> open(std::string_view directory) { return open(directory, options()); }

  result<shared_bytes> get(const content_id& id) const;
  result<content_id> put(bytes_view bytes);
  result<vector<content_id>> put_all(std::span<const bytes_view> items);
  /// Looks for the file, without reading it.
  result<bool> contains(const content_id& id) const;

  result<void> link(std::string_view name, const content_id& id);
  result<content_id> resolve(std::string_view name) const;
  result<void> unlink(std::string_view name);
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired);

  result<vector<content_id>> list() const;
  result<void> erase(const content_id& id);

 private:
  filesystem_store() = default;

  /// Held until destroyed. Two threads exclude each other as two processes do.
  result<detail::posix_file> lock() const;
  result<void> write_root(const std::string& file, const content_id& id);

  detail::posix_file directory_;
  detail::posix_file data_;
  detail::posix_file roots_;
  options options_;
};

static_assert(check_storage_policy<filesystem_store>());

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/filesystem_store_impl.hpp"
#endif
