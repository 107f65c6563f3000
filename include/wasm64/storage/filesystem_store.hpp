#pragma once

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"
#include "wasm64/storage/packs.hpp"
#include "wasm64/storage/posix_file.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Keeps bytes in files, durably, on a POSIX file system. Any number of threads and processes may share a directory,
/// each with a store of its own: like a container, a store is used by one thread at a time, and a child of `fork` opens
/// one.
///
///   <directory>/packs/<16 hexadecimal digits>.pack   objects, many in a file; see storage/pack_format.hpp
///   <directory>/roots/<name>                         the text of an id
///   <directory>/lock, collector                      held while roots change, while garbage is collected
///
/// A `put_all` is one write and one fsync, and after a crash at any moment all of its objects are there or none. What
/// is there already, undamaged, is not written again. Every read is checked against the id. Each writer appends to a
/// pack of its own, so none waits for another; packs are begun anew at a size, and one that its writer has left is
/// continued by the next. An index in memory, made from the packs' tables alone when the store is opened, takes
/// 60 to 90 bytes an object; a lookup is one read, however many packs there are.
///
/// A root is written under a temporary name, made durable, then renamed, so a crash leaves the old one or the new. In
/// the file name of a root every byte but letters, digits, '_' and '-' is '%' and two digits; a name that would be too
/// long stands under '=' and the id of the name, and in the file.
///
/// `collect_garbage` (storage/garbage.hpp) leaves alone what a store has put, or found there when it put it, until that
/// store has changed a root twice, is closed, or its process ends: roots may take their time to lead there.
class filesystem_store {
 public:
  struct options {
    std::uint64_t max_object_size = std::uint64_t{1} << 34;  ///< bytes; larger objects are not read or written
    std::uint64_t pack_size = std::uint64_t{1} << 27;  ///< bytes; a pack that has as many is not continued
    const codec* compression = nullptr;  ///< for new objects, and to read those made with it
  };

  /// Opens the store in `directory`, which is made if its parent exists.
  static result<filesystem_store> open(std::string_view directory, options with);
  static result<filesystem_store> open(std::string_view directory) { return open(directory, options()); }

  result<shared_bytes> get(const content_id& id);
  result<content_id> put(bytes_view bytes);
  result<vector<content_id>> put_all(std::span<const bytes_view> items);
  result<void> put_known(std::span<const content_id> ids, std::span<const bytes_view> items);
  /// Without reading it, and only for now: to have it kept, put it.
  result<bool> contains(const content_id& id) { return packs_.contains(id); }

  result<void> link(std::string_view name, const content_id& id);
  result<content_id> resolve(std::string_view name) const;
  result<void> unlink(std::string_view name);
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired);
  /// Sorted by name.
  result<vector<std::pair<std::string, content_id>>> roots() const;

  result<vector<content_id>> list() { return packs_.list(); }
  /// The space is returned when garbage is collected.
  result<void> erase(const content_id& id) { return packs_.erase(id); }

  /// For `collect_garbage`. Keeps other collectors away (conflict) until `end_sweep`.
  result<void> begin_sweep();
  /// Makes files of which no more than half the bytes are of objects that `keeps` is true of smaller.
  result<sweep_totals> sweep(bool (*keeps)(const void* context, const content_id& id), const void* context);
  void end_sweep() noexcept;

  /// Reads every object, and answers what is wrong. Nothing is changed.
  result<vector<storage_damage>> verify() { return packs_.verify(); }
  /// Bytes of the files with objects.
  std::uint64_t file_size() const noexcept { return packs_.file_size(); }

 private:
  filesystem_store(detail::posix_file directory, detail::posix_file roots, detail::pack_set packs, options with)
      : directory_(std::move(directory)), roots_(std::move(roots)), packs_(std::move(packs)), options_(with) {}

  /// Held until destroyed. Two threads exclude each other as two processes do.
  result<detail::posix_file> lock(const char* name, int operation) const;
  result<void> write_root(const std::string& file, std::string_view name, const content_id& id);

  detail::posix_file directory_;
  detail::posix_file roots_;
  detail::posix_file collector_;
  detail::pack_set packs_;
  options options_;
};

static_assert(check_storage_policy<filesystem_store>());

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/filesystem_store_impl.hpp"
#endif
