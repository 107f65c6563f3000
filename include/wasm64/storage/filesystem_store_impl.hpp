#pragma once

#include <algorithm>

#include "wasm64/storage/filesystem_store.hpp"

namespace wasm64 {

namespace detail {

inline constexpr char hex_digits[] = "0123456789abcdef";
inline constexpr std::size_t max_root_name = std::size_t{1} << 20;

/// The file of a root: safe for any bytes and any length.
WASM64_INLINE result<std::string> root_file_name(std::string_view name) {
  constexpr std::size_t longest = 200;
  if (name.empty()) return fail(errc::malformed_id, "empty root name");
  if (name.size() > max_root_name) return fail(errc::limit_exceeded, "root name");
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

/// The name behind a root's file that is not a long one's; empty if there is none.
WASM64_INLINE std::string root_name(std::string_view file) {
  std::string name;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (file[i] != '%') {
      name.push_back(file[i]);
      continue;
    }
    const std::size_t high = i + 2 < file.size() ? std::string_view(hex_digits).find(file[i + 1]) : 16;
    const std::size_t low = i + 2 < file.size() ? std::string_view(hex_digits).find(file[i + 2]) : 16;
    if (high > 15 || low > 15) return {};
    name.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  const result<std::string> again = name.empty() ? std::string() : root_file_name(name);
  return again.has_value() && again.assume_value() == file ? name : std::string();
}

}  // namespace detail

WASM64_INLINE result<filesystem_store> filesystem_store::open(std::string_view directory, options with) {
  if (directory.empty() || directory.find('\0') != std::string_view::npos)
    return fail(errc::storage_io, "directory name");
  WASM64_TRY(detail::posix_file top, detail::open_directory(AT_FDCWD, std::string(directory)));
  WASM64_TRY(detail::posix_file roots, detail::open_directory(top.get(), "roots"));
  WASM64_TRY(detail::posix_file inside, detail::open_directory(top.get(), "packs"));
  WASM64_CHECK(detail::sync(top.get(), directory));  // another process may have made them just now
  WASM64_TRY(detail::pack_set packs,
             detail::pack_set::open(std::move(inside), {with.max_object_size, with.pack_size, with.compression}));
  return filesystem_store(std::move(top), std::move(roots), std::move(packs), with);
}

WASM64_INLINE result<shared_bytes> filesystem_store::get(const content_id& id) {
  WASM64_TRY(byte_vector bytes, packs_.get(id));
  return shared_bytes(std::move(bytes));
}

WASM64_INLINE result<content_id> filesystem_store::put(bytes_view bytes) {
  WASM64_TRY(const auto ids, put_all({&bytes, 1}));
  return ids.front();
}

WASM64_INLINE result<vector<content_id>> filesystem_store::put_all(std::span<const bytes_view> items) {
  vector<content_id> ids(items.size());
  WASM64_CHECK(sha256_all(items, {ids.data(), ids.size()}));
  WASM64_CHECK(put_known(view_of(ids), items));
  return ids;
}

WASM64_INLINE result<void> filesystem_store::put_known(std::span<const content_id> ids,
                                                       std::span<const bytes_view> items) {
  for (const bytes_view bytes : items) {
    if (bytes.size() > options_.max_object_size) return fail(errc::limit_exceeded, "object size");
  }
  return packs_.put(ids, items);
}

WASM64_INLINE result<detail::posix_file> filesystem_store::lock(const char* name, int operation) const {
  constexpr int flags = O_NOFOLLOW | O_CLOEXEC;
  detail::posix_file file(::openat(directory_.get(), name, O_RDWR | O_CREAT | flags, 0666));
  if (!file.is_open() && operation == LOCK_SH && (errno == EACCES || errno == EROFS || errno == EPERM)) {
    file = detail::posix_file(::openat(directory_.get(), name, O_RDONLY | flags));
    if (!file.is_open() && errno == ENOENT) return file;  // nothing has ever changed here
  }
  if (!file.is_open()) return fail(detail::io_error("open", name));
  while (::flock(file.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return fail(errc::conflict, name);
    if (errno != EINTR) return fail(detail::io_error("flock", name));
  }
  return file;
}

WASM64_INLINE result<void> filesystem_store::write_root(const std::string& file, std::string_view name,
                                                        const content_id& id) {
  std::string text = to_text(id);
  if (file.front() == '=') text.append("\n").append(name);
  WASM64_CHECK(detail::write_file(roots_.get(), file, as_bytes(text)));
  WASM64_CHECK(detail::sync(roots_.get(), file));
  packs_.root_changed();
  return success();
}

WASM64_INLINE result<void> filesystem_store::link(std::string_view name, const content_id& id) {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const detail::posix_file held, lock("lock", LOCK_EX));
  return write_root(file, name, id);
}

WASM64_INLINE result<content_id> filesystem_store::resolve(std::string_view name) const {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  const std::size_t size = content_id::text_size + (file.front() == '=' ? 1 + name.size() : 0);
  WASM64_TRY(const byte_vector text, detail::read_file(roots_.get(), file, size));
  if (text.size() != size) return fail(errc::malformed_id, file);
  return parse_id(bytes_view(text.data(), content_id::text_size));
}

WASM64_INLINE result<void> filesystem_store::unlink(std::string_view name) {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const detail::posix_file held, lock("lock", LOCK_EX));
  if (::unlinkat(roots_.get(), file.c_str(), 0) != 0 && errno != ENOENT) return fail(detail::io_error("unlink", file));
  return detail::sync(roots_.get(), file);
}

WASM64_INLINE result<void> filesystem_store::compare_and_swap(std::string_view name, const content_id* expected,
                                                              const content_id& desired) {
  WASM64_TRY(const std::string file, detail::root_file_name(name));
  WASM64_TRY(const detail::posix_file held, lock("lock", LOCK_EX));
  const result<content_id> now = resolve(name);
  if (!now.has_value() && now.assume_error().code != errc::not_found) return fail(now.assume_error());
  const bool holds = now.has_value() ? expected != nullptr && now.assume_value() == *expected : expected == nullptr;
  if (!holds) return fail(errc::conflict, std::string(name.substr(0, 256)));
  return write_root(file, name, desired);
}

WASM64_INLINE result<vector<std::pair<std::string, content_id>>> filesystem_store::roots() const {
  // While a name is replaced a listing may lack it.
  WASM64_TRY(const detail::posix_file held, lock("lock", LOCK_SH));
  WASM64_TRY(const vector<std::string> files, detail::names_in(roots_.get(), "roots"));
  vector<std::pair<std::string, content_id>> all;
  for (const std::string& file : files) {
    std::string name;
    if (file.front() == '=') {
      constexpr std::size_t before = content_id::text_size + 1;
      const auto text = detail::read_file(roots_.get(), file, before + detail::max_root_name);
      if (!text.has_value() && text.assume_error().code == errc::not_found) continue;
      WASM64_CHECK(text);
      if (text.assume_value().size() > before) {
        name = as_text({text.assume_value().data(), text.assume_value().size()}).substr(before);
      }
      const result<std::string> again = detail::root_file_name(name);
      if (!again.has_value() || again.assume_value() != file) return fail(errc::malformed_id, file);
    } else if (name = detail::root_name(file); name.empty()) {
      continue;  // a temporary name, or nothing of ours
    }
    const result<content_id> id = resolve(name);
    if (!id.has_value() && id.assume_error().code == errc::not_found) continue;
    WASM64_CHECK(id);
    all.emplace_back(std::move(name), id.assume_value());
  }
  std::sort(all.begin(), all.end());
  return all;
}

WASM64_INLINE result<void> filesystem_store::begin_sweep() {
  WASM64_TRY(collector_, lock("collector", LOCK_EX | LOCK_NB));
  result<void> begun = packs_.begin_sweep();
  if (!begun.has_value()) end_sweep();
  return begun;
}

WASM64_INLINE result<sweep_totals> filesystem_store::sweep(bool (*keeps)(const void* context, const content_id& id),
                                                           const void* context) {
  constexpr unsigned live_percent = 50;
  return packs_.sweep(keeps, context, live_percent);
}

WASM64_INLINE void filesystem_store::end_sweep() noexcept {
  packs_.end_sweep();
  collector_ = detail::posix_file();
}

}  // namespace wasm64
