#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "wasm64/device/file_descriptors.hpp"
#include "wasm64/device/guest.hpp"
#include "wasm64/device/message_origin.hpp"

namespace wasm64 {

/// The files of an instance, as the message has them:
///
///     vfs                     directories are maps, files are binaries
///     vfs-attributes          times, links and the like, in the same shape; see `file_attributes`
///     file-descriptors        what is open; see `file_descriptor`
///     vfs-working-directory   where relative paths begin, when that is not the root; empty when it has been removed
///
/// Nothing is read before the program uses a file, and then only what it comes across; what has changed is written when
/// the call ends or somebody else looks at the message. Standard streams are the files in `vfs/dev`.
///
/// An import library that offers files has one of these as a member and passes `enter` and `leave` on to it. Where two
/// libraries do, the first one does the work. Names of files become keys as file_names.hpp has it; values that are
/// neither maps nor binaries are not seen as files, and give way where the program makes one of their name.
template <class M>
class message_files final : public file_provider {
 public:
  using value = typename M::value_type;

  message_files() = default;
  /// The provider of the guest's files for as long as this lives, from that message.
  message_files(guest<M>& owner, const value& state)
      : owner_(&owner), state_(&state), before_(owner.host().provider()) {
    owner.host().set_file_provider(this);
    owner.host().forget_files();
  }
  message_files(const message_files&) = delete;
  message_files& operator=(const message_files&) = delete;
  ~message_files() override {
    if (state_ == nullptr) return;
    owner_->host().set_file_provider(before_);
    owner_->host().forget_files();
  }

  /// Becomes the provider of the guest's files, if there is none yet.
  void attach(guest<M>& owner) {
    if (owner.host().provider() != nullptr) return;
    owner_ = &owner;
    owner.host().set_file_provider(this);
  }
  /// The outermost call begins. Standard streams that a program has closed are open again for the next message.
  void begin() noexcept { opens_streams_ = true; }
  void enter() noexcept {
    if (owner_ != nullptr) owner_->host().forget_files();
  }
  /// Writes what has changed since `enter`; the files are forgotten.
  result<void> leave(value& state) {
    if (owner_ == nullptr || !owner_->host().has_files()) return success();
    changes planned;
    plan_files(planned);
    plan_descriptors(planned);
    plan_working_directory(planned);
    // What the files refer to is let go before, so that the message is changed in place.
    owner_->host().forget_files();
    return apply(state, planned);
  }

 private:
  using descriptor = detail::file_descriptor;
  using origin = detail::message_origin<M>;

  /// The root, which programs find open.
  static constexpr std::uint32_t first_directory = 3;

  /// What becomes of a path; null removes.
  struct change {
    std::string path;
    value item;
  };
  using changes = vector<change>;

  // Reading.

  void provide(virtual_files& files) override {
    const value& state = state_ != nullptr ? *state_ : owner_->state();
    const value items = M::get_key(state, "vfs"), extra = M::get_key(state, "vfs-attributes");
    has_items_ = M::kind(items) == value_kind::map;
    has_extra_ = M::kind(extra) == value_kind::map;
    files.reset(std::make_shared<origin>(has_items_ ? items : M::make_map({}), extra, std::string()));
    provide_working_directory(files, M::get_key(state, "vfs-working-directory"));
    provide_descriptors(files, M::get_key(state, "file-descriptors"));
  }

  void provide_working_directory(virtual_files& files, const value& path) {
    working_directory_ = "/";
    if (M::kind(path) != value_kind::binary) return;
    working_directory_ = std::string(as_text(M::as_bytes(path)));
    file_id directory = working_directory_.empty() ? no_file : files.tree().walk(working_directory_);
    if (directory == no_file && files.tree().make(file_type::directory, {}, directory) != wasi_errno::success) return;
    (void)files.enter_directory(directory);
  }

