#pragma once

#include <bit>
#include <charconv>
#include <string>
#include <system_error>

#include "wasm64/text/number.hpp"

namespace wasm64::text {

namespace detail {

/// A decimal exponent, clamped far outside of any format's range.
WASM64_INLINE std::int64_t parse_exponent(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  std::int64_t value = 0;
  for (const char c : without_sign(text)) {
    if (c != '_' && value < 1'000'000'000'000) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

/// Rounds `mantissa * 2^exponent`, with `sticky` for bits lost below it, to the format.
WASM64_INLINE literal round_binary(std::uint64_t mantissa, std::int64_t exponent, bool sticky, float_format format) {
  if (mantissa == 0) return {0, errc{}};
  const int shift_up = std::countl_zero(mantissa);
  mantissa <<= shift_up;
  exponent -= shift_up;
  // The value is now 1.xxx * 2^(exponent + 63).
  const std::int64_t top = exponent + 63;
  const std::int64_t min_normal = 1 - format.bias();
  if (top > format.bias()) return {0, errc::constant_out_of_range};
  std::int64_t drop = 63 - static_cast<std::int64_t>(format.mantissa_bits);
  if (top < min_normal) drop += min_normal - top;
  if (drop > 64) return {0, errc{}};
  const bool all = drop == 64;
  std::uint64_t kept = all ? 0 : mantissa >> drop;
  const std::uint64_t half = std::uint64_t{1} << (drop - 1);
  const std::uint64_t lost = all ? mantissa : mantissa & ((std::uint64_t{1} << drop) - 1);
  if (lost > half || (lost == half && (sticky || (kept & 1) != 0))) ++kept;
  // A subnormal has biased exponent 0 and no hidden bit; the carry of rounding moves into the exponent by itself.
  const std::uint64_t biased = top < min_normal ? 0 : static_cast<std::uint64_t>(top + format.bias() - 1);
  const std::uint64_t bits = (biased << format.mantissa_bits) + kept;
  if (bits >= format.infinity()) return {0, errc::constant_out_of_range};
  return {bits, errc{}};
}

WASM64_INLINE literal parse_hex_float(std::string_view text, float_format format) {
  std::uint64_t mantissa = 0;
  std::int64_t exponent = 0;
  bool sticky = false;
  bool fraction = false;
  std::size_t i = 2;
  for (; i < text.size() && text[i] != 'p' && text[i] != 'P'; ++i) {
    if (text[i] == '.') fraction = true;
    const int digit = hex_value(text[i]);
    if (digit < 0) continue;
    if (mantissa >> 60 == 0) {
      mantissa = mantissa << 4 | static_cast<unsigned>(digit);
      exponent -= fraction ? 4 : 0;
    } else {
      sticky = sticky || digit != 0;
      exponent += fraction ? 0 : 4;
    }
  }
  if (i < text.size()) exponent += parse_exponent(text.substr(i + 1));
  return round_binary(mantissa, exponent, sticky, format);
}

/// True when a non-zero decimal literal is 1 or more: then "out of range" means too large, not too small.
WASM64_INLINE bool is_large_decimal(std::string_view text) {
  std::int64_t scale = 0;
  bool fraction = false;
  bool significant = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    significant = significant || text[i] != '0';
    if (!fraction && significant) ++scale;
    if (fraction && !significant) --scale;
  }
  if (i < text.size()) scale += parse_exponent(text.substr(i + 1));
  return significant && scale > 0;
}

template <class Float, class Bits>
literal parse_decimal(std::string_view text, float_format format) {
  std::string digits;
  digits.reserve(text.size());
  for (const char c : text) {
    if (c != '_') digits.push_back(c);
  }
  Float value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    return is_large_decimal(digits) ? literal{0, errc::constant_out_of_range} : literal{0, errc{}};
  }
  if (read.ec != std::errc{}) return {0, errc::malformed_text};
  const std::uint64_t bits = std::bit_cast<Bits>(value);
  return bits == format.infinity() ? literal{0, errc::constant_out_of_range} : literal{bits, errc{}};
}

WASM64_INLINE literal parse_magnitude(std::string_view text, float_format format) {
  if (text == "inf") return {format.infinity(), errc{}};
  if (text == "nan") return {format.infinity() | format.quiet(), errc{}};
  if (is_nan_with_payload(text)) {
    literal payload = parse_unsigned(text.substr(4), format.quiet() * 2 - 1);
    if (payload.failure == errc{} && payload.bits == 0) payload.failure = errc::constant_out_of_range;
    payload.bits |= format.infinity();
    return payload;
  }
  if (!is_plain_float(text)) return {0, errc::malformed_text};
  if (is_hex(text)) return parse_hex_float(text, format);
  return format.mantissa_bits == binary32.mantissa_bits ? parse_decimal<float, std::uint32_t>(text, format)
                                                        : parse_decimal<double, std::uint64_t>(text, format);
}

}  // namespace detail

WASM64_INLINE literal parse_float(std::string_view text, float_format format) {
  literal read = detail::parse_magnitude(detail::without_sign(text), format);
  if (!text.empty() && text[0] == '-') read.bits |= format.sign();
  return read;
}

}  // namespace wasm64::text
