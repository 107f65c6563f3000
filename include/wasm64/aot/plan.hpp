#pragma once

#include <cstdint>

#include "wasm64/base/containers.hpp"

namespace wasm64::aot {

/// What running over a function without writing code tells: everything that has to be known in advance.
struct function_plan {
  bool is_compiled = false;
  bool uses_memory = false;       ///< memory 0
  bool calls = false;             ///< anything, helpers that are not cold included
  bool leaves_suspended = false;  ///< it can be left in a way that it goes on later
  bool is_eager = false;          ///< NaNs of locals become canonical at once: there are too many to keep track of
  std::uint32_t sites = 0;        ///< most that it needs
  std::uint32_t first_site = 0;
  vector<std::uint32_t> costs;    ///< fuel, by number of the leader
  /// By label and float local or value of the label: some edge brings a NaN whose bits matter, so that those of
  /// arithmetic become canonical on their edges (translator.hpp).
  vector<std::uint8_t> exact;
  /// By float local, which kinds of NaN it has where the function is left.
  vector<std::uint8_t> saved;
  static constexpr std::uint8_t saved_open = 1, saved_exact = 2;
  vector<std::uint32_t> tail_callees;
};

}  // namespace wasm64::aot
