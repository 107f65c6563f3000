#pragma once

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"

namespace wasm64 {

/// Refers to a store of any type, so that what uses stores is compiled once. Optional parts that the store lacks fail
/// with `unsupported_by_store`. Costs an indirect call; copies refer to the same store, which outlives them.
class any_store {
 public:
  template <storage_policy S>
    requires(!std::same_as<S, any_store>)
  explicit any_store(S& store) noexcept : store_(&store), operations_(&operations_of_store<S>) {}

  result<shared_bytes> get(const content_id& id) { return operations_->get(store_, id); }
  result<content_id> put(bytes_view bytes) {
    WASM64_TRY(const auto ids, put_all({&bytes, 1}));
    return ids.front();
  }
  result<bool> contains(const content_id& id) { return operations_->contains(store_, id); }
  /// One durable unit where the store has such a thing.
  result<vector<content_id>> put_all(std::span<const bytes_view> items) { return operations_->put_all(store_, items); }

  /// The same when the ids are known.
  result<void> put_known(std::span<const content_id> ids, std::span<const bytes_view> items) {
    return operations_->put_known(store_, ids, items);
  }

  /// The same for all that refer to one store.
  const void* identity() const noexcept { return store_; }

  bool has_names() const noexcept { return operations_->resolve != nullptr; }
  result<void> link(std::string_view name, const content_id& id) {
    if (!has_names()) return fail(errc::unsupported_by_store, "names");
    return operations_->link(store_, name, id);
  }
  result<content_id> resolve(std::string_view name) {
    if (!has_names()) return fail(errc::unsupported_by_store, "names");
    return operations_->resolve(store_, name);
  }
  result<void> unlink(std::string_view name) {
    if (!has_names()) return fail(errc::unsupported_by_store, "names");
    return operations_->unlink(store_, name);
  }
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired) {
    if (!has_names()) return fail(errc::unsupported_by_store, "names");
    return operations_->compare_and_swap(store_, name, expected, desired);
  }

 private:
  struct operations {
    result<shared_bytes> (*get)(void*, const content_id&);
    result<bool> (*contains)(void*, const content_id&);
    result<vector<content_id>> (*put_all)(void*, std::span<const bytes_view>);
    result<void> (*put_known)(void*, std::span<const content_id>, std::span<const bytes_view>);
    result<void> (*link)(void*, std::string_view, const content_id&);
    result<content_id> (*resolve)(void*, std::string_view);
    result<void> (*unlink)(void*, std::string_view);
    result<void> (*compare_and_swap)(void*, std::string_view, const content_id*, const content_id&);
  };

  template <class S>
  static constexpr operations make() noexcept {
    operations o{[](void* s, const content_id& id) -> result<shared_bytes> {
                   auto got = static_cast<S*>(s)->get(id);
                   if (!got.has_value()) return fail(std::move(got).assume_error());
                   return to_shared(std::move(got).assume_value());
                 },
                 [](void* s, const content_id& id) { return static_cast<S*>(s)->contains(id); },
                 [](void* s, std::span<const bytes_view> items) { return wasm64::put_all(*static_cast<S*>(s), items); },
                 [](void* s, std::span<const content_id> ids, std::span<const bytes_view> items) {
                   return wasm64::put_known(*static_cast<S*>(s), ids, items);
                 },
                 nullptr,
                 nullptr,
                 nullptr,
                 nullptr};
    if constexpr (storage_names<S>) {
      o.link = [](void* s, std::string_view name, const content_id& id) { return static_cast<S*>(s)->link(name, id); };
      o.resolve = [](void* s, std::string_view name) { return static_cast<S*>(s)->resolve(name); };
      o.unlink = [](void* s, std::string_view name) { return static_cast<S*>(s)->unlink(name); };
      o.compare_and_swap = [](void* s, std::string_view name, const content_id* expected, const content_id& desired) {
        return static_cast<S*>(s)->compare_and_swap(name, expected, desired);
      };
    }
    return o;
  }
  template <class S>
  static constexpr operations operations_of_store = make<S>();

  void* store_;
  const operations* operations_;
};

static_assert(check_storage_policy<any_store>() && storage_names<any_store>);

}  // namespace wasm64
