#pragma once

#include <atomic>
#include <cstdint>

#include "wasm64/base/containers.hpp"
#include "wasm64/runtime/value.hpp"

namespace wasm64 {

/// The references to objects that the host holds. A `value` does not hold an object's address, which collections
/// change, but names an entry here; an entry that was released is told from what came to its place by its generation.
///
/// Entries are of two sorts: those of scopes, which are released together in the reverse order, and owned ones.
class root_table {
 public:
  /// Names a reference to an object for the host, until the innermost scope ends.
  value add(val_type type, std::uint64_t reference) {
    scoped_.push_back({reference, ++generation_});
    return name(type, scoped_.size() - 1, generation_, false);
  }
  /// The same until it is released.
  value add_owned(val_type type, std::uint64_t reference) {
    if (free_.empty()) {
      owned_.push_back({});
      free_.push_back(static_cast<std::uint32_t>(owned_.size() - 1));
    }
    const std::uint32_t at = free_.back();
    free_.pop_back();
    owned_[at] = {reference, ++generation_};
    return name(type, at, generation_, true);
  }
  void release(const value& v) noexcept {
    if (entry* e = find(v); e != nullptr && is_owned(v)) {
      *e = {};
      free_.push_back(index_of(v));
    }
  }

  /// The reference a value names, or null when it is no longer there or of another store.
  const std::uint64_t* reference(const value& v) const noexcept {
    const entry* e = const_cast<root_table*>(this)->find(v);
    return e == nullptr ? nullptr : &e->reference;
  }

  /// Releases everything at once, also what somebody owns: the objects are about to be replaced.
  void forget() noexcept {
    for (entry& e : scoped_) e = {};
    for (std::size_t i = 0; i < owned_.size(); ++i) {
      if (owned_[i].generation == 0) continue;
      owned_[i] = {};
      free_.push_back(static_cast<std::uint32_t>(i));
    }
  }

  /// Scopes: what `mark` answered takes `close` back to where the table was.
  std::size_t mark() const noexcept { return scoped_.size(); }
  void close(std::size_t mark) noexcept {
    if (mark < scoped_.size()) scoped_.resize(mark);
  }

  template <class Visit>
  void visit(Visit& each) noexcept {
    for (entry& e : scoped_) each(e.reference);
    for (entry& e : owned_) each(e.reference);
  }

 private:
  struct entry {
    std::uint64_t reference = 0;
    std::uint64_t generation = 0;
  };

  // A value's `high`: its form, whether it is owned, the store, the index.
  static constexpr std::uint64_t owned_bit = 0x100;
  static constexpr unsigned store_shift = 9, index_shift = 32;
  static constexpr std::uint64_t store_mask = (std::uint64_t{1} << (index_shift - store_shift)) - 1;

  static bool is_owned(const value& v) noexcept { return (v.high & owned_bit) != 0; }
  static std::uint32_t index_of(const value& v) noexcept { return static_cast<std::uint32_t>(v.high >> index_shift); }

  value name(val_type type, std::size_t index, std::uint64_t generation, bool owned) const noexcept {
    return {type, generation,
            static_cast<std::uint64_t>(value::form::object) | (owned ? owned_bit : 0) | store_ << store_shift |
                std::uint64_t{index} << index_shift};
  }
  entry* find(const value& v) noexcept {
    vector<entry>& entries = is_owned(v) ? owned_ : scoped_;
    const std::uint32_t index = index_of(v);
    if ((v.high >> store_shift & store_mask) != store_ || index >= entries.size()) return nullptr;
    return v.bits != 0 && entries[index].generation == v.bits ? &entries[index] : nullptr;
  }
  static std::uint64_t next_store() noexcept {
    static std::atomic<std::uint64_t> count{0};
    return ++count & store_mask;
  }

  vector<entry> scoped_;
  vector<entry> owned_;
  vector<std::uint32_t> free_;  ///< places in `owned_`
  std::uint64_t generation_ = 0;
  std::uint64_t store_ = next_store();
};

}  // namespace wasm64
