#pragma once

#include <optional>
#include <string>

#include "wasm64/module/types.hpp"

// JavaScript cannot pass vectors, exception references, or the bits of a NaN. Adapters are small modules for the other
// engine that pass them through a memory: argument i lies at 16 * i, result i at 1024 + 16 * i.

namespace differential {

/// Whether calls of such a function have to go through an adapter.
bool needs_adapter(const wasm64::func_type& type);

/// The text of a module that imports a function of this type as "m" "f" and exports "memory" and "run", which takes
/// the reference arguments and returns the references other than exceptions; of those, 1 in the result's place says
/// that it is null. Nothing where the type refers to defined types.
std::optional<std::string> call_adapter(const wasm64::func_type& type);

/// The same for a vector global "m" "g": "run" puts its value where a result goes.
std::string vector_global_adapter(bool is_mutable);

}  // namespace differential