  void provide_descriptors(virtual_files& files, const value& entries) {
    known_.clear();
    has_descriptors_ = M::kind(entries) == value_kind::map;
    if (has_descriptors_) {
      for (const std::string& key : M::keys(entries)) {
        const std::uint32_t fd = detail::descriptor_of(key);
        if (fd < files.limits().descriptors) known_[fd] = detail::read_descriptor<M>(M::get_key(entries, key));
      }
    } else {
      for (std::uint32_t fd = 0; fd < first_directory; ++fd) known_[fd] = standard_stream(fd);
    }
    if (known_.find(first_directory) == known_.end()) known_[first_directory] = root_descriptor();
    for (const auto& [fd, d] : known_) {
      if (!d.closed) open(files, fd, d, M::get_key(entries, std::to_string(fd)));
    }
    for (std::uint32_t fd = 0; opens_streams_ && fd < first_directory; ++fd) {
      const auto all = files.descriptors();
      if (fd < all.size() && all[fd] != nullptr) continue;
      open(files, fd, standard_stream(fd), {});
      const auto opened = files.descriptors();
      if (fd < opened.size() && opened[fd] != nullptr) {
        opened[fd]->offset = files.tree().node(opened[fd]->node).content.size();
      }
    }
    opens_streams_ = false;
  }

  static descriptor standard_stream(std::uint32_t fd) {
    constexpr const char* names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    descriptor d;
    d.filename = names[fd];
    return d;
  }

  static descriptor root_descriptor() {
    descriptor d;
    d.filename = d.preopened = "/";
    return d;
  }

  void open(virtual_files& files, std::uint32_t fd, const descriptor& d, const value& entry) {
    const auto open_before = [&](std::int64_t other) {
      const auto all = files.descriptors();
      const bool is_one = other >= 0 && other < fd && static_cast<std::uint64_t>(other) < all.size();
      return is_one ? all[static_cast<std::size_t>(other)] : nullptr;
    };
    if (const auto other = open_before(d.same_as); other != nullptr) return files.install(fd, other);
    file_tree& tree = files.tree();
    auto file = std::make_shared<open_file>();
    file->terminal = detail::is_terminal_name(d.filename);
    file->node = d.removed ? no_file : tree.walk(d.filename);
    if (file->node == no_file && file->terminal && !d.removed) {
      if (files.put_file(d.filename, {}) == wasi_errno::success) file->node = tree.walk(d.filename);
    }
    if (const auto other = open_before(d.file_of); other != nullptr) {
      file->node = other->node;
      file->terminal = other->terminal;
    }
    if (file->node == no_file) {
      // Removed by the program, or by somebody else in the meantime.
      const file_type type = d.directory ? file_type::directory : file_type::regular_file;
      if (tree.make(type, {}, file->node) != wasi_errno::success) return;
      const value content = M::get_key(entry, "content");
      if (M::kind(content) == value_kind::binary) (void)tree.write(file->node, 0, M::as_bytes(content));
    }
    const file_type type = tree.node(file->node).type;
    if (type == file_type::directory) file->terminal = false;
    file->offset = d.offset;
    file->flags = static_cast<std::uint16_t>(d.flags);
    file->base = d.all_rights ? detail::default_rights(type, file->terminal, d.filename == "/dev/stdin")
                              : d.rights & detail::possible_rights(type);
    const bool is_directory = type == file_type::directory;
    file->inheriting = !d.all_rights ? d.inheriting : is_directory ? all_file_rights : 0;
    file->preopened = d.preopened;
    files.install(fd, std::move(file));
  }

  // Writing.

  static std::string join(const std::string& path, std::string_view key) {
    return std::string(path).append("/").append(key);
  }
  static value text(std::string_view t) { return M::make_binary(as_bytes(t)); }

  virtual_files& files() { return owner_->host().files(); }
  file_tree& tree() { return files().tree(); }

  void plan_files(changes& to) {
    changes found;
    const file_node& root = tree().node(file_tree::root);
    const auto& from = static_cast<const origin&>(*root.origin);
    if (root.changed) plan_times(found, root, "", &from);
    plan_directory(found, file_tree::root, "", &from);
    if (found.empty()) return;
    if (!has_items_) to.push_back({"vfs", M::make_map({})});
    for (change& c : found) to.push_back(std::move(c));
  }

