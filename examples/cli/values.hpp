#pragma once

#include <string>
#include <vector>

#include "wasm64/module/types.hpp"
#include "wasm64/runtime/value.hpp"

namespace cli {

/// Arguments for a function, by its parameter types. Integers are decimal or hexadecimal, signed or unsigned; floats as
/// in the text format; vectors 128-bit hexadecimal; references `null`, and N for an external one.
wasm64::vector<wasm64::value> parse_arguments(const wasm64::func_type& type, const std::vector<std::string>& texts);

/// A result for people: integers signed, floats in the shortest form that reads back the same.
std::string to_text(const wasm64::value& v);

/// "(i32 i64) -> (f64)"
std::string to_text(const wasm64::func_type& type);

}  // namespace cli
