#pragma once

#include <algorithm>
#include <memory>

#include "wasm64/module/module.hpp"
#include "wasm64/storage/id.hpp"

namespace wasm64 {

/// Decoded modules by id, to be shared between instances: those in use, and the latest others, up to so many bytes of
/// images.
class module_cache {
 public:
  explicit module_cache(std::size_t idle_bytes) noexcept : limit_(idle_bytes) {}

  /// Null when it is not there.
  std::shared_ptr<const module> find(const content_id& id) {
    const auto is_it = [&](const entry& e) { return e.id == id; };
    const auto found = std::find_if(entries_.begin(), entries_.end(), is_it);
    if (found == entries_.end()) return nullptr;
    std::shared_ptr<const module> known = found->used.lock();
    entries_.erase(found);
    if (known != nullptr) add(id, known);
    return known;
  }

  void add(const content_id& id, const std::shared_ptr<const module>& m) {
    entries_.push_back({id, m, m});
    std::size_t left = limit_;
    for (std::size_t i = entries_.size(); i-- > 0;) {
      std::shared_ptr<const module>& kept = entries_[i].kept;
      if (kept == nullptr) continue;
      if (kept->bytes.size() > left) kept.reset();
      else left -= kept->bytes.size();
    }
    const auto is_gone = [](const entry& e) { return e.used.expired(); };
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(), is_gone), entries_.end());
  }

 private:
  struct entry {
    content_id id;
    std::weak_ptr<const module> used;
    std::shared_ptr<const module> kept;  ///< null when there was no room for it
  };

  std::size_t limit_;
  vector<entry> entries_;  ///< the latest last
};

}  // namespace wasm64
