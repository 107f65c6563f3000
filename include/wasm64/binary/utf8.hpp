#pragma once

#include <cstdint>

#include "wasm64/base/bytes.hpp"

namespace wasm64 {

/// True for well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF (specification 5.2.4).
inline bool is_utf8(bytes_view text) noexcept {
  const std::size_t size = text.size();
  for (std::size_t i = 0; i < size;) {
    const std::uint8_t lead = text[i];
    if (lead < 0x80) {
      const bool eight = size - i >= 8 && (load_le<std::uint64_t>(text.data() + i) & 0x8080'8080'8080'8080) == 0;
      i += eight ? 8 : 1;
      continue;
    }
    // The lead byte fixes the length and the range of the first continuation byte.
    std::size_t length = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (size - i < length || text[i + 1] < low || text[i + 1] > high) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if ((text[i + k] & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace wasm64
