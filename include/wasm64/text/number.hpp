#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wasm64/base/error.hpp"
#include "wasm64/config.hpp"
#include "wasm64/text/characters.hpp"

namespace wasm64::text {

/// The bits a literal stands for, or why it stands for none.
struct literal {
  std::uint64_t bits = 0;
  errc failure{};  ///< `malformed_text` (not such a literal) or `constant_out_of_range`; zero when fine
};

/// The shape of an IEEE 754 binary format.
struct float_format {
  unsigned mantissa_bits;  ///< stored ones
  unsigned exponent_bits;

  constexpr int bias() const noexcept { return (1 << (exponent_bits - 1)) - 1; }
  constexpr std::uint64_t infinity() const noexcept {
    return ((std::uint64_t{1} << exponent_bits) - 1) << mantissa_bits;
  }
  constexpr std::uint64_t sign() const noexcept { return std::uint64_t{1} << (mantissa_bits + exponent_bits); }
  constexpr std::uint64_t quiet() const noexcept { return std::uint64_t{1} << (mantissa_bits - 1); }
};

inline constexpr float_format binary32{23, 8};
inline constexpr float_format binary64{52, 11};

namespace detail {

/// Skips digits with single underscores between them; `from` itself when there are none.
constexpr std::size_t skip_digits(std::string_view text, std::size_t from, bool hex) noexcept {
  std::size_t i = from;
  bool digit_before = false;
  for (; i < text.size(); ++i) {
    const bool digit = hex ? hex_value(text[i]) >= 0 : is_digit(text[i]);
    if (!digit && !(text[i] == '_' && digit_before)) break;
    digit_before = digit;
  }
  return i > from && !digit_before ? i - 1 : i;
}

constexpr bool has_sign(std::string_view text) noexcept { return !text.empty() && (text[0] == '+' || text[0] == '-'); }
constexpr bool is_hex(std::string_view text) noexcept { return text.size() > 1 && text[0] == '0' && text[1] == 'x'; }

/// True for a whole digit string, with its `0x` when hexadecimal.
constexpr bool is_natural(std::string_view text) noexcept {
  const bool hex = is_hex(text);
  const std::size_t from = hex ? 2 : 0;
  return text.size() > from && skip_digits(text, from, hex) == text.size();
}

/// True for a float literal without its sign, `inf` and `nan` excluded.
constexpr bool is_plain_float(std::string_view text) noexcept {
  const bool hex = is_hex(text);
  const std::size_t from = hex ? 2 : 0;
  std::size_t i = skip_digits(text, from, hex);
  if (i == from) return false;
  if (i < text.size() && text[i] == '.') i = skip_digits(text, i + 1, hex);
  if (i < text.size() && (hex ? text[i] == 'p' || text[i] == 'P' : text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const std::size_t digits = i;
    i = skip_digits(text, digits, false);
    if (i == digits) return false;
  }
  return i == text.size();
}

constexpr bool is_nan_with_payload(std::string_view text) noexcept {
  return text.substr(0, 6) == "nan:0x" && is_natural(text.substr(4));
}

constexpr std::string_view without_sign(std::string_view text) noexcept {
  return has_sign(text) ? text.substr(1) : text;
}

}  // namespace detail

/// True for a token of kind `number`: integers and floats, `inf` and `nan` only with a sign (specification 6.3.2).
constexpr bool is_number(std::string_view text) noexcept {
  const std::string_view plain = detail::without_sign(text);
  if (detail::is_plain_float(plain)) return true;
  return plain.size() < text.size() && (plain == "inf" || plain == "nan" || detail::is_nan_with_payload(plain));
}

/// An unsigned integer of at most `max`: indices, limits, offsets.
constexpr literal parse_unsigned(std::string_view text, std::uint64_t max) noexcept {
  if (!detail::is_natural(text)) return {0, errc::malformed_text};
  const bool hex = detail::is_hex(text);
  const unsigned base = hex ? 16 : 10;
  std::uint64_t value = 0;
  for (const char c : text.substr(hex ? 2 : 0)) {
    if (c == '_') continue;
    const auto digit = static_cast<unsigned>(hex_value(c));
    if (value > (max - digit) / base || digit > max) return {0, errc::constant_out_of_range};
    value = value * base + digit;
  }
  return {value, errc{}};
}

/// An integer constant of `width` bits, written signed or unsigned; its bits, upper ones zero (specification 6.3.2).
constexpr literal parse_integer(std::string_view text, unsigned width) noexcept {
  const std::uint64_t max = ~std::uint64_t{0} >> (64 - width);
  const std::uint64_t half = std::uint64_t{1} << (width - 1);
  const bool negative = !text.empty() && text[0] == '-';
  // A plus sign admits the signed range only.
  const std::uint64_t limit = negative ? half : detail::has_sign(text) ? half - 1 : max;
  literal read = parse_unsigned(detail::without_sign(text), limit);
  if (negative) read.bits = (~read.bits + 1) & max;
  return read;
}

/// A float constant, correctly rounded to the format, ties to even (specification 6.3.2). A magnitude that rounds to
/// infinity is `constant_out_of_range`.
literal parse_float(std::string_view text, float_format format);

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/number_impl.hpp"
#endif
