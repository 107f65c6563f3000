#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace wasm64::aot {

/// The function of the module that a symbol of an object belongs to (`code_emitter`), parts that compilers make of it
/// included; ~0 for none.
inline std::uint32_t function_of_symbol(std::string_view symbol) noexcept {
  constexpr std::uint32_t none = ~std::uint32_t{0};
  for (const std::string_view prefix : {"wasm64_body_", "wasm64_entry_"}) {
    if (symbol.substr(0, prefix.size()) != prefix) continue;
    symbol.remove_prefix(prefix.size());
    std::uint32_t function = none;
    const auto read = std::from_chars(symbol.data(), symbol.data() + symbol.size(), function);
    return read.ec == std::errc() ? function : none;
  }
  return none;
}

}  // namespace wasm64::aot
