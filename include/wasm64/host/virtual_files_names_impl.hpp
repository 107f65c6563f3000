#pragma once

#include "wasm64/host/virtual_files.hpp"
#include "wasm64/host/wasi_context.hpp"

namespace wasm64 {

WASM64_INLINE wasi_errno virtual_files::make_directory(const file_path& path) {
  target t;
  const file_rights needed = rights_of(file_right::path_create_directory);
  const file_path wanted{path.directory, path.text, false, path.confined};
  if (const wasi_errno e = resolve(wanted, needed, t); e != wasi_errno::success) return e;
  if (t.node != no_file) return wasi_errno::exist;
  return add(file_type::directory, t, t.node);
}

WASM64_INLINE wasi_errno virtual_files::remove_directory(const file_path& path) {
  target t;
  const file_rights needed = rights_of(file_right::path_remove_directory);
  const file_path wanted{path.directory, path.text, false, path.confined};
  if (const wasi_errno e = resolve(wanted, needed, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  if (tree_.node(t.node).type != file_type::directory) return wasi_errno::notdir;
  if (t.directory == no_file) return t.node == file_tree::root ? wasi_errno::busy : wasi_errno::inval;
  if (!tree_.is_empty(t.node)) return wasi_errno::notempty;
  tree_.unlink(t.directory, t.name);
  touch_directory(t.directory);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::unlink(const file_path& path) {
  target t;
  const file_rights needed = rights_of(file_right::path_unlink_file);
  const file_path wanted{path.directory, path.text, false, path.confined};
  if (const wasi_errno e = resolve(wanted, needed, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  if (tree_.node(t.node).type == file_type::directory) return wasi_errno::isdir;
  tree_.node(t.node).times.changed = now().changed;
  tree_.unlink(t.directory, t.name);
  touch_directory(t.directory);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::rename(const file_path& from, const file_path& to) {
  target a, b;
  const file_path source{from.directory, from.text, false, from.confined};
  const file_path destination{to.directory, to.text, false, to.confined};
  const file_rights reading = rights_of(file_right::path_rename_source);
  const file_rights writing = rights_of(file_right::path_rename_target);
  if (const wasi_errno e = resolve(source, reading, a); e != wasi_errno::success) return e;
  if (const wasi_errno e = resolve(destination, writing, b); e != wasi_errno::success) return e;
  if (a.node == no_file) return wasi_errno::noent;
  // "." and ".." name directories that are in use.
  if (a.directory == no_file || (b.node != no_file && b.directory == no_file)) return wasi_errno::busy;
  const bool is_directory = tree_.node(a.node).type == file_type::directory;
  if (a.node == b.node) return wasi_errno::success;
  if (is_directory && tree_.is_inside(b.directory, a.node)) return wasi_errno::inval;
  if (b.needs_directory && !is_directory) return wasi_errno::notdir;
  if (b.node != no_file) {
    const bool replaces_directory = tree_.node(b.node).type == file_type::directory;
    if (is_directory && !replaces_directory) return wasi_errno::notdir;
    if (!is_directory && replaces_directory) return wasi_errno::isdir;
    if (replaces_directory && !tree_.is_empty(b.node)) return wasi_errno::notempty;
  }
  if (const wasi_errno e = tree_.check_depth(b.directory, a.node); e != wasi_errno::success) return e;
  // The nodes are held while they have no name.
  const file_id moved = a.node, replaced = b.node;
  tree_.use(moved);
  if (replaced != no_file) {
    tree_.use(replaced);
    tree_.unlink(b.directory, b.name);
  }
  tree_.unlink(a.directory, a.name);
  const wasi_errno e = tree_.link(b.directory, b.name, moved);
  tree_.node(moved).times.changed = now().changed;
  touch_directory(a.directory);
  touch_directory(b.directory);
  tree_.release(moved);
  if (replaced != no_file) tree_.release(replaced);
  return e;
}

WASM64_INLINE wasi_errno virtual_files::link(const file_path& from, const file_path& to) {
  target a, b;
  const file_path destination{to.directory, to.text, false, to.confined};
  const file_rights reading = rights_of(file_right::path_link_source);
  const file_rights writing = rights_of(file_right::path_link_target);
  if (const wasi_errno e = resolve(from, reading, a); e != wasi_errno::success) return e;
  if (a.node == no_file) return wasi_errno::noent;
  if (tree_.node(a.node).type == file_type::directory) return wasi_errno::perm;
  if (const wasi_errno e = resolve(destination, writing, b); e != wasi_errno::success) return e;
  if (const wasi_errno e = check_new(b); e != wasi_errno::success) return e;
  if (const wasi_errno e = tree_.check_room(0, 1); e != wasi_errno::success) return e;
  if (const wasi_errno e = tree_.link(b.directory, b.name, a.node); e != wasi_errno::success) return e;
  tree_.node(a.node).times.changed = now().changed;
  touch_directory(b.directory);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::symlink(std::string_view text, const file_path& path) {
  if (const wasi_errno e = check_text(text); e != wasi_errno::success) return e;
  if (path.confined && text.starts_with('/')) return wasi_errno::notcapable;
  target t;
  const file_rights needed = rights_of(file_right::path_symlink);
  const file_path wanted{path.directory, path.text, false, path.confined};
  if (const wasi_errno e = resolve(wanted, needed, t); e != wasi_errno::success) return e;
  if (const wasi_errno e = check_new(t); e != wasi_errno::success) return e;
  if (const wasi_errno e = add(file_type::symbolic_link, t, t.node); e != wasi_errno::success) return e;
  const wasi_errno e = tree_.write(t.node, 0, as_bytes(text));
  if (e != wasi_errno::success) tree_.unlink(t.directory, t.name);
  return e;
}

WASM64_INLINE wasi_errno virtual_files::read_link(const file_path& path, std::string& text) {
  target t;
  const file_rights needed = rights_of(file_right::path_readlink);
  const file_path wanted{path.directory, path.text, false, path.confined};
  if (const wasi_errno e = resolve(wanted, needed, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  if (tree_.node(t.node).type != file_type::symbolic_link) return wasi_errno::inval;
  text = tree_.node(t.node).content.text();
  host_.work += text.size();
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::next_entry(std::uint32_t fd, std::uint64_t cookie, directory_entry& entry,
                                                   bool& found) {
  const open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  if (file->node == no_file || tree_.node(file->node).type != file_type::directory) return wasi_errno::notdir;
  if (const wasi_errno e = check(fd, file_right::fd_readdir); e != wasi_errno::success) return e;
  found = false;
  const file_id here = file->node, above = tree_.parent(here);
  if (above == no_file) return wasi_errno::success;  // removed: it has no entries
  if (cookie < 2) {
    const bool is_first = cookie == 0;
    entry = {cookie + 1, tree_.node(is_first ? here : above).number, file_type::directory, is_first ? "." : ".."};
    found = true;
    return wasi_errno::success;
  }
  if (cookie == UINT64_MAX) return wasi_errno::success;  // nothing is behind that
  if (const auto* const next = tree_.next(here, cookie); next != nullptr) {
    const file_node& n = tree_.node(next->second.node);
    entry = {next->first.hash, n.number, n.type, next->first.name};
    found = true;
  }
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::change_directory(const file_path& path) {
  target t;
  if (const wasi_errno e = resolve(path, 0, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  return enter_directory(t.node);
}

WASM64_INLINE wasi_errno virtual_files::change_directory(std::uint32_t fd) {
  const open_file* const file = at(fd);
  if (file == nullptr) return wasi_errno::badf;
  return file->node == no_file ? wasi_errno::notdir : enter_directory(file->node);
}

WASM64_INLINE wasi_errno virtual_files::enter_directory(file_id directory) {
  if (tree_.node(directory).type != file_type::directory) return wasi_errno::notdir;
  tree_.use(directory);
  tree_.release(working_directory_);
  working_directory_ = directory;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::put_file(std::string_view path, bytes_view content) {
  for (std::size_t end = path.find('/', 1); end < path.size(); end = path.find('/', end + 1)) {
    const wasi_errno e = make_directory({file_path::working_directory, path.substr(0, end)});
    if (e != wasi_errno::success && e != wasi_errno::exist) return e;
  }
  target t;
  if (const wasi_errno e = resolve({file_path::working_directory, path}, 0, t); e != wasi_errno::success) return e;
  if (t.node == no_file) {
    if (t.needs_directory) return wasi_errno::isdir;
    if (const wasi_errno e = add(file_type::regular_file, t, t.node); e != wasi_errno::success) return e;
  }
  if (tree_.node(t.node).type == file_type::directory) return wasi_errno::isdir;
  if (const wasi_errno e = tree_.resize(t.node, 0); e != wasi_errno::success) return e;
  if (const wasi_errno e = tree_.write(t.node, 0, content); e != wasi_errno::success) return e;
  touch_content(t.node);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::get_file(std::string_view path, byte_vector& content) {
  target t;
  if (const wasi_errno e = resolve({file_path::working_directory, path}, 0, t); e != wasi_errno::success) return e;
  if (t.node == no_file) return wasi_errno::noent;
  if (tree_.node(t.node).type == file_type::directory) return wasi_errno::isdir;
  content = tree_.node(t.node).content.flat();
  return wasi_errno::success;
}

}  // namespace wasm64
