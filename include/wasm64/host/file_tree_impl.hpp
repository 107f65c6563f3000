#pragma once

#include <utility>

#include "wasm64/host/file_tree.hpp"

namespace wasm64 {

WASM64_INLINE file_tree::file_tree(const file_limits& limits, std::uint64_t& work,
                                   std::shared_ptr<const file_origin> origin)
    : limits_(&limits), work_(&work) {
  auto top = std::make_unique<file_node>();
  top->type = file_type::directory;
  top->users = 1;  // never goes
  top->all_listed = origin == nullptr;
  if (origin != nullptr) top->times = origin->times();
  top->origin = std::move(origin);
  add_node(std::move(top));
}

WASM64_INLINE file_id file_tree::add_node(std::unique_ptr<file_node> n) {
  n->number = ++last_number_;
  if (free_.empty()) {
    nodes_.push_back(std::move(n));
    return static_cast<file_id>(nodes_.size() - 1);
  }
  const file_id id = free_.back();
  free_.pop_back();
  nodes_[id] = std::move(n);
  return id;
}

/// Makes a node for what an origin's directory has under a name.
WASM64_INLINE file_id file_tree::adopt(std::shared_ptr<const file_origin> origin, file_id directory,
                                       std::string_view name) {
  auto n = std::make_unique<file_node>();
  n->type = origin->type();
  n->times = origin->times();
  n->depth = node(directory).depth + 1;
  n->names.push_back({directory, std::string(name)});
  if (n->type != file_type::directory) n->content.adopt(origin->bytes(), origin);
  n->origin = std::move(origin);
  return add_node(std::move(n));
}

WASM64_INLINE file_id file_tree::find(file_id directory, std::string_view name) {
  file_node& d = node(directory);
  const entry_key key(name);
  if (const auto at = d.entries.find(key); at != d.entries.end()) return at->second.node;
  if (d.all_listed || d.origin == nullptr) return no_file;
  std::shared_ptr<const file_origin> found = d.origin->find(name);
  if (found == nullptr) return no_file;
  if (const std::string first = found->first_name(); !first.empty()) {
    if (follows_name_) return no_file;
    follows_name_ = true;
    (void)walk(first);  // the first name brings the others with it
    follows_name_ = false;
    const auto at = node(directory).entries.find(key);
    return at != node(directory).entries.end() ? at->second.node : no_file;
  }
  const vector<std::string> others = found->other_names();
  const file_id id = adopt(std::move(found), directory, name);
  node(directory).entries.emplace(key, file_entry{id, false});
  if (!others.empty()) find_other_names(id, others);
  return id;
}

/// Enters a file under its other names. A name counts when what stands there says so, too.
WASM64_INLINE void file_tree::find_other_names(file_id id, const vector<std::string>& names) {
  const std::string first = path_of(id);
  const bool nested = std::exchange(follows_name_, true);
  for (const std::string& path : names) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos || node(id).names.size() >= limits_->links) continue;
    const std::string_view name = std::string_view(path).substr(slash + 1);
    const file_id directory = walk(std::string_view(path).substr(0, slash));
    if (directory == no_file || node(directory).type != file_type::directory) continue;
    file_node& d = node(directory);
    entry_key key(name);
    if (d.origin == nullptr || d.entries.find(key) != d.entries.end()) continue;
    const std::shared_ptr<const file_origin> there = d.origin->find(name);
    if (there == nullptr || there->first_name() != first) continue;
    d.entries.emplace(std::move(key), file_entry{id, false});
    node(id).names.push_back({directory, std::string(name)});
  }
  follows_name_ = nested;
}

WASM64_INLINE file_id file_tree::walk(std::string_view path) {
  file_id here = root;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (name.empty()) continue;
    if (node(here).type != file_type::directory) return no_file;
    here = find(here, name);
    if (here == no_file) return no_file;
  }
  return here;
}

