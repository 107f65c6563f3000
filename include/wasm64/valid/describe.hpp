#pragma once

#include <string>

#include "wasm64/module/types.hpp"

namespace wasm64 {

/// A heap type in the words of the text format.
inline std::string describe(heap_type type) {
  if (type.is_index()) return std::to_string(type.index());
  if (type == heap::bottom) return "bottom";
  constexpr const char* names[] = {"noexn", "nofunc", "noextern", "none",   "func",  "extern",
                                   "any",   "eq",     "i31",      "struct", "array", "exn"};
  return names[heap::noexn.code - type.code];
}

/// A value type in the words of the text format.
inline std::string describe(val_type type) {
  switch (type.code) {
    case type_code::i32: return "i32";
    case type_code::i64: return "i64";
    case type_code::f32: return "f32";
    case type_code::f64: return "f64";
    case type_code::v128: return "v128";
    case type_code::i8: return "i8";
    case type_code::i16: return "i16";
    case type_code::ref: return (type.nullable ? "(ref null " : "(ref ") + describe(type.heap) + ")";
    case type_code::none: break;
  }
  return "bottom";
}

}  // namespace wasm64
