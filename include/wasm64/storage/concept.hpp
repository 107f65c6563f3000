#pragma once

#include <concepts>
#include <span>
#include <string>
#include <utility>

#include "wasm64/base/containers.hpp"
#include "wasm64/storage/id.hpp"

// A storage policy keeps bytes under the SHA-256 of what they are. `memory_store` is a complete model. Each part below
// is one requirement; `storage/check.hpp` has a sentence for each required one. What the signatures do not say:
//
// - `get` answers bytes that hash to the id, or fails: not_found, hash_mismatch, storage_io;
// - `put` is durable when it returns, as far as the store is; putting what is there is no error;
// - nothing throws.

namespace wasm64 {

template <class S>
concept storage_gets = requires(S& store, const content_id& id) {
  { store.get(id).assume_value() } -> std::convertible_to<bytes_view>;
  { store.get(id).assume_error() } -> std::convertible_to<error>;
};

template <class S>
concept storage_puts = requires(S& store, bytes_view bytes) {
  { store.put(bytes) } -> std::same_as<result<content_id>>;
};

template <class S>
concept storage_contains = requires(S& store, const content_id& id) {
  { store.contains(id) } -> std::same_as<result<bool>>;
};

template <class S>
concept storage_policy = storage_gets<S> && storage_puts<S> && storage_contains<S>;

// Optional parts. The library uses `put_all` and names where a store has them; the rest is for programs.

/// Many at once, as one durable unit.
template <class S>
concept storage_puts_all = requires(S& store, std::span<const bytes_view> items) {
  { store.put_all(items) } -> std::same_as<result<vector<content_id>>>;
};

/// The same for bytes whose ids the caller has computed, and answers for: nothing needs to be hashed again.
template <class S>
concept storage_puts_known = requires(S& store, std::span<const content_id> ids, std::span<const bytes_view> items) {
  { store.put_known(ids, items) } -> std::same_as<result<void>>;
};

/// Named roots, the only thing in a store that changes. `compare_and_swap` takes what the name must stand for now
/// (null: nothing) and fails with `conflict`, having changed nothing, when it does not.
template <class S>
concept storage_names = requires(S& store, std::string_view name, const content_id& id, const content_id* expected) {
  { store.link(name, id) } -> std::same_as<result<void>>;
  { store.resolve(name) } -> std::same_as<result<content_id>>;
  { store.unlink(name) } -> std::same_as<result<void>>;
  { store.compare_and_swap(name, expected, id) } -> std::same_as<result<void>>;
};

/// All ids, in no particular order.
template <class S>
concept storage_lists = requires(S& store) {
  { store.list() } -> std::same_as<result<vector<content_id>>>;
};

/// Forgets bytes; those that are not there are no error.
template <class S>
concept storage_erases = requires(S& store, const content_id& id) {
  { store.erase(id) } -> std::same_as<result<void>>;
};

/// All roots, in no particular order.
template <class S>
concept storage_lists_roots = requires(S& store) {
  { store.roots() } -> std::same_as<result<vector<std::pair<std::string, content_id>>>>;
};

/// What a collection has done to a store.
struct sweep_totals {
  std::uint64_t objects = 0;  ///< that were forgotten
  std::uint64_t freed = 0;    ///< bytes that the store takes less
  std::uint64_t left = 0;     ///< bytes of objects that are not needed, and stay until more around them are not
  std::uint64_t packs = 0;    ///< files that were removed
  std::uint64_t busy = 0;     ///< files left alone, because a store has put objects there or counts on some
};

/// Forgets many at once, and knows what others count on. Between `begin_sweep` and `end_sweep` nothing is taken away of
/// what is put, and what is there already is written again where it could be taken away. `sweep` forgets all that was
/// there at the beginning and that `keeps` is not true of, or as much as is worth the effort.
template <class S>
concept storage_sweeps = requires(S& store, bool (*keeps)(const void*, const content_id&), const void* context) {
  { store.begin_sweep() } -> std::same_as<result<void>>;
  { store.sweep(keeps, context) } -> std::same_as<result<sweep_totals>>;
  { store.end_sweep() } -> std::same_as<void>;
};

/// Puts many, at once where the store can.
template <storage_policy S>
result<vector<content_id>> put_all(S& store, std::span<const bytes_view> items) {
  if constexpr (storage_puts_all<S>) {
    return store.put_all(items);
  } else {
    vector<content_id> ids;
    ids.reserve(items.size());
    for (const bytes_view bytes : items) {
      WASM64_TRY(const content_id id, store.put(bytes));
      ids.push_back(id);
    }
    return ids;
  }
}

/// Puts many whose ids are known. Fails with `hash_mismatch` when the store calls one of them by another id.
template <storage_policy S>
result<void> put_known(S& store, std::span<const content_id> ids, std::span<const bytes_view> items) {
  if constexpr (storage_puts_known<S>) {
    return store.put_known(ids, items);
  } else {
    WASM64_TRY(const vector<content_id> stored, put_all(store, items));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i >= stored.size() || stored[i] != ids[i]) return fail(errc::hash_mismatch, to_text(ids[i]));
    }
    return success();
  }
}

}  // namespace wasm64
