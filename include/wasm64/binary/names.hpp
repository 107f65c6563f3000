#pragma once

#include "wasm64/binary/reader.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/names.hpp"

namespace wasm64 {

/// Reads the content of a custom section "name", without the section's own name. False when it is malformed, or has
/// subsections that are not known; `names` is then incomplete.
bool read_name_section(reader in, name_section& names);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/binary/names_impl.hpp"
#endif
