#pragma once

#include <optional>

#include "wasm64/module/module.hpp"

// JavaScript cannot pass vectors, exception references, or the bits of a NaN. Adapters are small modules for the other
// engine that pass them through a memory: argument i lies at 16 * i, result i at 1024 + 16 * i. They export that
// "memory" and a function "run".

namespace differential {

/// Whether calls of such a function have to go through an adapter.
bool needs_adapter(const wasm64::func_type& type);

/// Imports a function of type `index` of `m` as "m" "f". "run" takes the reference arguments and returns the references
/// other than exceptions; of those, 1 in the result's place says that it is null. Nothing where an argument has to be
/// an exception.
std::optional<wasm64::byte_vector> call_adapter(const wasm64::module& m, std::uint32_t index);

/// The same for a vector global "m" "g": "run" puts its value where a result goes.
wasm64::byte_vector vector_global_adapter(bool is_mutable);

}  // namespace differential
