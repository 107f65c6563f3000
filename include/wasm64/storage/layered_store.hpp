#pragma once

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"

namespace wasm64 {

struct layered_options {
  bool write_back = false;  ///< what only the far store had is put into the near one when it is read
};

/// Two stores as one: a near one, which takes all writes, and a far one behind it, which is only read. The first that
/// has what is asked answers; a near store that fails is passed over, and its failure reported only when the far one
/// has no answer either. Refers to both; for more layers, put a layered store in a layered store.
template <class Near, class Far>
class layered_store {
  static_assert(check_storage_policy<Near>() && check_storage_policy<Far>());

 public:
  layered_store(Near& near, Far& far, layered_options with = {}) noexcept : near_(&near), far_(&far), with_(with) {}

  result<shared_bytes> get(const content_id& id) {
    auto first = near_->get(id);
    if (first.has_value()) return to_shared(std::move(first).assume_value());
    auto second = far_->get(id);
    if (second.has_value()) {
      shared_bytes bytes = to_shared(std::move(second).assume_value());
      // Without it the next read asks the far store again, no more.
      if (with_.write_back) static_cast<void>(near_->put(bytes_view(bytes)));
      return bytes;
    }
    return fail(telling(first.assume_error(), second.assume_error()));
  }

  result<content_id> put(bytes_view bytes) { return near_->put(bytes); }
  result<vector<content_id>> put_all(std::span<const bytes_view> items) { return wasm64::put_all(*near_, items); }

  result<void> put_known(std::span<const content_id> ids, std::span<const bytes_view> items) {
    return wasm64::put_known(*near_, ids, items);
  }

  result<bool> contains(const content_id& id) {
    const result<bool> first = near_->contains(id);
    if (first.has_value() && first.assume_value()) return true;
    const result<bool> second = far_->contains(id);
    if (second.has_value() && (second.assume_value() || first.has_value())) return second;
    return first.has_value() ? second : first;
  }

  result<void> link(std::string_view name, const content_id& id)
    requires storage_names<Near>
  {
    return near_->link(name, id);
  }
  result<content_id> resolve(std::string_view name)
    requires storage_names<Near>
  {
    const result<content_id> first = near_->resolve(name);
    if constexpr (storage_names<Far>) {
      if (!first.has_value() && first.assume_error().code == errc::not_found) return far_->resolve(name);
    }
    return first;
  }
  /// The name may still resolve in the far store.
  result<void> unlink(std::string_view name)
    requires storage_names<Near>
  {
    return near_->unlink(name);
  }
  /// A name that only the far store knows counts with what it stands for there.
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired)
    requires storage_names<Near>
  {
    const result<content_id> now = resolve(name);
    if (!now.has_value() && now.assume_error().code != errc::not_found) return fail(now.assume_error());
    const bool holds = now.has_value() ? expected != nullptr && now.assume_value() == *expected : expected == nullptr;
    if (!holds) return fail(errc::conflict, std::string(name));
    const bool near_knows = near_->resolve(name).has_value();
    return near_->compare_and_swap(name, near_knows ? expected : nullptr, desired);
  }

 private:
  static const error& telling(const error& first, const error& second) noexcept {
    return first.code == errc::not_found ? second : first;
  }

  Near* near_;
  Far* far_;
  layered_options with_;
};

}  // namespace wasm64
