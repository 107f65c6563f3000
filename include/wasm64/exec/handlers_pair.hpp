#pragma once

#include "wasm64/exec/handlers_objects.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

/// Whether what comes behind an operation runs only when a branch did not jump.
constexpr bool ends_with_branch(ir o) noexcept {
  return is_branch(shape_of(o)) || (shape_of(o) == shape::pair && ends_with_branch(pair_of(o).second.operation));
}

/// What two cells do, one after the other (lower/pairs.def).
template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::pair)
struct body<M, O, K> {
  static constexpr operation_pair pair = pair_of(O);
  using first = body<M, pair.first.operation, pair.first.kinds>;
  using second = body<M, pair.second.operation, pair.second.kinds>;
  static_assert(!has_rare_half<first>, "the rare half would start in the middle");
  static constexpr bool exits = first::exits || second::exits;
  static constexpr bool knows_next = names_next<second>;

  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    if constexpr (ends_with_branch(pair.first.operation)) return branch_then<first>(r);
    const bool chained = r.chained;
    r.chained = pair.chained;  // of a pair in a pair, what was told is about its second
    const std::uint32_t status = first::run(r);
    r.chained = chained;
    if constexpr (first::exits) {
      if (WASM64_UNLIKELY(status != step::next)) return status;
    }
    return second::run(r);
  }
  /// That of the second: `pc` is there already.
  WASM64_HOT static std::uint32_t run_rare(registers& r) noexcept
    requires has_rare_half<second>
  {
    return second::run_rare(r);
  }

 private:
  template <class Branch>
  WASM64_HOT static std::uint32_t branch_then(registers& r) noexcept {
    if constexpr (requires { typename Branch::second; }) {
      const bool chained = r.chained;
      r.chained = Branch::pair.chained;
      const std::uint32_t status = Branch::first::run(r);
      r.chained = chained;
      if constexpr (Branch::first::exits) {
        if (WASM64_UNLIKELY(status != step::next)) return status;
      }
      return branch_then<typename Branch::second>(r);
    } else {
      if (Branch::holds(r)) {
        const word* const cell = target_of(r.pc);
        if constexpr (knows_next) r.next = *cell;
        return follow<M>(r, true);
      }
      const std::uint32_t status = follow<M, Branch::more>(r, false);
      if (M && WASM64_UNLIKELY(status != step::next)) return status;
      return second::run(r);
    }
  }
};

}  // namespace wasm64::exec
WASM64_HOT_END
