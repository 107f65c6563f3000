#pragma once

#include <algorithm>
#include <map>

#include "wasm64/storage/concept.hpp"

namespace wasm64 {

/// Where the references of an object are told to; see `collect_garbage`.
class reference_list {
 public:
  /// Kinds are below this.
  static constexpr std::uint8_t kinds = 15;

  /// Refers to an object, which will be asked for its references in turn, as one of this kind.
  void add(const content_id& id, std::uint8_t kind = 0) { pending_.push_back({id, kind}); }
  /// Refers to an object that refers to nothing whatever its bytes are. It is not read.
  void add_leaf(const content_id& id) {
    if (std::uint16_t* const marks = marks_of(id)) *marks |= reached;
  }
  /// May refer to an object: nothing is looked for that is not known to be there.
  void add_known(const content_id& id) {
    if (marks_of(id) != nullptr) add(id);
  }

 private:
  template <class S, class References>
  friend class garbage_collection;

  static constexpr std::uint16_t reached = 1u << kinds;  // the other bits: as which kinds it was asked

  struct reference {
    content_id id;
    std::uint8_t kind;
  };

  std::uint16_t* marks_of(const content_id& id) {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (found == ids_.end() || *found != id) return nullptr;
    return &marks_[static_cast<std::size_t>(found - ids_.begin())];
  }

  vector<content_id> ids_;  ///< all that was there at the beginning, sorted
  vector<std::uint16_t> marks_;
  std::map<content_id, std::uint16_t> newer_;  ///< marks of what has come since
  vector<reference> pending_;
};

/// What an object refers to that is not made by this library: any 43 characters of base64url that stand alone, and
/// those in longer runs that are ids of something there.
struct text_references {
  result<void> operator()(const content_id&, std::uint8_t, bytes_view bytes, reference_list& to) const {
    const std::string_view text = as_text(bytes);
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && is_digit(text[end])) ++end;
      for (std::size_t at = i; at + content_id::text_size <= end; ++at) {
        const result<content_id> id = parse_id(text.substr(at, content_id::text_size));
        if (!id.has_value()) continue;
        if (end - i == content_id::text_size) {
          to.add(id.assume_value());
        } else {
          to.add_known(id.assume_value());
        }
      }
      i = end + 1;
    }
    return success();
  }

 private:
  static bool is_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  }
};

struct garbage_totals {
  std::uint64_t reached = 0;  ///< objects that some root leads to
  sweep_totals swept;
};

/// One collection over a store; use `collect_garbage`.
template <class S, class References>
class garbage_collection {
  static_assert(storage_policy<S> && storage_names<S> && storage_lists<S> && storage_erases<S> &&
                    storage_lists_roots<S>,
                "collecting garbage needs a store with names, `list`, `erase` and `roots`");

 public:
  garbage_collection(S& store, References& references) noexcept : store_(store), references_(references) {}
  garbage_collection(const garbage_collection&) = delete;
  garbage_collection& operator=(const garbage_collection&) = delete;
  ~garbage_collection() {
    if constexpr (storage_sweeps<S>) {
      if (sweeping_) store_.end_sweep();
    }
  }

  result<garbage_totals> run() {
    if constexpr (storage_sweeps<S>) {
      WASM64_CHECK(store_.begin_sweep());
      sweeping_ = true;
    }
    WASM64_TRY(list_.ids_, store_.list());
    std::sort(list_.ids_.begin(), list_.ids_.end());
    list_.marks_.resize(list_.ids_.size());
    // Roots may move while their objects are followed. What they move to is new, for the most part, or was followed.
    for (int pass = 0; pass < 3; ++pass) WASM64_CHECK(follow_roots());
    garbage_totals totals;
    for (const std::uint16_t marks : list_.marks_) totals.reached += marks != 0 ? 1u : 0u;
    if constexpr (storage_sweeps<S>) {
      WASM64_TRY(totals.swept, store_.sweep(&keeps, &list_));
    } else {
      for (std::size_t i = 0; i < list_.ids_.size(); ++i) {
        if (list_.marks_[i] != 0) continue;
        WASM64_CHECK(store_.erase(list_.ids_[i]));
        ++totals.swept.objects;
      }
    }
    return totals;
  }

 private:
  result<void> follow_roots() {
    WASM64_TRY(const auto roots, store_.roots());
    for (const auto& [name, id] : roots) list_.add(id);
    while (!list_.pending_.empty()) {
      const reference_list::reference next = list_.pending_.back();
      list_.pending_.pop_back();
      WASM64_CHECK(follow(next));
    }
    return success();
  }

  result<void> follow(const reference_list::reference& next) {
    std::uint16_t* const known = list_.marks_of(next.id);
    std::uint16_t& marks = known != nullptr ? *known : list_.newer_[next.id];
    const auto asked = static_cast<std::uint16_t>(1u << (next.kind % reference_list::kinds));
    if ((marks & asked) != 0) return success();
    marks = static_cast<std::uint16_t>(marks | reference_list::reached | asked);
    const auto bytes = store_.get(next.id);
    // A text may well name what was never here.
    if (!bytes.has_value() && bytes.assume_error().code == errc::not_found) return success();
    // Without an object's bytes nobody can say what else is needed.
    if (!bytes.has_value()) return fail(bytes.assume_error());
    return references_(next.id, next.kind, bytes_view(bytes.assume_value()), list_);
  }

  static bool keeps(const void* list, const content_id& id) {
    auto& marks = *const_cast<reference_list*>(static_cast<const reference_list*>(list));
    const std::uint16_t* const known = marks.marks_of(id);
    return known == nullptr || *known != 0;
  }

  S& store_;
  References& references_;
  reference_list list_;
  bool sweeping_ = false;
};

/// Forgets what no root leads to. `references(id, kind, bytes, list)` tells `list` what an object refers to; roots are
/// of kind 0. It takes 34 bytes an object besides those of the store. When anything fails, a damaged object among them,
/// what could be needed is still there.
///
/// Others may go on meanwhile where the store is a `storage_sweeps`, such as `filesystem_store`: what a program has
/// put, also before the beginning, is kept until it had time to let a root lead there. With other stores, what is put
/// from the beginning on is kept if it was not there; so nobody may put, meanwhile, what no root leads to.
template <class S, class References = text_references>
result<garbage_totals> collect_garbage(S& store, References references = {}) {
  return garbage_collection<S, References>(store, references).run();
}

}  // namespace wasm64
