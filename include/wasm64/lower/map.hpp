#pragma once

#include <algorithm>

#include "wasm64/lower/operands.hpp"

namespace wasm64 {

/// One value of the operand stack at a safe point.
struct map_value {
  operand::place where = operand::place::temporary;
  val_type type;  ///< with a type index of the module
  std::int32_t slot = 0;
  std::uint32_t local = 0;  ///< where it is one, or is displaced from one
  std::uint64_t bits = 0;   ///< of a constant; of a displaced local, what is added
};

/// A place where execution can stop. `at` pairs the word index with the WebAssembly offset of the instruction that was
/// being lowered; `stack` holds the operands in WebAssembly order.
struct map_point {
  /// A leader; behind a call, with the results not yet on the stack; in front of an instruction that pays by size.
  enum class place : std::uint8_t { leader, call, instruction };

  code_position at;
  place kind = place::leader;
  bool superseded = false;  ///< at the same word an instruction stops, which says more of what has been evaluated
  vector<map_value> stack;
  vector<std::int32_t> caught;     ///< slots of the exceptions of legacy catch bodies, the outermost first
  vector<std::uint32_t> unset;     ///< locals without a value, ascending
  const func_type* type = nullptr;  ///< of a call
  std::uint32_t callee = none;     ///< function index, where the instruction names one
  std::uint32_t cell = 0;          ///< word index of the call
  std::int32_t area = 0;           ///< first slot of the call's arguments, later results

  static constexpr std::uint32_t none = ~std::uint32_t{0};
};

/// The cell of a tail call, in front of which execution can begin with the operands in place. Nothing stops there.
struct tail_call_point {
  code_position at;
  std::int32_t area = 0;  ///< first slot of the arguments
  std::int32_t slot = 0;  ///< of the table's index, or of the function reference
};

/// Which points are worth recording, as they take memory in proportion to the height of the stack: those at given
/// words, or those of given offsets and heights.
struct point_filter {
  struct key {
    std::uint32_t at;
    std::uint32_t height;  ///< 0 for words
    friend auto operator<=>(const key&, const key&) = default;
  };
  bool by_offset = false;
  vector<key> wanted;  ///< sorted

  bool takes(code_position at, std::size_t height) const noexcept {
    const key k = by_offset ? key{at.offset, static_cast<std::uint32_t>(height)} : key{at.word, 0};
    return std::binary_search(wanted.begin(), wanted.end(), k);
  }
};

/// What re-lowering a function yields for traces and snapshots.
struct code_map {
  bool with_points = true;               ///< set before lowering
  const point_filter* filter = nullptr;  ///< set before lowering; null for all points
  vector<code_position> positions;       ///< of every cell, ascending
  vector<map_point> points;
  vector<tail_call_point> tail_calls;    ///< with the points, ascending
  vector<val_type> local_types;      ///< with the points; type indices of the module
  vector<std::int32_t> local_slots;  ///< with the points

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
