#pragma once

#include "wasm64/host/virtual_files.hpp"
#include "wasm64/host/wasi_context.hpp"

namespace wasm64 {

/// A regular file, or what presents itself as a terminal, with those rights.
WASM64_INLINE wasi_errno virtual_files::check_regular(std::uint32_t fd, file_rights rights) const {
  if (const wasi_errno e = check_rights(fd, rights); e != wasi_errno::success) return e;
  const open_file& file = *at(fd);
  if (file.node == no_file || file.terminal) return wasi_errno::spipe;
  return tree_.node(file.node).type == file_type::directory ? wasi_errno::isdir : wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::read(std::uint32_t fd, std::span<std::uint8_t> into, std::size_t& count) {
  if (const wasi_errno e = check(fd, file_right::fd_read); e != wasi_errno::success) return e;
  open_file& file = *at(fd);
  if (file.node == no_file) {
    count = host_.read(into);
    return wasi_errno::success;
  }
  count = tree_.node(file.node).content.read(file.offset, into);
  file.offset += count;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::write(std::uint32_t fd, bytes_view bytes, std::size_t& count) {
  if (const wasi_errno e = check(fd, file_right::fd_write); e != wasi_errno::success) return e;
  open_file& file = *at(fd);
  if (file.node == no_file) {
    if (const wasi_errno e = host_.write(file.stream, bytes); e != wasi_errno::success) return e;
  } else {
    const bool appends = (file.flags & fd_flags::append) != 0;
    const std::uint64_t size = tree_.node(file.node).content.size();
    // Somebody may have taken what a terminal showed before.
    const std::uint64_t position = appends || (file.terminal && file.offset > size) ? size : file.offset;
    if (const wasi_errno e = tree_.write(file.node, position, bytes, !file.terminal); e != wasi_errno::success) {
      return e;
    }
    if (!bytes.empty()) touch_content(file.node);
    file.offset = position + bytes.size();
  }
  count = bytes.size();
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::read_at(std::uint32_t fd, std::uint64_t position, std::span<std::uint8_t> into,
                                                std::size_t& count) {
  constexpr file_rights needed = rights_of(file_right::fd_read, file_right::fd_seek);
  if (const wasi_errno e = check_regular(fd, needed); e != wasi_errno::success) return e;
  count = tree_.node(at(fd)->node).content.read(position, into);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::write_at(std::uint32_t fd, std::uint64_t position, bytes_view bytes,
                                                 std::size_t& count) {
  constexpr file_rights needed = rights_of(file_right::fd_write, file_right::fd_seek);
  if (const wasi_errno e = check_regular(fd, needed); e != wasi_errno::success) return e;
  const file_id node = at(fd)->node;
  if (const wasi_errno e = tree_.write(node, position, bytes); e != wasi_errno::success) return e;
  if (!bytes.empty()) touch_content(node);
  count = bytes.size();
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::seek(std::uint32_t fd, std::int64_t by, seek_from from,
                                             std::uint64_t& position) {
  open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  if (file->node == no_file || file->terminal) return wasi_errno::spipe;
  const bool only_tells = by == 0 && from == seek_from::current;
  const file_rights needed = rights_of(only_tells ? file_right::fd_tell : file_right::fd_seek);
  const file_rights either = rights_of(file_right::fd_tell, file_right::fd_seek);
  if (!only_tells || (file->base & either) == 0) {
    if (const wasi_errno e = check_rights(fd, needed); e != wasi_errno::success) return e;
  }
  const file_node& n = tree_.node(file->node);
  std::uint64_t base = 0;
  if (from == seek_from::current) base = file->offset;
  else if (from == seek_from::end) base = n.content.size();
  constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
  const std::uint64_t to = base + static_cast<std::uint64_t>(by);
  if (by < 0 ? to > base : to < base || to > most) return wasi_errno::inval;
  position = file->offset = to;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::tell(std::uint32_t fd, std::uint64_t& position) const {
  const open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  if (file->node == no_file || file->terminal) return wasi_errno::spipe;
  if (const wasi_errno e = check(fd, file_right::fd_tell); e != wasi_errno::success) return e;
  position = file->offset;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::advise(std::uint32_t fd, std::uint64_t position, std::uint64_t size,
                                               std::uint8_t advice) const {
  constexpr std::uint8_t last_advice = 5;  // noreuse
  if (const wasi_errno e = check_regular(fd, rights_of(file_right::fd_advise)); e != wasi_errno::success) return e;
  return advice > last_advice || position + size < position ? wasi_errno::inval : wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::allocate(std::uint32_t fd, std::uint64_t position, std::uint64_t size) {
  if (const wasi_errno e = check_regular(fd, rights_of(file_right::fd_allocate)); e != wasi_errno::success) return e;
  if (size == 0 || position + size < position) return wasi_errno::inval;
  const file_id node = at(fd)->node;
  if (position + size <= tree_.node(node).content.size()) return wasi_errno::success;
  if (const wasi_errno e = tree_.resize(node, position + size); e != wasi_errno::success) return e;
  touch_content(node);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::set_size(std::uint32_t fd, std::uint64_t size) {
  constexpr file_rights needed = rights_of(file_right::fd_filestat_set_size);
  if (const wasi_errno e = check_regular(fd, needed); e != wasi_errno::success) return e;
  const file_id node = at(fd)->node;
  if (const wasi_errno e = tree_.resize(node, size); e != wasi_errno::success) return e;
  touch_content(node);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::set_size_at(const file_path& path, std::uint64_t size) {
  target t;
  const file_rights needed = rights_of(file_right::path_filestat_set_size);
  if (const wasi_errno e = resolve(path, needed, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  const file_type type = tree_.node(t.node).type;
  if (type != file_type::regular_file) return type == file_type::directory ? wasi_errno::isdir : wasi_errno::loop;
  if (const wasi_errno e = tree_.resize(t.node, size); e != wasi_errno::success) return e;
  touch_content(t.node);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::readable(std::uint32_t fd, std::uint64_t& bytes) const {
  if (const wasi_errno e = check(fd, file_right::fd_read); e != wasi_errno::success) return e;
  const open_file& file = *at(fd);
  if (file.node == no_file) {
    bytes = host_.readable();
    return wasi_errno::success;
  }
  const std::uint64_t size = tree_.node(file.node).content.size();
  bytes = size > file.offset ? size - file.offset : 0;
  return wasi_errno::success;
}

WASM64_INLINE void virtual_files::fill(file_id id, file_stat& answer) const {
  const file_node& n = tree_.node(id);
  const bool is_directory = n.type == file_type::directory;
  // A directory counts once, whatever is in it: that costs no look.
  const std::uint64_t links = is_directory ? 1 : n.names.size();
  answer = {n.number, n.type, links, is_directory ? 0 : n.content.size(), n.times};
}

WASM64_INLINE wasi_errno virtual_files::stat(std::uint32_t fd, file_stat& answer) const {
  if (const wasi_errno e = check(fd, file_right::fd_filestat_get); e != wasi_errno::success) return e;
  const open_file& file = *at(fd);
  if (file.node == no_file) answer = {0, file_type::character_device, 1, 0, {}};
  else fill(file.node, answer);
  if (file.terminal) answer.type = file_type::character_device;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::stat_at(const file_path& path, file_stat& answer) {
  target t;
  const file_rights needed = rights_of(file_right::path_filestat_get);
  if (const wasi_errno e = resolve(path, needed, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  fill(t.node, answer);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::change_times(file_id id, const file_times_change& change) {
  if ((change.accessed && change.accessed_now) || (change.modified && change.modified_now)) return wasi_errno::inval;
  file_node& n = tree_.node(id);
  const std::uint64_t time = now().changed;
  if (change.accessed || change.accessed_now) n.times.accessed = change.accessed ? change.access_time : time;
  if (change.modified || change.modified_now) n.times.modified = change.modified ? change.modification_time : time;
  n.times.changed = time;
  n.changed = true;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::set_times(std::uint32_t fd, const file_times_change& change) {
  if (const wasi_errno e = check(fd, file_right::fd_filestat_set_times); e != wasi_errno::success) return e;
  return change_times(at(fd)->node, change);
}

WASM64_INLINE wasi_errno virtual_files::set_times_at(const file_path& path, const file_times_change& change) {
  target t;
  const file_rights needed = rights_of(file_right::path_filestat_set_times);
  if (const wasi_errno e = resolve(path, needed, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  return change_times(t.node, change);
}

}  // namespace wasm64
