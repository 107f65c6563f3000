#pragma once

#include <cstdint>
#include <string>

#include "wasm64/base/error.hpp"
#include "wasm64/runtime/value.hpp"

// The words both engines use for what they answer.

namespace differential {

/// How the lanes of a vector are compared: NaNs of float lanes count as equal.
enum class lane_type : std::uint8_t { bits, f32, f64 };

/// "i32 0x2a", "f64 nan", "null", "func", "extern 3", ….
std::string describe(const wasm64::value& v, lane_type lanes = lane_type::bits);

/// The class of a failed call or instantiation. Where the engines divide failures differently, a class is their union.
std::string describe(const wasm64::error& e);

std::string hex(std::uint64_t bits);

/// A reference the host made up, as the script's number n.
constexpr std::uint64_t host_handle(std::uint64_t n) noexcept { return n + 1; }

}  // namespace differential
