#pragma once

#include "wasm64/exec/config.hpp"
#include "wasm64/runtime/machine.hpp"

namespace wasm64::exec {

/// The handlers of a configuration, by number, and the function that runs them. Lowering numbers handlers with the same
/// description that builds this table (lower/ops.hpp), so the two cannot disagree.
template <machine_config C>
struct interpreter {
  static const word* handlers() noexcept;
  static std::uint32_t run(machine& vm, const word* pc, word* fp);
};

}  // namespace wasm64::exec

#if WASM64_IMPLEMENTATION
#include "wasm64/exec/interpreter_impl.hpp"
#else
namespace wasm64::exec {
extern template struct interpreter<machine_config{machine_config{}.dispatch, false}>;
extern template struct interpreter<machine_config{machine_config{}.dispatch, true}>;
}  // namespace wasm64::exec
#endif
