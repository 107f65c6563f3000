#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace wasm64 {

/// Every error the library reports. Values are stable: they may be stored and compared between versions.
/// `base/messages.hpp` has the text of each, in the words of the official test suite where it has some.
enum class errc : unsigned short {
#define WASM64_ERRC(name, value, text) name = value,
#include "wasm64/base/errors.def"
};

/// What went wrong and where. `offset` is a byte offset (binary formats), or `line << 32 | column` (text format,
/// 1-based), or `no_offset`. `detail` names the thing concerned: an import, a path, an option; it may be empty.
struct error {
  static constexpr std::uint64_t no_offset = ~std::uint64_t{0};

  errc code{};
  std::uint64_t offset = no_offset;
  std::string detail;

  error() = default;
  error(errc c, std::uint64_t at = no_offset, std::string what = {})  // NOLINT(google-explicit-constructor)
      : code(c), offset(at), detail(std::move(what)) {}
  error(errc c, std::string what) : code(c), detail(std::move(what)) {}

  friend bool operator==(const error&, const error&) = default;
};

/// True for the codes that stand for a WebAssembly trap or an uncaught exception.
constexpr bool is_trap(errc code) noexcept {
  return static_cast<std::uint16_t>(code) >= 0x300 && static_cast<std::uint16_t>(code) < 0x400;
}

}  // namespace wasm64
