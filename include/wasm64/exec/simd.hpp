#pragma once

#include "wasm64/exec/simd_floats.hpp"
#include "wasm64/exec/simd_integers.hpp"

/// The meaning of the vector instructions (specification 4.3.5, 4.4.3), as pure functions: one struct per instruction,
/// as in exec/numeric.hpp. `in`, `second` and `third` are the operand types, as which a handler reads their slots.
/// Every lane that arithmetic makes a NaN is the canonical one.
///
/// Relaxed instructions have the results of the deterministic profile, where every parameter is 0: swizzle, truncation,
/// lane selection, minimum, maximum and Q15 multiplication are then ordinary instructions (`form_of`,
/// lower/vectors.hpp), multiply-add rounds twice, and both operands of a dot product are signed.
