#pragma once

#include "wasm64/host/virtual_files.hpp"
#include "wasm64/host/wasi_context.hpp"

namespace wasm64 {

WASM64_INLINE virtual_files::virtual_files(wasi_context& host, const file_limits& limits)
    : host_(host), limits_(limits), tree_(limits_, host.work) {
  tree_.use(working_directory_);
  open_streams();
}

WASM64_INLINE void virtual_files::open_streams() {
  for (std::uint32_t stream = 0; stream < open_file::no_stream; ++stream) {
    auto file = std::make_shared<open_file>();
    file->stream = stream;
    file->base = stream_rights | rights_of(stream == 0 ? file_right::fd_read : file_right::fd_write);
    install(stream, std::move(file));
  }
}

WASM64_INLINE virtual_files::~virtual_files() = default;

WASM64_INLINE void virtual_files::reset(std::shared_ptr<const file_origin> origin) {
  open_.clear();
  tree_ = file_tree(limits_, host_.work, std::move(origin));
  working_directory_ = file_tree::root;
  tree_.use(working_directory_);
}

WASM64_INLINE void virtual_files::install(std::uint32_t fd, std::shared_ptr<open_file> file) {
  if (fd >= open_.size()) open_.resize(fd + 1);
  if (file != nullptr && file->node != no_file && file.use_count() == 1) tree_.use(file->node);
  drop(open_[fd]);
  open_[fd] = std::move(file);
}

/// The last descriptor of an open file lets go of its node.
WASM64_INLINE void virtual_files::drop(std::shared_ptr<open_file>& file) {
  if (file != nullptr && file.use_count() == 1 && file->node != no_file) tree_.release(file->node);
  file.reset();
}

WASM64_INLINE wasi_errno virtual_files::lowest_free(std::uint32_t least, std::uint32_t& fd) const {
  std::uint32_t free = least;
  while (free < open_.size() && open_[free] != nullptr) ++free;
  if (free >= limits_.descriptors) return wasi_errno::mfile;
  fd = free;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::check_rights(std::uint32_t fd, file_rights rights) const {
  const open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  const file_rights missing = rights & ~file->base;
  if (missing == 0) return wasi_errno::success;
  if (file->node != no_file && tree_.node(file->node).type == file_type::directory &&
      (missing & ~directory_rights) != 0) {
    return wasi_errno::isdir;
  }
  constexpr file_rights transfer =
      rights_of(file_right::fd_read, file_right::fd_write, file_right::fd_allocate, file_right::fd_filestat_set_size);
  return (missing & transfer) != 0 ? wasi_errno::badf : wasi_errno::notcapable;
}

WASM64_INLINE wasi_errno virtual_files::open(const file_path& path, const open_options& how, std::uint32_t& fd) {
  std::uint32_t number = 0;
  file_rights needed = rights_of(file_right::path_open);
  if (how.create) needed |= rights_of(file_right::path_create_file);
  if (how.truncate) needed |= rights_of(file_right::path_filestat_set_size);
  if ((how.flags & ~fd_flags::all) != 0 || (how.create && how.directory)) return wasi_errno::inval;
  target t;
  const file_path wanted{path.directory, path.text, path.follow && !(how.create && how.exclusive), path.confined};
  if (const wasi_errno e = resolve(wanted, needed, t); e != wasi_errno::success) return e;
  if (const open_file* const base = at(path.directory); base != nullptr && path.confined) {
    if (((how.base | how.inheriting) & ~base->inheriting) != 0) return wasi_errno::notcapable;
  }
  if (const wasi_errno e = lowest_free(0, number); e != wasi_errno::success) return e;
  if (t.node == no_file) {
    if (!how.create) return wasi_errno::noent;
    if (t.needs_directory) return wasi_errno::isdir;
    if (const wasi_errno e = add(file_type::regular_file, t, t.node); e != wasi_errno::success) return e;
  } else {
    if (how.create && how.exclusive) return wasi_errno::exist;
    const file_type type = tree_.node(t.node).type;
    if (type == file_type::symbolic_link) return how.directory ? wasi_errno::notdir : wasi_errno::loop;
    const bool is_directory = type == file_type::directory;
    if (how.directory && !is_directory) return wasi_errno::notdir;
    const bool writes = (how.base & rights_of(file_right::fd_write)) != 0;
    if (is_directory && (writes || how.truncate || how.create)) return wasi_errno::isdir;
    if (how.truncate) {
      if (const wasi_errno e = tree_.resize(t.node, 0); e != wasi_errno::success) return e;
      touch_content(t.node);
    }
  }
  const bool is_directory = tree_.node(t.node).type == file_type::directory;
  auto file = std::make_shared<open_file>();
  file->node = t.node;
  file->flags = how.flags;
  // POSIX programs rewind directories; WASI has cookies for that.
  const file_rights rewinding = path.confined ? 0 : rights_of(file_right::fd_seek, file_right::fd_tell);
  file->base = how.base & (is_directory ? directory_rights | rewinding : regular_file_rights);
  file->inheriting = is_directory ? how.inheriting : 0;
  install(number, std::move(file));
  fd = number;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::close(std::uint32_t fd) {
  if (at(fd) == nullptr) return wasi_errno::badf;
  drop(open_[fd]);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::renumber(std::uint32_t from, std::uint32_t to) {
  if (at(from) == nullptr || at(to) == nullptr) return wasi_errno::badf;
  if (from == to) return wasi_errno::success;
  drop(open_[to]);
  open_[to] = std::move(open_[from]);
  open_[from] = nullptr;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::duplicate(std::uint32_t fd, std::uint32_t least, std::uint32_t& made) {
  if (at(fd) == nullptr) return wasi_errno::badf;
  if (least >= limits_.descriptors) return wasi_errno::inval;
  std::uint32_t number = 0;
  if (const wasi_errno e = lowest_free(least, number); e != wasi_errno::success) return e;
  install(number, open_[fd]);
  made = number;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::duplicate_to(std::uint32_t fd, std::uint32_t to) {
  if (at(fd) == nullptr || to >= limits_.descriptors) return wasi_errno::badf;
  if (fd != to) install(to, open_[fd]);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::preopen(std::string_view directory, std::string_view name, std::uint32_t& fd) {
  target t;
  if (const wasi_errno e = resolve({file_path::working_directory, directory}, 0, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  if (tree_.node(t.node).type != file_type::directory) return wasi_errno::notdir;
  std::uint32_t number = 0;
  if (const wasi_errno e = lowest_free(open_file::no_stream, number); e != wasi_errno::success) return e;
  auto file = std::make_shared<open_file>();
  file->node = t.node;
  file->base = directory_rights;
  file->inheriting = all_file_rights;
  file->preopened = name;
  install(number, std::move(file));
  fd = number;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::preopened_name(std::uint32_t fd, std::string_view& name) const {
  const open_file* const file = at(fd);
  if (file == nullptr || file->preopened.empty()) return wasi_errno::badf;
  name = file->preopened;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::status(std::uint32_t fd, fd_stat& answer) const {
  const open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  const bool is_terminal = file->node == no_file || file->terminal;
  answer = {is_terminal ? file_type::character_device : tree_.node(file->node).type, file->flags, file->base,
            file->inheriting};
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::set_flags(std::uint32_t fd, std::uint16_t flags) {
  if (const wasi_errno e = check(fd, file_right::fd_fdstat_set_flags); e != wasi_errno::success) return e;
  if ((flags & ~fd_flags::all) != 0) return wasi_errno::inval;
  at(fd)->flags = flags;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::set_rights(std::uint32_t fd, file_rights base, file_rights inheriting) {
  open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  if ((base & ~file->base) != 0 || (inheriting & ~file->inheriting) != 0) return wasi_errno::notcapable;
  file->base = base;
  file->inheriting = inheriting;
  return wasi_errno::success;
}

WASM64_INLINE std::string virtual_files::path_of(std::uint32_t fd) {
  const open_file* const file = at(fd);
  return file == nullptr || file->node == no_file ? std::string() : tree_.path_of(file->node);
}

}  // namespace wasm64
