#pragma once

#include <cstddef>
#include <cstdint>

#include "wasm64/base/containers.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// Gives every defined type a number, its canonical id: the same one to equal types of all modules that were added
/// (specification 3.3.1: recursive groups are equal as a whole, references within them are relative). Ids count from 0
/// in the order of first use. Adding takes time and space linear in the size of the types.
///
/// A group is written down as words, references into the group relative and all others by canonical id, and found by
/// the words' hash. For subtyping, the supertypes of a type are listed once, for all types right below it: whether a
/// type of depth d is a supertype of another one is told by place d of that one's list.
class type_registry {
 public:
  /// Longest chain of supertypes above a type; the limit that all engines share.
  static constexpr std::uint32_t max_depth = 63;

  /// The canonical id of each type of a module. References are in range, a type has at most one supertype, which stands
  /// before it and is no deeper than `max_depth - 1`: validation (specification 3.2) sees to it.
  vector<std::uint32_t> add(const vector<sub_type>& types);
  /// The canonical id of a final function type on its own, which refers to no defined types.
  std::uint32_t add(const func_type& type);

  /// Reflexive; O(1).
  WASM64_HOT bool is_subtype(std::uint32_t sub, std::uint32_t super) const noexcept {
    if (sub == super) return true;
    const entry& below = entries_[sub];
    const std::uint32_t depth = entries_[super].depth;
    return depth < below.depth && supers_[below.supers + depth] == super;
  }

  /// Number of ids given.
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(entries_.size()); }
  comp_kind kind(std::uint32_t id) const noexcept { return static_cast<comp_kind>(words_[entries_[id].at] & 3); }
  /// True when nothing can be its subtype, so that equality decides.
  bool is_final(std::uint32_t id) const noexcept { return (words_[entries_[id].at] & final_bit) != 0; }
  /// The type with that id, all type indices in it canonical ids; what group it belongs to is left out. Put together
  /// anew at each call.
  sub_type type(std::uint32_t id) const;

 private:
  struct entry {
    std::size_t at = 0;  ///< its first word
    std::uint32_t first = 0;  ///< id of the first type of its group
    std::uint32_t supers = 0;  ///< where its supertypes are listed, the topmost first
    std::uint32_t as_super = 0;  ///< where they are listed together with itself, for its subtypes; 0: nowhere yet
    std::uint32_t depth = 0;  ///< number of its supertypes
  };
  struct group {
    std::uint64_t hash = 0;
    std::size_t begin = 0;  ///< words
    std::size_t end = 0;
    std::uint32_t first = 0;  ///< id
    std::uint32_t size = 0;
  };

  // A type's words: its kind, with bits; how many parameters or fields it has, and results in the upper half; its
  // supertype; then all of these.
  static constexpr std::uint64_t final_bit = 4, super_bit = 8;
  // A value type's word: its code; bits; in the upper half its heap type.
  static constexpr std::uint64_t null_bit = 0x100, mutable_bit = 0x200, relative_bit = 0x400;

  void add_group(const vector<sub_type>& types, std::size_t begin, vector<std::uint32_t>& ids);
  void encode(const sub_type& type, std::uint32_t begin, const vector<std::uint32_t>& ids);
  static std::uint64_t encode(val_type type, std::uint32_t begin, const vector<std::uint32_t>& ids) noexcept;
  static val_type decode(std::uint64_t word, std::uint32_t first) noexcept;
  void place(entry& made);
  std::uint64_t hash(const group& g) const noexcept;
  std::uint32_t* find(const group& g) noexcept;
  void grow();

  vector<entry> entries_;  ///< by id
  vector<std::uint64_t> words_;
  vector<std::uint32_t> supers_;
  vector<group> groups_;
  vector<std::uint32_t> buckets_;  ///< open addressing; 0: free, otherwise the number of a group + 1
  std::uint64_t seed_ = reinterpret_cast<std::uintptr_t>(this);
};

/// The same type with the canonical id in place of the type index, where there is one.
inline val_type canonical(val_type type, const vector<std::uint32_t>& ids) noexcept {
  if (type.is_ref() && type.heap.is_index()) type.heap.code = static_cast<std::int32_t>(ids[type.heap.index()]);
  return type;
}

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/module/type_registry_impl.hpp"
#endif
