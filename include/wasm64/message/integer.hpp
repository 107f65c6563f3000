#pragma once

#include <concepts>
#include <cstdint>

namespace wasm64 {

/// An integer of a message: anything from −2^63 to 2^64−1, exactly.
struct integer {
  std::uint64_t bits = 0;  ///< two's complement when negative, else the value
  bool negative = false;

  constexpr integer() = default;
  template <std::integral T>
  constexpr integer(T v) noexcept  // NOLINT(google-explicit-constructor)
      : bits(static_cast<std::uint64_t>(v)), negative(v < T{}) {}

  /// The value modulo 2^64, read as signed.
  constexpr std::int64_t as_int64() const noexcept { return static_cast<std::int64_t>(bits); }

  /// Rounds once, to nearest, ties to even.
  template <std::floating_point F>
  constexpr F as() const noexcept {
    return negative ? static_cast<F>(as_int64()) : static_cast<F>(bits);
  }

  friend constexpr bool operator==(integer, integer) = default;
};

}  // namespace wasm64
