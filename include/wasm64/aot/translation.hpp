#pragma once

#include <cstdint>

#include "wasm64/aot/abi.hpp"
#include "wasm64/aot/plan.hpp"
#include "wasm64/lower/liveness.hpp"
#include "wasm64/lower/lower.hpp"
#include "wasm64/module/object_layout.hpp"

namespace wasm64::aot {

/// What the functions of a module have in common while they are translated.
struct translation {
  const module* source = nullptr;
  bool metered = false;
  bool has_tail_calls = false;  ///< in a function that is compiled
  /// How much fuel may be too much for compiled code to go on (`function_plan::find_reserves`).
  std::uint32_t reserve = 4096;
  wasm64::vector<function_plan> plans;  ///< by defined function
  wasm64::vector<site> sites;
  wasm64::vector<object::layout> layouts;  ///< by the module's own ids of types
  /// By the same: most that a function of the very type takes of the call budget, if it is compiled.
  wasm64::vector<std::uint64_t> type_charges;

  const func_def& def(std::uint32_t function) const noexcept {
    return source->funcs[function - source->imported_funcs];
  }
  bool is_compiled(std::uint32_t function) const noexcept {
    return function >= source->imported_funcs && plans[function - source->imported_funcs].is_compiled;
  }
};

/// Where the interpreter has what a function holds, and where it goes on: what lowering the function with the same
/// metering has told.
struct function_map {
  code_map map;
  wasm64::vector<code_position> cells;  ///< in the order of their instructions
  std::int32_t temporaries = 0;  ///< slot of the lowest operand
  func_code code;                ///< the function as it is lowered
  local_liveness live;
};

/// What is known of the bits of a float, should it be a NaN. Every result of arithmetic must look canonical, but making
/// it so is put off until somebody can see the bits.
enum class nan_bits : std::uint8_t {
  canonical,  ///< as they should be, and would be left alone
  open,  ///< of arithmetic: to be made canonical before anybody sees them
  exact,  ///< from somewhere else: to be kept
};

}  // namespace wasm64::aot
