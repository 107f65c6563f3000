#pragma once

#include <string_view>

#include "wasm64/message/path.hpp"

namespace wasm64 {

/// Names of devices are compared without regard to case; a leading '~' counts for nothing.
constexpr bool same_device(std::string_view a, std::string_view b) noexcept {
  if (a.starts_with('~')) a.remove_prefix(1);
  if (b.starts_with('~')) b.remove_prefix(1);
  return same_key(a, b);
}

/// The names of this device: the documented one and the registered one.
constexpr bool is_device_name(std::string_view name) noexcept {
  return same_device(name, "wasm64@1.0") || same_device(name, "wasm-64@1.0");
}

/// Keys of devices are compared without regard to case, and '-' is '_'.
constexpr bool same_device_key(std::string_view a, std::string_view b) noexcept {
  constexpr auto fold = [](char c) { return c == '_' ? '-' : detail::ascii_lower(c); };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

}  // namespace wasm64