WASM64_INLINE void file_tree::list_all(file_node& directory, file_id id) {
  if (directory.all_listed) return;
  if (directory.origin == nullptr) {
    directory.all_listed = true;
    return;
  }
  struct listing {
    file_tree& tree;
    file_id directory;
  } state{*this, id};
  directory.origin->list(
      [](void* s, std::string_view name) {
        const listing& to = *static_cast<listing*>(s);
        file_node& d = to.tree.node(to.directory);
        *to.tree.work_ += entry_work;
        if (d.entries.find(entry_key(name)) == d.entries.end()) (void)to.tree.find(to.directory, name);
      },
      &state);
  directory.all_listed = true;
}

WASM64_INLINE const std::pair<const entry_key, file_entry>* file_tree::next(file_id directory, std::uint64_t cookie) {
  file_node& d = node(directory);
  list_all(d, directory);
  for (auto at = d.entries.lower_bound(entry_key(cookie + 1, {})); at != d.entries.end(); ++at) {
    if (at->second.node != no_file) return &*at;
    *work_ += entry_work;
  }
  return nullptr;
}

WASM64_INLINE file_id file_tree::parent(file_id directory) noexcept {
  const file_node& d = node(directory);
  if (directory == root) return root;
  return d.names.empty() ? no_file : d.names[0].directory;
}

