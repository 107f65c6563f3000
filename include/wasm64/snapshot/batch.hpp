#pragma once

#include <deque>
#include <unordered_set>

#include "wasm64/storage/any_store.hpp"

namespace wasm64 {

/// Objects that a store is to have, each once, put as one unit.
class object_batch {
 public:
  /// Refers to the bytes until they were put.
  void add(const content_id& id, bytes_view bytes) {
    if (!known_.insert(id).second) return;
    ids_.push_back(id);
    items_.push_back(bytes);
  }
  void add(const content_id& id, byte_vector bytes) {
    if (known_.contains(id)) return;
    owned_.push_back(std::move(bytes));
    add(id, view_of(owned_.back()));
  }

  std::span<const content_id> ids() const noexcept { return view_of(ids_); }
  std::span<const bytes_view> items() const noexcept { return view_of(items_); }
  bool empty() const noexcept { return items_.empty(); }

  /// Fails as the store does, and with `hash_mismatch` when it calls something by another id.
  result<void> put(any_store& to) const { return empty() ? result<void>(success()) : to.put_known(ids(), items()); }

 private:
  struct hash {
    std::size_t operator()(const content_id& id) const noexcept { return load_le<std::size_t>(id.bytes.data()); }
  };

  std::unordered_set<content_id, hash> known_;
  vector<content_id> ids_;
  vector<bytes_view> items_;
  std::deque<byte_vector> owned_;
};

}  // namespace wasm64
