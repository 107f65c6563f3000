#pragma once

#include "wasm64/exec/simd_floats.hpp"
#include "wasm64/exec/simd_integers.hpp"

/// The meaning of the vector instructions (specification 4.3.5, 4.4.3), as pure functions: one struct per instruction,
/// as in exec/numeric.hpp. `in`, `second` and `third` are the operand types, as which a handler reads their slots.
/// Every lane that arithmetic makes a NaN is the canonical one.
///
/// Relaxed instructions have the results of the deterministic profile (specification 4.3.6, appendix A.4: every
/// parameter is 0). All of them but multiply-add, unfused there, and the dot products are then another instruction
/// (`unrelaxed`, lower/vectors.hpp).
