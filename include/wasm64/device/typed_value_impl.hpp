#pragma once

#include <charconv>

#include "wasm64/device/typed_value.hpp"

#if WASM64_IMPLEMENTATION

namespace wasm64::detail {

template <class N>
bool read_whole(std::string_view text, N& n) noexcept {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

WASM64_INLINE bool read_number(std::string_view text, std::uint64_t& n) noexcept { return read_whole(text, n); }
WASM64_INLINE bool read_number(std::string_view text, std::int64_t& n) noexcept { return read_whole(text, n); }
WASM64_INLINE bool read_number(std::string_view text, double& n) noexcept { return read_whole(text, n) && n - n == 0; }

}  // namespace wasm64::detail

#endif
