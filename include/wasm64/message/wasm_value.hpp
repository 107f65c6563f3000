#pragma once

#include <bit>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/message/integer.hpp"
#include "wasm64/message/path.hpp"
#include "wasm64/message/value_kind.hpp"
#include "wasm64/module/types.hpp"

// Message values to and from WebAssembly numbers, by the declared type. Bits are those of a 64-bit slot: i32 and f32
// fill the low half, the high half is zero.

namespace wasm64 {

namespace detail {

inline constexpr std::uint64_t canonical_nan_32 = 0x7fc0'0000;
inline constexpr std::uint64_t canonical_nan_64 = 0x7ff8'0000'0000'0000;

/// Rounds to nearest, ties to even; beyond the range of f32 lies infinity.
constexpr float narrow(double d) noexcept {
  constexpr double overflow = 0x1.ffffffp+127;  // half way between the largest f32 and 2^128
  if (d >= overflow) return std::bit_cast<float>(0x7f80'0000u);
  if (d <= -overflow) return std::bit_cast<float>(0xff80'0000u);
  return static_cast<float>(d);
}

}  // namespace detail

/// i32 takes −2^31 … 2^32−1 and i64 −2^63 … 2^64−1, the upper halves wrapping; f32 and f64 take any integer, rounded.
inline result<std::uint64_t> to_wasm(integer n, val_type type) {
  switch (type.code) {
    case type_code::i32: {
      const bool fits = n.negative ? n.as_int64() >= std::int64_t{INT32_MIN} : n.bits <= UINT32_MAX;
      if (!fits) return fail(errc::argument_out_of_range, "i32");
      return n.bits & UINT32_MAX;
    }
    case type_code::i64: return n.bits;
    case type_code::f32: return std::bit_cast<std::uint32_t>(n.as<float>());
    case type_code::f64: return std::bit_cast<std::uint64_t>(n.as<double>());
    default: return fail(errc::argument_type_mismatch, "integer");
  }
}

/// Only f32 and f64 take a float; a NaN becomes the canonical one, and overflow of f32 infinity.
inline result<std::uint64_t> to_wasm(double d, val_type type) {
  switch (type.code) {
    case type_code::f32: return d != d ? detail::canonical_nan_32 : std::bit_cast<std::uint32_t>(detail::narrow(d));
    case type_code::f64: return d != d ? detail::canonical_nan_64 : std::bit_cast<std::uint64_t>(d);
    default: return fail(errc::argument_type_mismatch, "float");
  }
}

/// Texts stand for the floats that formats such as JSON cannot write: nan, inf, infinity, with a sign or without, in
/// any case.
inline result<std::uint64_t> to_wasm(std::string_view text, val_type type) {
  std::string_view name = text;
  const bool negative = name.starts_with('-');
  if (negative || name.starts_with('+')) name.remove_prefix(1);
  constexpr double infinity = std::bit_cast<double>(std::uint64_t{0x7ff0'0000'0000'0000});
  if (same_key(name, "inf") || same_key(name, "infinity")) return to_wasm(negative ? -infinity : infinity, type);
  if (same_key(name, "nan")) return to_wasm(std::bit_cast<double>(detail::canonical_nan_64), type);
  return fail(errc::argument_type_mismatch, "binary");
}

/// The value of message policy `M` as a number of the type.
template <class M>
result<std::uint64_t> to_wasm(const typename M::value_type& v, val_type type) {
  switch (M::kind(v)) {
    case value_kind::integer: return to_wasm(M::as_integer(v), type);
    case value_kind::floating: return to_wasm(M::as_float(v), type);
    case value_kind::binary: return to_wasm(as_text(M::as_bytes(v)), type);
    default: return fail(errc::argument_type_mismatch);
  }
}

/// i32 and i64 become signed integers, f32 and f64 floats; other types, which have no number, null.
template <class M>
typename M::value_type from_wasm(std::uint64_t bits, val_type type) {
  switch (type.code) {
    case type_code::i32: return M::make_integer(static_cast<std::int32_t>(static_cast<std::uint32_t>(bits)));
    case type_code::i64: return M::make_integer(static_cast<std::int64_t>(bits));
    case type_code::f32:
      return M::make_float(static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))));
    case type_code::f64: return M::make_float(std::bit_cast<double>(bits));
    default: return {};
  }
}

}  // namespace wasm64
