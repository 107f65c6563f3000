#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/config.hpp"
#include "wasm64/host/file_content.hpp"
#include "wasm64/host/file_types.hpp"
#include "wasm64/host/wasi_errno.hpp"

namespace wasm64 {

/// Where a file or a directory comes from that the tree has not looked into yet. Answers are the same each time.
class file_origin {
 public:
  virtual ~file_origin() = default;
  /// Regular file, directory or symbolic link.
  virtual file_type type() const = 0;
  virtual file_times times() const { return {}; }
  /// The content of a file, the target of a link; they live as long as this.
  virtual bytes_view bytes() const { return {}; }
  /// What a directory has under a name, or null.
  virtual std::shared_ptr<const file_origin> find(std::string_view) const { return nullptr; }
  /// Calls `visit` with each name of a directory.
  virtual void list(void (*visit)(void* state, std::string_view name), void* state) const { (void)visit, (void)state; }
  /// Paths from the root, for a file that has several names. The first of them has the content and knows the others;
  /// the others know the first.
  virtual std::string first_name() const { return {}; }
  virtual vector<std::string> other_names() const { return {}; }
  /// Adds up what is below: bytes and nodes.
  virtual void measure(std::uint64_t& bytes, std::uint64_t& nodes) const { bytes += this->bytes().size(), ++nodes; }
};

/// Names a node of a tree; may name another one when that is gone.
using file_id = std::uint32_t;
inline constexpr file_id no_file = ~file_id{0};

/// Entries are in the order of a hash of their names, which is the cookie to read on from: it stays the same whatever
/// comes and goes, and needs no memory.
struct entry_key {
  explicit entry_key(std::string_view n) : hash(hash_of(n)), name(n) {}
  entry_key(std::uint64_t h, std::string_view n) : hash(h), name(n) {}

  std::uint64_t hash;
  std::string name;

  friend bool operator<(const entry_key& a, const entry_key& b) noexcept {
    return a.hash != b.hash ? a.hash < b.hash : a.name < b.name;
  }
  /// FNV-1a, mixed; 0, 1 and 2 stand for the beginning and the two entries that every directory has.
  static std::uint64_t hash_of(std::string_view name) noexcept {
    std::uint64_t h = 0xcbf29ce484222325;
    for (const char c : name) h = (h ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    h = ((h ^ (h >> 33)) * 0xff51afd7ed558ccd) >> 1;  // non-negative for programs that take it for a signed offset
    return h < 3 ? h + 3 : h;
  }
};

/// What a directory knows about a name.
struct file_entry {
  file_id node = no_file;  ///< none: the origin's entry was removed
  bool fresh = false;      ///< this name is not the origin's, or does not stand for the same thing
};

struct file_node {
  /// Where a name of a node stands.
  struct name_place {
    file_id directory;
    std::string name;
  };

  file_type type = file_type::unknown;
  bool changed = false;        ///< content or attributes are not the origin's
  bool all_listed = false;     ///< all entries of the origin are in `entries`
  std::uint32_t users = 0;     ///< open descriptors and the like
  std::uint32_t depth = 0;     ///< of a directory: how many are above it
  std::uint64_t number = 0;
  file_times times;
  std::uint64_t uncounted = 0;                  ///< bytes of the content
  file_content content;                         ///< of a file; the target of a symbolic link
  std::map<entry_key, file_entry> entries;      ///< of a directory
  small_vector<name_place, 1> names;            ///< a directory has one at most, the root none
  std::shared_ptr<const file_origin> origin;    ///< null for what the program has made
};

/// Files, directories and links, in memory. Knows nothing of paths, descriptors and rights. Nodes are made when they
/// are asked for; those that nothing refers to any more are gone at once.
class file_tree {
 public:
  static constexpr file_id root = 0;

  /// A tree with an empty root, or that of `origin`. Adds to `work` what operations cost beyond a fixed price, in bytes
  /// moved or the like.
  file_tree(const file_limits& limits, std::uint64_t& work, std::shared_ptr<const file_origin> origin = nullptr);

  file_node& node(file_id id) noexcept { return *nodes_[id]; }
  const file_node& node(file_id id) const noexcept { return *nodes_[id]; }

  /// What a directory has under a name, or none.
  file_id find(file_id directory, std::string_view name);
  /// The first entry of a directory behind a cookie, or null. "." and ".." are not among them.
  const std::pair<const entry_key, file_entry>* next(file_id directory, std::uint64_t cookie);
  bool is_empty(file_id directory) { return next(directory, 0) == nullptr; }
  /// The directory above; the root is above itself, and none above what was removed.
  file_id parent(file_id directory) noexcept;

  /// A new node without a name; it goes with its last user or name. Fails with `nospc`.
  wasi_errno make(file_type type, const file_times& now, file_id& made);
  /// Whether there is room for more, which counts as soon as it is there. Fails with `nospc`.
  wasi_errno check_room(std::uint64_t bytes, std::uint64_t nodes);
  /// Whether a directory's entry can be that node. Fails with `nametoolong`.
  wasi_errno check_depth(file_id directory, file_id id);
  /// Gives a node a name that the directory does not have. Fails with `mlink`, or `nametoolong` for directories that
  /// would be too deep.
  wasi_errno link(file_id directory, std::string_view name, file_id id);
  /// Takes away a name that is there.
  void unlink(file_id directory, std::string_view name);
  void use(file_id id) noexcept { ++node(id).users; }
  void release(file_id id);

  /// Sets the size of a file. Fails with `nospc` or `fbig`.
  wasi_errno resize(file_id id, std::uint64_t size);
  /// Overwrites and extends; all or nothing. What does not count has the limit for itself, all such files together, and
  /// costs no look at the other files.
  wasi_errno write(file_id id, std::uint64_t at, bytes_view bytes, bool counts = true);

  /// The path from the root of the first name; empty for what has none.
  std::string path_of(file_id id);
  /// The node at a path of names from the root, without regard to links; or none.
  file_id walk(std::string_view path);
  /// True if `id` is `directory` or below it.
  bool is_inside(file_id id, file_id directory) noexcept;

 private:
  file_id adopt(std::shared_ptr<const file_origin> origin, file_id directory, std::string_view name);
  file_id add_node(std::unique_ptr<file_node> n);
  void list_all(file_node& directory, file_id id);
  wasi_errno charge(std::uint64_t bytes, std::uint64_t nodes);
  void find_other_names(file_id id, const vector<std::string>& names);
  std::uint32_t height(file_id directory);
  void moved(file_id directory, std::uint32_t depth);
  void drop_unused(file_id id);
  void discount(file_node& n, std::uint64_t bytes) noexcept;

  static constexpr std::uint64_t entry_work = 64;

  const file_limits* limits_;
  std::uint64_t* work_;
  vector<std::unique_ptr<file_node>> nodes_;
  vector<file_id> free_;
  std::uint64_t last_number_ = 0;
  bool measured_ = false;
  bool follows_name_ = false;  ///< looks for the first name of a file, which is not again one of several
  std::int64_t bytes_ = 0;  ///< those of the origin count from when they were measured
  std::int64_t count_ = 0;  ///< nodes, and names but the first of each
  std::uint64_t uncounted_ = 0;  ///< bytes of files that do not count
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/host/file_tree_impl.hpp"
#endif