  /// `place` is the path of the directory in keys, from `vfs` on. `from` is null for directories that are not there
  /// yet. The depth of directories is limited, and so is this recursion.
  void plan_directory(changes& to, file_id id, const std::string& place, const origin* from) {
    file_node& directory = tree().node(id);
    for (const auto& [name, entry] : directory.entries) {
      const std::string key = from != nullptr ? from->key_of(name.name) : std::string();
      if (entry.node == no_file && !key.empty()) remove(to, *from, place, key);
    }
    // In the order that maps have, so that many new entries do not move each other.
    for (const keyed& k : keys_of(directory, from)) {
      file_node& n = tree().node(k.node);
      const bool is_new = from == nullptr || k.fresh;
      const origin* const here = k.is_old ? from : nullptr;
      const std::string at = join(place, k.key);
      if (n.type == file_type::directory) {
        const origin* const old = is_new ? nullptr : static_cast<const origin*>(n.origin.get());
        if (is_new) {
          if (here != nullptr) remove(to, *here, place, k.key);
          to.push_back({join("vfs", at), M::make_map({})});
        }
        if (is_new || n.changed) plan_times(to, n, at, old);
        plan_directory(to, k.node, at, old);
      } else {
        plan_file(to, k.node, {id, k.name}, at, here, k.key);
      }
    }
  }

  /// An entry of a directory that is to be looked at, and its key.
  struct keyed {
    std::string key, name;
    file_id node;
    bool fresh, is_old;  ///< `is_old`: the message has the key
  };
  vector<keyed> keys_of(file_node& directory, const origin* from) {
    vector<keyed> all;
    std::set<std::string> taken;
    for (const auto& [name, entry] : directory.entries) {
      if (entry.node == no_file) continue;
      const file_node& n = tree().node(entry.node);
      if (n.type != file_type::directory && from != nullptr && !entry.fresh && !n.changed) continue;
      std::string key = from != nullptr ? from->key_of(name.name) : std::string();
      const bool is_old = !key.empty();
      if (!is_old) {
        key = choose_key(directory, name.name, from, taken);
        taken.insert(detail::folded_key(key));
      }
      all.push_back({std::move(key), name.name, entry.node, entry.fresh, is_old});
    }
    std::sort(all.begin(), all.end(), [](const keyed& a, const keyed& b) { return compare_keys(a.key, b.key) < 0; });
    return all;
  }

  void plan_file(changes& to, file_id id, const file_node::name_place& name, const std::string& at, const origin* here,
                 const std::string& key) {
    file_node& n = tree().node(id);
    const bool is_first = n.names[0].directory == name.directory && n.names[0].name == name.name;
    detail::file_attributes attributes;
    if (!is_first) {
      attributes.first_name = tree().path_of(id);
    } else {
      attributes.times = n.times;
      if (n.type == file_type::symbolic_link) attributes.link = n.content.text();
      for (std::size_t i = 1; i < n.names.size(); ++i) {
        attributes.other_names.push_back(tree().path_of(n.names[i].directory) + "/" + n.names[i].name);
      }
    }
    if (is_first && n.type == file_type::regular_file) {
      to.push_back({join("vfs", at), M::make_binary(view_of(n.content.flat()))});
    } else if (here != nullptr && here->has_item(key)) {
      to.push_back({join("vfs", at), {}});
    }
    const std::string all = attributes.text();
    if (!all.empty()) plan_attribute(to, at, text(all));
    else if (here != nullptr && here->has_extra(key)) to.push_back({join("vfs-attributes", at), {}});
  }

  /// The times of a directory.
  void plan_times(changes& to, const file_node& n, const std::string& at, const origin* from) {
    detail::file_attributes attributes;
    attributes.times = n.times;
    const std::string all = attributes.text();
    if (!all.empty()) plan_attribute(to, join(at, "."), text(all));
    else if (from != nullptr && from->has_extra(".")) to.push_back({join("vfs-attributes", join(at, ".")), {}});
  }

  void plan_attribute(changes& to, const std::string& at, value item) {
    if (!has_extra_) to.push_back({"vfs-attributes", M::make_map({})});
    has_extra_ = true;
    to.push_back({join("vfs-attributes", at), std::move(item)});
  }

  void remove(changes& to, const origin& from, const std::string& place, const std::string& key) {
    if (from.has_item(key)) to.push_back({join("vfs", join(place, key)), {}});
    if (from.has_extra(key)) to.push_back({join("vfs-attributes", join(place, key)), {}});
  }

  /// A key for a name that has none in its directory; `taken` are the others of that kind, folded.
  std::string choose_key(const file_node& directory, std::string_view name, const origin* from,
                         const std::set<std::string>& taken) {
    std::string key = detail::plain_file_key(name);
    bool is_free = true;
    if (const std::string rival = from != nullptr ? from->rival_of(key) : std::string(); !rival.empty()) {
      const auto at = directory.entries.find(entry_key(detail::file_name_of(rival)));
      is_free = at != directory.entries.end() && at->second.node == no_file;  // it goes
    }
    is_free = is_free && taken.find(detail::folded_key(key)) == taken.end();
    return is_free ? key : detail::other_file_key(name);
  }

