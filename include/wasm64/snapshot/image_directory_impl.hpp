#pragma once

#include <algorithm>
#include <ctime>

#include "wasm64/snapshot/image_directory.hpp"
#include "wasm64/snapshot/image_format.hpp"

namespace wasm64 {

namespace detail {

inline std::string image_name(std::uint64_t size, const content_id& root) {
  return to_text(root) + "-" + std::to_string(size);
}

/// Whether nobody else can read or write it.
inline bool is_private(const struct stat& about) noexcept {
  return about.st_uid == ::geteuid() && (about.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/// The bytes of a trailer, which has no gaps.
inline bytes_view bytes_of(const image_format::trailer& t) noexcept {
  static_assert(sizeof(image_format::trailer) == 48);
  return {reinterpret_cast<const std::uint8_t*>(&t), sizeof t};
}

}  // namespace detail

WASM64_INLINE result<image_directory> image_directory::open(std::string_view directory) {
  const std::string name(directory);
  if (name.empty() || name.find('\0') != std::string::npos) return fail(errc::storage_io, "directory name");
  if (::mkdir(name.c_str(), S_IRWXU) != 0 && errno != EEXIST) return fail(detail::io_error("mkdir", name));
  image_directory opened;
  opened.directory_ = detail::posix_file(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat about{};
  if (!opened.directory_.is_open()) return fail(detail::io_error("open", name));
  if (::fstat(opened.directory_.get(), &about) != 0) return fail(detail::io_error("stat", name));
  if (!detail::is_private(about)) return fail(errc::storage_io, name + " is open to other users");
  return opened;
}

WASM64_INLINE result<std::shared_ptr<const tree_image>> image_directory::find(std::uint64_t size,
                                                                              const tree_root& root) const {
  std::shared_ptr<const tree_image> none;
  if (!root.has_value() || size > image_format::max_size) return none;
  const std::string name = detail::image_name(size, *root);
  // O_NONBLOCK: opening a pipe that somebody put there must not wait.
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  auto file = std::make_shared<detail::posix_file>(::openat(directory_.get(), name.c_str(), flags));
  if (!file->is_open() && errno == ENOENT) return none;
  if (!file->is_open()) return fail(detail::io_error("open", name));
  struct stat about{};
  if (::fstat(file->get(), &about) != 0) return fail(detail::io_error("stat", name));
  const image_format::trailer expected{.size = size, .root = *root};
  std::array<std::uint8_t, sizeof expected> found{};
  const std::uint64_t at = image_format::trailer_at(size);
  const bool is_image = S_ISREG(about.st_mode) && detail::is_private(about) &&
                        static_cast<std::uint64_t>(about.st_size) == at + sizeof expected &&
                        detail::read_all(file->get(), at, found).has_value() &&
                        std::memcmp(found.data(), &expected, sizeof expected) == 0;
  if (!is_image) return none;
  ::futimens(file->get(), nullptr);  // for `trim`
  auto nodes = std::make_shared<tree_image::stored_nodes>(file, size);
  return std::shared_ptr<const tree_image>(new tree_image(std::move(file), page_tree(size, root, std::move(nodes))));
}

WASM64_INLINE result<std::shared_ptr<const tree_image>> image_directory::get(std::uint64_t size, const tree_root& root,
                                                                             any_store& from) {
  if (!root.has_value()) return tree_image::fetch(size, root, from);
  WASM64_TRY(std::shared_ptr<const tree_image> found, find(size, root));
  if (found != nullptr) return found;
  const std::string name = detail::image_name(size, *root);
  WASM64_CHECK(make(name, size, root, from));
  WASM64_TRY(found, find(size, root));
  if (found == nullptr) return fail(errc::storage_io, name + " cannot be trusted");
  return found;
}

WASM64_INLINE result<void> image_directory::make(const std::string& name, std::uint64_t size, const tree_root& root,
                                                 any_store& from) {
  WASM64_TRY(detail::new_file file, detail::new_file::create(directory_.get(), S_IRUSR));
  WASM64_CHECK(tree_image::write(file.get(), size, root, from));
  const image_format::trailer t{.size = size, .root = *root};
  const bytes_view bytes = detail::bytes_of(t);
  WASM64_CHECK(detail::write_at(file.get(), image_format::trailer_at(size), {&bytes, 1}, name));
  return file.publish(name);
}

WASM64_INLINE result<void> image_directory::trim(std::uint64_t bytes) {
  struct file {
    std::string name;
    std::uint64_t size;  ///< on the disk
    timespec used;
  };
  vector<file> files;
  constexpr time_t hour = 3600;
  const time_t now = ::time(nullptr);
  WASM64_TRY(const vector<std::string> names, detail::names_in(directory_.get(), "images"));
  for (const std::string& name : names) {
    struct stat about{};
    const bool is_file =
        ::fstatat(directory_.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode);
    if (!is_file) continue;
    if (name.starts_with(detail::new_file::prefix)) {
      if (now - about.st_mtim.tv_sec > hour) ::unlinkat(directory_.get(), name.c_str(), 0);
    } else {
      files.push_back({name, static_cast<std::uint64_t>(about.st_blocks) * 512, about.st_mtim});
    }
  }
  std::sort(files.begin(), files.end(), [](const file& a, const file& b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec > b.used.tv_sec : a.used.tv_nsec > b.used.tv_nsec;
  });
  std::uint64_t kept = 0;
  for (const file& f : files) {
    kept += f.size;
    if (kept <= bytes) continue;
    if (::unlinkat(directory_.get(), f.name.c_str(), 0) != 0 && errno != ENOENT) {
      return fail(detail::io_error("unlink", f.name));
    }
    kept -= f.size;
  }
  return success();
}

}  // namespace wasm64
