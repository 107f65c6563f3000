#pragma once

#include "wasm64/base/containers.hpp"
#include "wasm64/config.hpp"
#include "wasm64/storage/id.hpp"

namespace wasm64::detail {

/// Where objects are: a list of copies, and a hash table that finds the one that counts. 48 bytes a copy and 6 to 11
/// for the table, besides the room a growing vector keeps.
class pack_index {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct group {
    std::uint64_t position = 0;  ///< of the stored bytes in the pack
    std::uint64_t stored = 0;
    std::uint64_t raw = 0;
    std::uint64_t check = 0;
    std::uint64_t batch = 0;  ///< where the batch begins
    std::uint32_t pack = 0;
    std::uint32_t codec = 0;
  };

  struct copy {
    content_id id;
    std::uint64_t offset = 0;  ///< in the group's raw bytes
    std::uint32_t group = 0;
    std::uint32_t short_size = 0;  ///< all bits set: the group, which has nothing else
  };

  /// A secret number makes it hard to choose objects that collide.
  explicit pack_index(std::uint64_t secret) noexcept : secret_(secret | 1) {}
  void clear() { *this = pack_index(secret_); }

  std::uint32_t find(const content_id& id) const noexcept { return slots_.empty() ? none : slots_[slot_of(id)]; }
  const copy& operator[](std::uint32_t number) const noexcept { return copies_[number]; }
  const group& group_of(const copy& of) const noexcept { return groups_[of.group]; }
  std::uint64_t size_of(const copy& of) const noexcept {
    return of.short_size == none ? groups_[of.group].raw : of.short_size;
  }
  std::size_t size() const noexcept { return used_; }

  std::uint32_t add(const group& g) {
    groups_.push_back(g);
    return static_cast<std::uint32_t>(groups_.size() - 1);
  }
  /// The newest copy of an object counts; the others are kept for when it turns out to be damaged.
  void add(const content_id& id, std::uint32_t in, std::uint64_t offset, std::uint64_t size);

  /// Another copy of the same object, after `from` (none: the first); none if there is no more. Slow.
  std::uint32_t other_copy(const content_id& id, std::uint32_t from) const noexcept;
  /// Makes this copy the one that counts.
  void prefer(std::uint32_t number) noexcept;
  /// Forgets a copy. Slow where the object has several.
  void remove(std::uint32_t number) noexcept;
  /// Forgets all copies in packs of which `is_gone(number)`; copies have other numbers afterwards. Slow.
  template <class F>
  void remove_packs(F is_gone) {
    pack_index left(secret_);
    vector<std::uint32_t> moved(groups_.size(), none);
    for (const copy& c : copies_) {
      if (c.group == none || is_gone(groups_[c.group].pack)) continue;
      if (moved[c.group] == none) moved[c.group] = left.add(groups_[c.group]);
      left.copies_.push_back({c.id, c.offset, moved[c.group], c.short_size});
      left.enter(static_cast<std::uint32_t>(left.copies_.size() - 1));
    }
    *this = std::move(left);
  }

  /// Calls `use` for the copy of each object that counts.
  template <class F>
  void for_each(F use) const {
    for (const std::uint32_t number : slots_) {
      if (number != none) use(number);
    }
  }
  /// All copies, those that do not count too.
  template <class F>
  void for_each_copy(F use) const {
    for (std::uint32_t i = 0; i < copies_.size(); ++i) {
      if (copies_[i].group != none) use(i);
    }
  }

 private:
  std::size_t slot_of(const content_id& id) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = home_of(id);
    while (slots_[slot] != none && copies_[slots_[slot]].id != id) slot = (slot + 1) & mask;
    return slot;
  }
  std::size_t home_of(const content_id& id) const noexcept {
    std::uint64_t mixed = (load_le<std::uint64_t>(id.bytes.data()) ^ secret_) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 32;
    return static_cast<std::size_t>(mixed * secret_ >> 32) & (slots_.size() - 1);
  }
  void enter(std::uint32_t number);
  void empty_slot(std::size_t slot) noexcept;

  std::uint64_t secret_;
  vector<group> groups_;
  vector<copy> copies_;
  vector<std::uint32_t> slots_;   ///< a power of two of them, at most 3/4 used
  vector<std::uint32_t> hidden_;  ///< copies that do not count
  std::size_t used_ = 0;
};

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/pack_index_impl.hpp"
#endif