  void plan_descriptors(changes& to) {
    std::map<std::uint32_t, descriptor> now;
    std::map<std::uint32_t, byte_vector> contents;
    const auto open_now = files().descriptors();
    std::map<const open_file*, std::uint32_t> seen;
    std::map<file_id, std::uint32_t> removed;
    for (std::uint32_t fd = 0; fd < open_now.size(); ++fd) {
      if (open_now[fd] == nullptr) continue;
      const open_file& file = *open_now[fd];
      now[fd] = describe(file, fd);
      const auto [first, is_new] = seen.emplace(&file, fd);
      if (!is_new) now[fd].same_as = first->second;
      if (!now[fd].removed) continue;
      const auto [holder, is_holder] = removed.emplace(file.node, fd);
      if (!is_holder) now[fd].file_of = holder->second;
      else if (!now[fd].directory) contents[fd] = tree().node(file.node).content.flat();
    }
    changes found;
    for (const auto& [fd, d] : known_) {
      if (d.closed || now.find(fd) != now.end()) continue;
      if (fd == first_directory) now[fd].closed = true;  // without an entry, it would be open again
      else if (has_descriptors_) found.push_back({join("file-descriptors", std::to_string(fd)), {}});
    }
    bool is_changed = !found.empty();
    for (const auto& [fd, d] : now) {
      const auto before = known_.find(fd);
      const bool is_same = before != known_.end() && before->second == d && (!d.removed || d.file_of >= 0);
      is_changed = is_changed || !is_same;
      const bool is_implied = is_same && fd == first_directory && d == root_descriptor();
      if (is_same && (has_descriptors_ || is_implied)) continue;
      found.push_back({join("file-descriptors", std::to_string(fd)), detail::write_descriptor<M>(d, contents[fd])});
    }
    if (!is_changed) return;
    if (!has_descriptors_) to.push_back({"file-descriptors", M::make_map({})});
    for (change& c : found) to.push_back(std::move(c));
  }

  descriptor describe(const open_file& file, std::uint32_t fd) {
    descriptor d;
    const auto before = known_.find(fd);
    d.offset = file.offset;
    d.flags = file.flags;
    d.preopened = file.preopened;
    const file_node& n = tree().node(file.node);
    d.filename = tree().path_of(file.node);
    // The name that the message had may be another one of the file, or say more than a path.
    if (before != known_.end() && before->second.filename != d.filename && !before->second.closed &&
        tree().walk(before->second.filename) == file.node) {
      d.filename = before->second.filename;
    }
    if (d.filename.empty()) {
      d.removed = true;
      d.directory = n.type == file_type::directory;
      d.filename = before != known_.end() && !before->second.filename.empty() ? before->second.filename : "/removed";
    }
    const file_rights inheriting = n.type == file_type::directory ? all_file_rights : 0;
    d.all_rights = file.base == detail::default_rights(n.type, file.terminal, d.filename == "/dev/stdin") &&
                   file.inheriting == inheriting;
    if (!d.all_rights) {
      d.rights = file.base;
      d.inheriting = file.inheriting;
    }
    return d;
  }

  void plan_working_directory(changes& to) {
    const std::string now = files().working_directory();
    if (now == working_directory_) return;
    to.push_back({"vfs-working-directory", now == "/" ? value() : text(now)});
  }

  /// Paths lead through maps that were seen, so that nothing of this fails.
  static result<void> apply(value& state, changes& planned) {
    for (change& c : planned) {
      if (M::kind(c.item) == value_kind::null) {
        state = M::remove(std::move(state), c.path);
      } else {
        WASM64_TRY(state, M::set(std::move(state), c.path, std::move(c.item), set_mode::replace));
      }
    }
    return success();
  }

  guest<M>* owner_ = nullptr;
  const value* state_ = nullptr;  ///< null: that of the call that is going on
  file_provider* before_ = nullptr;
  std::map<std::uint32_t, descriptor> known_;  ///< what the message said
  std::string working_directory_;
  bool has_items_ = false;
  bool has_extra_ = false;
  bool has_descriptors_ = false;
  bool opens_streams_ = false;
};

}  // namespace wasm64
