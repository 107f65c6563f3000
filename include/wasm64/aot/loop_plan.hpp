#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/aot/emitter.hpp"
#include "wasm64/base/containers.hpp"

// What is known of loops in advance: of those that call nothing and go round by one branch, how often at most, and
// which addresses they access. So compiled code can ask once, in front of the loop, whether all of that is within the
// memory and paid for, and then go round without asking (translator_loops.hpp).

namespace wasm64::aot {

/// A local as it is at the head of a loop, times a factor. One of type i32 may be part of an i64 once `offset` has been
/// added and the sum been extended.
struct linear_term {
  enum class extension : std::uint8_t { none, zero, sign };

  std::uint32_t local = 0;
  extension how = extension::none;
  std::uint32_t offset = 0;
  std::int64_t factor = 1;

  bool is_alike(const linear_term& other) const noexcept {
    return local == other.local && how == other.how && offset == other.offset;
  }
  friend bool operator==(const linear_term&, const linear_term&) noexcept = default;
};

/// A constant and at most two terms.
struct linear_sum {
  static constexpr std::uint8_t most_terms = 2;

  bool is_wide = true;  ///< i64, not i32
  std::uint8_t size = 0;
  linear_term terms[most_terms];
  std::uint64_t constant = 0;  ///< of an i32 the lower half is meant

  bool is_constant() const noexcept { return size == 0; }
  bool has_same_terms(const linear_sum& other) const noexcept {
    return size == other.size && std::equal(terms, terms + size, other.terms);
  }
};

/// By what a local differs from one round to the next: a constant, or another local, which does not change.
struct loop_step {
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::int64_t constant = 0;
  std::uint32_t local = none;
};

/// The loop goes on only where `test` holds of a local, plus an offset, and a bound that does not change.
struct loop_test {
  primitive test = primitive::ne;  ///< or lt_u, lt_s, le_u, le_s, gt_u, gt_s, ge_u, ge_s
  bool is_wide = true;
  std::uint32_t local = 0;
  std::uint64_t offset = 0;
  bool is_stepped = false;  ///< the step has been added as well
  loop_step step;
  linear_sum bound;
};

/// Addresses that differ only by constants, over all rounds.
struct loop_range {
  linear_sum address;  ///< the constant is the lowest
  std::uint64_t spread = 0;  ///< of the highest above the lowest
  std::uint64_t reach = 0;  ///< how far beyond its address memory is accessed
  loop_step steps[linear_sum::most_terms];  ///< of its terms
};

struct loop_plan {
  bool is_split = false;  ///< there are two of it, one of which asks nothing
  loop_test test;
  small_vector<loop_range, 2> ranges;
  /// What of the plan of fuel lies within.
  std::uint32_t first_leader = 0, last_leader = 0;
  std::uint32_t first_place = 0, last_place = 0;
};

}  // namespace wasm64::aot
