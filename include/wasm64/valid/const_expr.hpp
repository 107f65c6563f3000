#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// Validates a constant expression (specification 3.4.18) against the type it must have. Of the globals, the first
/// `visible_globals` exist. Appends the functions that `ref.func` names to `referenced`.
result<void> validate_const_expr(const module& m, const_expr expression, val_type expected, std::size_t visible_globals,
                                 const feature_set& features, vector<std::uint32_t>& referenced);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/valid/const_expr_impl.hpp"
#endif
