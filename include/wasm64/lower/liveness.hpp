#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/base/containers.hpp"
#include "wasm64/lower/map.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// Which locals of a function can still be read from where it may stop. What the others hold depends on how the
/// function is run, so a frame that is written down has zeros in their place: all but those that `needed` names.
///
/// References count as read everywhere, and so does everything in a function for which this would take too much, or
/// that has exceptions of the first proposal.
class local_liveness {
 public:
  /// Everything is read everywhere.
  local_liveness() = default;
  /// Of a defined function of a valid module.
  local_liveness(const module& m, std::uint32_t defined);

  /// By local: those that are read behind a point, and those that stand for an operand there.
  vector<std::uint8_t> needed(const map_point& at, std::size_t locals) const {
    vector<std::uint8_t> found(locals, 0);
    for (std::uint32_t i = 0; i < locals; ++i) found[i] = is_live(i, at.at.offset);
    for (const map_value& v : at.stack) {
      if (v.where == operand::place::local || v.where == operand::place::displaced) found[v.local] = 1;
    }
    return found;
  }

 private:
  /// False if nothing reads what the local holds behind the instruction at `offset`, where the function goes on there.
  /// In front of the first instruction is the function's `entry`.
  bool is_live(std::uint32_t local, std::uint32_t offset) const noexcept {
    const auto at = std::lower_bound(points_.begin(), points_.end(), offset,
                                     [](const point& p, std::uint32_t wanted) { return p.offset < wanted; });
    if (at == points_.end() || at->offset != offset) return true;
    return (live_[at->first + local / 64] >> local % 64 & 1) != 0;
  }

  struct point {
    std::uint32_t offset;
    std::size_t first;  ///< in `live_`
  };

  vector<point> points_;  ///< ascending
  vector<std::uint64_t> live_;
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/lower/liveness_impl.hpp"
#endif
