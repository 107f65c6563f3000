#pragma once

#include <cstdint>
#include <string>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64::text {

/// Bytes of text at most, so that what a small hostile module can be written as stays within bounds.
inline constexpr std::uint64_t default_text_limit = std::uint64_t{1} << 30;

/// Prints a module in the text format (specification 6.6), such that parsing the text gives the module again: the same
/// bytes, when the binary is written as `parse_module` writes it, which is how most tools do. Not preserved are longer
/// forms of the same thing: padded integers, flags of segments, empty sections, recursive groups of no or one type. A
/// data count section that is missing is added; an initial value without instructions gets lost. Both are in no valid
/// module.
///
/// Names of the name section become identifiers where they are unique, `(@name ...)` annotations otherwise; branch
/// hints become annotations; other custom sections, and those two when they say more, are `(@custom ...)`. Instructions
/// are in their flat form.
///
/// The module need not be valid. Fails where bytes of a function body are malformed, with a code of the range 0x1xx and
/// their offset, and with `implementation_limit` when the text would be longer than `max_size`.
result<std::string> print_module(const module& m, std::uint64_t max_size = default_text_limit);

/// The same for a binary; fails as `decode` too.
result<std::string> print_module(bytes_view binary, std::uint64_t max_size = default_text_limit);

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/print_impl.hpp"
#endif
