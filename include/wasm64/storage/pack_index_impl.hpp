#pragma once

#include "wasm64/storage/pack_index.hpp"

namespace wasm64::detail {

WASM64_INLINE void pack_index::add(const content_id& id, std::uint32_t in, std::uint64_t offset, std::uint64_t size) {
  const bool is_short = size < none;
  if (!is_short) {
    // Too large to be compressed, so that it can be seen as a group of its own.
    group own = groups_[in];
    own.position += offset;
    own.stored = own.raw = size;
    in = add(own);
    offset = 0;
  }
  copies_.push_back({id, offset, in, is_short ? static_cast<std::uint32_t>(size) : none});
  enter(static_cast<std::uint32_t>(copies_.size() - 1));
}

WASM64_INLINE void pack_index::enter(std::uint32_t number) {
  if ((used_ + 1) * 4 > slots_.size() * 3) {
    vector<std::uint32_t> old(slots_.empty() ? 64 : slots_.size() * 2, none);
    old.swap(slots_);
    for (const std::uint32_t moved : old) {
      if (moved != none) slots_[slot_of(copies_[moved].id)] = moved;
    }
  }
  std::uint32_t& slot = slots_[slot_of(copies_[number].id)];
  if (slot == none) {
    ++used_;
  } else {
    hidden_.push_back(slot);
  }
  slot = number;
}

WASM64_INLINE std::uint32_t pack_index::other_copy(const content_id& id, std::uint32_t from) const noexcept {
  bool passed = from == none;
  for (const std::uint32_t number : hidden_) {
    if (passed && copies_[number].id == id) return number;
    passed = passed || number == from;
  }
  return none;
}

WASM64_INLINE void pack_index::prefer(std::uint32_t number) noexcept {
  std::uint32_t& slot = slots_[slot_of(copies_[number].id)];
  for (std::uint32_t& hidden : hidden_) {
    if (hidden == number) std::swap(hidden, slot);
  }
}

WASM64_INLINE void pack_index::remove(std::uint32_t number) noexcept {
  if (const std::uint32_t other = other_copy(copies_[number].id, none); other == none) {
    empty_slot(slot_of(copies_[number].id));
  } else {
    if (find(copies_[number].id) == number) prefer(other);
    for (auto at = hidden_.begin(); at != hidden_.end(); ++at) {
      if (*at != number) continue;
      hidden_.erase(at);
      break;
    }
  }
  copies_[number].group = none;
}

/// Moves what was displaced by this slot's copy back, so that searches need no marks of what was there.
WASM64_INLINE void pack_index::empty_slot(std::size_t slot) noexcept {
  const std::size_t mask = slots_.size() - 1;
  slots_[slot] = none;
  --used_;
  for (std::size_t next = (slot + 1) & mask; slots_[next] != none; next = (next + 1) & mask) {
    const std::size_t home = home_of(copies_[slots_[next]].id);
    if (((next - home) & mask) < ((next - slot) & mask)) continue;
    slots_[slot] = std::exchange(slots_[next], none);
    slot = next;
  }
}

}  // namespace wasm64::detail
