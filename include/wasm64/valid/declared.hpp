#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/module/module.hpp"

namespace wasm64 {

/// True when `ref.func` may name the function: it occurs in a segment, a constant expression or an export.
inline bool is_declared(const module& m, std::uint32_t func) noexcept {
  return std::binary_search(m.declared_funcs.begin(), m.declared_funcs.end(), func);
}

}  // namespace wasm64
