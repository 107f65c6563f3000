#pragma once

#include <dirent.h>

#include "wasm64/storage/filesystem_store.hpp"

namespace wasm64 {

namespace detail {

inline constexpr char hex_digits[] = "0123456789abcdef";

/// The directory of an id within data/.
inline std::string shard_name(std::uint8_t first) { return {hex_digits[first >> 4], hex_digits[first & 15]}; }
inline std::string data_name(const content_id& id) { return shard_name(id.bytes[0]) + "/" + to_text(id); }

/// The file of a root: safe for any bytes and any length.
WASM64_INLINE result<std::string> root_file_name(std::string_view name) {
  constexpr std::size_t longest = 200;
  if (name.empty()) return fail(errc::malformed_id, "empty root name");
  std::string file;
  for (const char c : name) {
    if (file.size() > longest) break;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-') {
      file.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      file.append({'%', hex_digits[byte >> 4], hex_digits[byte & 15]});
    }
  }
  if (file.size() <= longest) return file;
  WASM64_TRY(const content_id id, sha256(as_bytes(name)));
  return "=" + to_text(id);
}

}  // namespace detail

WASM64_INLINE result<filesystem_store> filesystem_store::open(std::string_view directory, options with) {
  if (directory.empty() || directory.find('\0') != std::string_view::npos)
    return fail(errc::storage_io, "directory name");
  filesystem_store store;
  store.options_ = with;
  WASM64_TRY(store.directory_, detail::open_directory(AT_FDCWD, std::string(directory)));
  WASM64_TRY(store.data_, detail::open_directory(store.directory_.get(), "data"));
  WASM64_TRY(store.roots_, detail::open_directory(store.directory_.get(), "roots"));
  return store;
}

WASM64_INLINE result<shared_bytes> filesystem_store::get(const content_id& id) const {
  WASM64_TRY(byte_vector bytes, detail::read_file(data_.get(), detail::data_name(id), options_.max_object_size));
  WASM64_TRY(const content_id found, sha256({bytes.data(), bytes.size()}));
  if (found != id) return fail(errc::hash_mismatch, to_text(id));
  return shared_bytes(std::move(bytes));
}

WASM64_INLINE result<content_id> filesystem_store::put(bytes_view bytes) {
  WASM64_TRY(const auto ids, put_all({&bytes, 1}));
  return ids.front();
}

WASM64_INLINE result<vector<content_id>> filesystem_store::put_all(std::span<const bytes_view> items) {
  vector<content_id> ids;
  ids.reserve(items.size());
  detail::posix_file shards[256];
  for (const bytes_view bytes : items) {
    if (bytes.size() > options_.max_object_size) return fail(errc::limit_exceeded, "object size");
    WASM64_TRY(const content_id id, sha256(bytes));
    detail::posix_file& shard = shards[id.bytes[0]];
    if (!shard.is_open()) {
      WASM64_TRY(shard, detail::open_directory(data_.get(), detail::shard_name(id.bytes[0])));
    }
    // What is there is read, so that a damaged file is replaced rather than trusted.
    if (!get(id).has_value()) WASM64_CHECK(detail::write_file(shard.get(), to_text(id), bytes));
    ids.push_back(id);
  }
  for (const detail::posix_file& shard : shards) {
    if (shard.is_open()) WASM64_CHECK(detail::sync(shard.get(), "data"));
  }
  return ids;
}

WASM64_INLINE result<bool> filesystem_store::contains(const content_id& id) const {
  const std::string name = detail::data_name(id);
  struct stat about{};
  if (::fstatat(data_.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0) return S_ISREG(about.st_mode);
  if (errno == ENOENT) return false;
  return fail(detail::io_error("stat", name));
}

WASM64_INLINE result<void> filesystem_store::erase(const content_id& id) {
  const std::string name = detail::data_name(id);
  if (::unlinkat(data_.get(), name.c_str(), 0) == 0 || errno == ENOENT) return success();
  return fail(detail::io_error("unlink", name));
}

WASM64_INLINE result<detail::posix_file> filesystem_store::lock() const {
  detail::posix_file file(::openat(directory_.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file.is_open()) return fail(detail::io_error("open", "lock"));
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail(detail::io_error("flock", "lock"));
  }
  return file;
}

WASM64_INLINE result<void> filesystem_store::write_root(const std::string& file, const content_id& id) {
  WASM64_CHECK(detail::write_file(roots_.get(), file, as_bytes(to_text(id))));
  return detail::sync(roots_.get(), file);
}

WASM64_INLINE result<void> filesystem_store::link(std::string_view name, const content_id& id) {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const detail::posix_file held, lock());
  return write_root(file, id);
}

WASM64_INLINE result<content_id> filesystem_store::resolve(std::string_view name) const {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const byte_vector text, detail::read_file(roots_.get(), file, content_id::text_size));
  if (text.size() != content_id::text_size) return fail(errc::malformed_id, file);
  return parse_id(bytes_view(text.data(), text.size()));
}

WASM64_INLINE result<void> filesystem_store::unlink(std::string_view name) {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const detail::posix_file held, lock());
  if (::unlinkat(roots_.get(), file.c_str(), 0) != 0 && errno != ENOENT) return fail(detail::io_error("unlink", file));
  return detail::sync(roots_.get(), file);
}

WASM64_INLINE result<void> filesystem_store::compare_and_swap(std::string_view name, const content_id* expected,
                                                              const content_id& desired) {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const detail::posix_file held, lock());
  const result<content_id> now = resolve(name);
  if (!now.has_value() && now.assume_error().code != errc::not_found) return fail(now.assume_error());
  const bool holds = now.has_value() ? expected != nullptr && now.assume_value() == *expected : expected == nullptr;
  if (!holds) return fail(errc::conflict, std::string(name.substr(0, 256)));
  return write_root(file, desired);
}

WASM64_INLINE result<vector<content_id>> filesystem_store::list() const {
  vector<content_id> ids;
  for (unsigned first = 0; first < 256; ++first) {
    const std::string shard = detail::shard_name(static_cast<std::uint8_t>(first));
    const int descriptor = ::openat(data_.get(), shard.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT) continue;
    if (descriptor < 0) return fail(detail::io_error("open", shard));
    DIR* entries = ::fdopendir(descriptor);
    if (entries == nullptr) {
      ::close(descriptor);
      return fail(errc::storage_io, shard);
    }
    while (const dirent* entry = ::readdir(entries)) {
      const std::string_view name = entry->d_name;
      if (name.size() != content_id::text_size) continue;
      const result<content_id> id = parse_id(name);
      if (id.has_value() && id.assume_value().bytes[0] == first) ids.push_back(id.assume_value());
    }
    ::closedir(entries);
  }
  return ids;
}

}  // namespace wasm64