/// What the origin holds is looked at when something grows for the first time.
WASM64_INLINE wasi_errno file_tree::check_room(std::uint64_t bytes, std::uint64_t nodes) {
  if (!measured_) {
    measured_ = true;
    std::uint64_t old_bytes = 0, old_nodes = 0;
    if (node(root).origin != nullptr) node(root).origin->measure(old_bytes, old_nodes);
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    bytes_ += static_cast<std::int64_t>(std::min(old_bytes, most));
    count_ += static_cast<std::int64_t>(std::min(old_nodes, most));
  }
  const auto fits = [](std::int64_t used, std::uint64_t more, std::uint64_t limit) {
    const std::uint64_t now = used < 0 ? 0 : static_cast<std::uint64_t>(used);
    return now <= limit && more <= limit - now;
  };
  if (bytes != 0 && !fits(bytes_, bytes, limits_->bytes)) return wasi_errno::nospc;
  if (nodes != 0 && !fits(count_, nodes, limits_->nodes)) return wasi_errno::nospc;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno file_tree::charge(std::uint64_t bytes, std::uint64_t nodes) {
  if (const wasi_errno e = check_room(bytes, nodes); e != wasi_errno::success) return e;
  bytes_ += static_cast<std::int64_t>(bytes);
  count_ += static_cast<std::int64_t>(nodes);
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno file_tree::make(file_type type, const file_times& now, file_id& made) {
  if (const wasi_errno e = charge(0, 1); e != wasi_errno::success) return e;
  auto n = std::make_unique<file_node>();
  n->type = type;
  n->times = now;
  n->changed = true;
  n->all_listed = true;
  made = add_node(std::move(n));
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno file_tree::check_depth(file_id directory, file_id id) {
  const std::uint32_t depth = node(directory).depth + 1;
  // Everything has a depth, so that what is in directories fits into the nesting of messages.
  if (depth > limits_->depth) return wasi_errno::nametoolong;
  const bool has_depth = node(id).type == file_type::directory && depth > node(id).depth;
  return has_depth && depth + height(id) > limits_->depth ? wasi_errno::nametoolong : wasi_errno::success;
}

WASM64_INLINE wasi_errno file_tree::link(file_id directory, std::string_view name, file_id id) {
  file_node& n = node(id);
  if (n.names.size() >= limits_->links) return wasi_errno::mlink;
  if (const wasi_errno e = check_depth(directory, id); e != wasi_errno::success) return e;
  if (n.type == file_type::directory) moved(id, node(directory).depth + 1);
  file_entry& entry = node(directory).entries[entry_key(name)];
  entry = {id, true};
  if (!n.names.empty()) ++count_;
  n.names.push_back({directory, std::string(name)});
  n.changed = true;
  return wasi_errno::success;
}

WASM64_INLINE void file_tree::unlink(file_id directory, std::string_view name) {
  file_node& d = node(directory);
  const auto at = d.entries.find(entry_key(name));
  const file_id id = at->second.node;
  // Only what the origin has must be remembered as gone.
  if (d.origin != nullptr && d.origin->find(name) != nullptr) at->second = {no_file, true};
  else d.entries.erase(at);
  file_node& n = node(id);
  for (auto place = n.names.begin(); place != n.names.end(); ++place) {
    if (place->directory != directory || place->name != name) continue;
    n.names.erase(place);
    if (!n.names.empty()) --count_;
    break;
  }
  n.changed = true;
  drop_unused(id);
}

WASM64_INLINE void file_tree::release(file_id id) {
  --node(id).users;
  drop_unused(id);
}

WASM64_INLINE void file_tree::drop_unused(file_id id) {
  file_node& n = node(id);
  if (n.users != 0 || !n.names.empty()) return;
  discount(n, n.content.size());
  --count_;
  nodes_[id].reset();
  free_.push_back(id);
}

WASM64_INLINE void file_tree::discount(file_node& n, std::uint64_t bytes) noexcept {
  const std::uint64_t uncounted = std::min(n.uncounted, bytes);
  n.uncounted -= uncounted;
  uncounted_ -= uncounted;
  bytes_ -= static_cast<std::int64_t>(bytes - uncounted);
}

WASM64_INLINE wasi_errno file_tree::resize(file_id id, std::uint64_t size) {
  file_node& n = node(id);
  const std::uint64_t before = n.content.size();
  if (size > limits_->bytes) return wasi_errno::fbig;
  if (size > before) {
    if (const wasi_errno e = charge(size - before, 0); e != wasi_errno::success) return e;
  } else {
    discount(n, before - size);
    *work_ += (before - size) / sizeof(std::uint64_t);  // blocks to free
  }
  n.content.resize(size);
  n.changed = true;
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno file_tree::write(file_id id, std::uint64_t at, bytes_view bytes, bool counts) {
  if (bytes.empty()) return wasi_errno::success;
  file_node& n = node(id);
  if (at > limits_->bytes || bytes.size() > limits_->bytes - at) return wasi_errno::fbig;
  const std::uint64_t end = at + bytes.size();
  if (const std::uint64_t before = n.content.size(); end > before) {
    const std::uint64_t more = end - before;
    if (counts) {
      if (const wasi_errno e = charge(more, 0); e != wasi_errno::success) return e;
    } else {
      if (more > limits_->bytes - uncounted_) return wasi_errno::nospc;
      n.uncounted += more;
      uncounted_ += more;
    }
  }
  n.content.write(at, bytes);
  n.changed = true;
  return wasi_errno::success;
}

WASM64_INLINE std::string file_tree::path_of(file_id id) {
  if (id == root) return "/";
  small_vector<const std::string*, 16> parts;
  for (file_id at = id; at != root; at = node(at).names[0].directory) {
    if (node(at).names.empty()) return {};
    parts.push_back(&node(at).names[0].name);
  }
  std::string path;
  while (!parts.empty()) {
    path.append("/").append(*parts.back());
    parts.pop_back();
  }
  return path;
}

WASM64_INLINE bool file_tree::is_inside(file_id id, file_id directory) noexcept {
  for (; id != directory; id = parent(id)) {
    if (id == root || id == no_file) return false;
  }
  return true;
}

/// Directories below, in each other, that the tree has nodes for; what only the origin knows cannot be deeper than a
/// message is. The recursion ends at the limit of depth.
WASM64_INLINE std::uint32_t file_tree::height(file_id directory) {
  std::uint32_t most = 0;
  list_all(node(directory), directory);
  *work_ += node(directory).entries.size() * entry_work;
  for (const auto& [key, entry] : node(directory).entries) {
    if (entry.node == no_file) continue;
    const std::uint32_t below = node(entry.node).type == file_type::directory ? 1 + height(entry.node) : 1;
    most = std::max(most, below);
  }
  return most;
}

/// What is below a directory has other paths now, which files with several names must say.
WASM64_INLINE void file_tree::moved(file_id directory, std::uint32_t depth) {
  node(directory).depth = depth;
  *work_ += node(directory).entries.size() * entry_work;
  for (const auto& [key, entry] : node(directory).entries) {
    if (entry.node == no_file) continue;
    if (node(entry.node).type == file_type::directory) moved(entry.node, depth + 1);
    else if (node(entry.node).names.size() > 1) node(entry.node).changed = true;
  }
}

}  // namespace wasm64
