#pragma once

#include "wasm64/lower/operands.hpp"

namespace wasm64 {

/// One value of the operand stack at a safe point.
struct map_value {
  operand::place where = operand::place::temporary;
  type_code type = type_code::none;
  std::int32_t slot = 0;
  std::uint64_t bits = 0;  ///< of a constant; of a displaced local, what is added
};

/// A place where execution can stop: behind a call, or at a leader. `at` pairs the word index with the WebAssembly
/// offset of the instruction that was being lowered; `stack` holds the operands in WebAssembly order.
struct map_point {
  code_position at;
  vector<map_value> stack;
};

/// What re-lowering a function yields for traces and snapshots.
struct code_map {
  bool with_points = true;  ///< set before lowering; points take memory in proportion to the height of the stack
  vector<code_position> positions;  ///< of every cell, ascending
  vector<map_point> points;

  /// The WebAssembly offset of the cell that contains this word index.
  std::uint32_t offset_of(std::uint32_t index) const noexcept {
    std::uint32_t best = 0;
    std::size_t low = 0;
    for (std::size_t high = positions.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (positions[middle].word <= index) {
        best = positions[middle].offset;
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return best;
  }
};

}  // namespace wasm64
