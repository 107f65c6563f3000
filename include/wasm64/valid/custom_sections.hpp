#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// Checks the custom sections that the specification gives a meaning which can be wrong: branch hints. They never
/// make a module invalid, so `compile` does not ask; the script runner does. Fails with `malformed_custom_section`
/// where the section is malformed, stands behind the code or is there twice, and with `invalid_annotation` where a hint
/// is not on an `if` or `br_if` of a function of the module. The module has been validated.
result<void> validate_custom_sections(const module& m);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/valid/custom_sections_impl.hpp"
#endif
