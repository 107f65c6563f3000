#pragma once

#include <cstdint>
#include <string_view>

#include "wasm64/text/number.hpp"

namespace wasm64::text {

/// How `v128.const` writes its lanes (specification 6.5.10).
struct vector_shape {
  std::string_view name;
  std::uint8_t lanes;
  std::uint8_t int_width;  ///< bits of an integer lane, 0 for floats
  float_format format;     ///< of a float lane

  constexpr unsigned lane_bits() const noexcept { return 128u / lanes; }
};

inline constexpr vector_shape vector_shapes[] = {
    {"i8x16", 16, 8, binary32}, {"i16x8", 8, 16, binary32}, {"i32x4", 4, 32, binary32},
    {"i64x2", 2, 64, binary64}, {"f32x4", 4, 0, binary32},  {"f64x2", 2, 0, binary64},
};

}  // namespace wasm64::text
