#pragma once

#include "wasm64/binary/utf8.hpp"
#include "wasm64/host/virtual_files.hpp"
#include "wasm64/host/wasi_context.hpp"

namespace wasm64 {

/// The directory that a path begins in.
WASM64_INLINE wasi_errno virtual_files::start(const file_path& path, file_rights rights, file_id& directory) const {
  if (path.directory == file_path::working_directory) {
    directory = working_directory_;
    return wasi_errno::success;
  }
  const open_file* const base = at(path.directory);
  if (base == nullptr) {
    if (path.confined || !path.text.starts_with('/')) return wasi_errno::badf;
    directory = file_tree::root;
    return wasi_errno::success;
  }
  if (base->node == no_file || tree_.node(base->node).type != file_type::directory) return wasi_errno::notdir;
  if ((base->base & rights) != rights) return wasi_errno::notcapable;
  directory = base->node;
  return wasi_errno::success;
}

/// What paths and the targets of links have in common.
WASM64_INLINE wasi_errno virtual_files::check_text(std::string_view text) const {
  if (text.empty()) return wasi_errno::noent;
  if (text.size() > limits_.path_length) return wasi_errno::nametoolong;
  if (text.find('\0') != text.npos) return wasi_errno::inval;
  return is_utf8(as_bytes(text)) ? wasi_errno::success : wasi_errno::ilseq;
}

/// Walks a path as POSIX has it (4.13, pathname resolution). Links are put in front of what is left of the path.
WASM64_INLINE wasi_errno virtual_files::resolve(const file_path& path, file_rights rights, target& found) {
  file_id first = no_file;
  if (const wasi_errno e = start(path, rights, first); e != wasi_errno::success) return e;
  if (const wasi_errno e = check_text(path.text); e != wasi_errno::success) return e;

  std::string spliced;
  std::string_view rest = path.text;
  std::uint32_t followed = 0;
  file_id here = first;
  const auto begin = [&]() -> wasi_errno {
    if (!rest.starts_with('/')) return wasi_errno::success;
    if (path.confined) return wasi_errno::notcapable;
    here = file_tree::root;
    return wasi_errno::success;
  };
  if (const wasi_errno e = begin(); e != wasi_errno::success) return e;
  target t;
  t.node = here;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) break;
    constexpr std::uint64_t name_work = 64;
    host_.work += name_work;
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    const bool is_last = rest.find_first_not_of('/') == rest.npos;
    if (name == ".") {
      t = {no_file, {}, here, false};
      continue;
    }
    if (name == "..") {
      if (path.confined && here == first) return wasi_errno::notcapable;
      here = tree_.parent(here);
      if (here == no_file) return wasi_errno::noent;
      t = {no_file, {}, here, false};
      continue;
    }
    if (name.size() > limits_.name_length) return wasi_errno::nametoolong;
    const file_id next = tree_.find(here, name);
    if (next == no_file) {
      if (!is_last || (here != file_tree::root && tree_.parent(here) == no_file)) return wasi_errno::noent;
      found = {here, std::string(name), no_file, !rest.empty()};
      return wasi_errno::success;
    }
    const file_node& n = tree_.node(next);
    if (n.type == file_type::symbolic_link && (!is_last || path.follow || !rest.empty())) {
      if (++followed > limits_.followed_links) return wasi_errno::loop;
      if (n.content.size() + rest.size() > limits_.path_length) return wasi_errno::nametoolong;
      std::string target_text = n.content.text();
      if (const wasi_errno e = check_text(target_text); e != wasi_errno::success) return e;
      spliced = std::move(target_text.append(rest));
      rest = spliced;
      if (const wasi_errno e = begin(); e != wasi_errno::success) return e;
      t = {no_file, {}, here, false};
      continue;
    }
    if (n.type == file_type::directory) {
      t = {here, std::string(name), next, !rest.empty()};
      here = next;
      continue;
    }
    if (!is_last || !rest.empty()) return wasi_errno::notdir;
    found = {here, std::string(name), next, false};
    return wasi_errno::success;
  }
  found = std::move(t);
  return wasi_errno::success;
}

/// Whether something new that is no directory can have that name.
WASM64_INLINE wasi_errno virtual_files::check_new(const target& t) const {
  if (t.node != no_file) return wasi_errno::exist;
  return t.needs_directory ? wasi_errno::noent : wasi_errno::success;
}

WASM64_INLINE wasi_errno virtual_files::add(file_type type, const target& where, file_id& made) {
  file_id id = no_file;
  if (const wasi_errno e = tree_.make(type, now(), id); e != wasi_errno::success) return e;
  tree_.use(id);
  const wasi_errno e = tree_.link(where.directory, where.name, id);
  tree_.release(id);
  if (e != wasi_errno::success) return e;
  touch_directory(where.directory);
  made = id;
  return wasi_errno::success;
}

WASM64_INLINE file_times virtual_files::now() const {
  const std::uint64_t t = host_.time(wasi_clock::realtime);
  return {t, t, t};
}

WASM64_INLINE void virtual_files::touch_content(file_id id) {
  file_node& n = tree_.node(id);
  n.times.modified = n.times.changed = now().modified;
  n.changed = true;
}

WASM64_INLINE void virtual_files::touch_directory(file_id id) {
  file_node& n = tree_.node(id);
  n.times.modified = n.times.changed = now().modified;
  n.changed = true;
}

}  // namespace wasm64
