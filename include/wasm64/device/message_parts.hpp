#pragma once

#include <string>
#include <string_view>

#include "wasm64/device/fields.hpp"

// What devices do with single fields of messages, over any message policy.

namespace wasm64::detail {

template <class M>
bool is_null(const typename M::value_type& v) {
  return M::kind(v) == value_kind::null;
}

/// A text, or nothing for a value of another kind.
template <class M>
std::string string_of(const typename M::value_type& v) {
  return std::string(text_of<M>(v));
}

/// The text at a path, or nothing.
template <class M>
std::string string_at(const typename M::value_type& m, std::string_view path) {
  return string_of<M>(M::get(m, path));
}

inline std::string join(std::string_view prefix, std::string_view rest) {
  return std::string(prefix).append("/").append(rest);
}

/// Decimal digits as a number; fails with `malformed_message` and the name of the field.
inline result<std::uint64_t> parse_count(std::string_view digits, std::string_view field) {
  std::uint64_t n = 0;
  for (const char c : digits) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit || __builtin_mul_overflow(n, std::uint64_t{10}, &n) ||
        __builtin_add_overflow(n, static_cast<std::uint64_t>(c - '0'), &n)) {
      return fail(errc::malformed_message, std::string(field));
    }
  }
  if (digits.empty()) return fail(errc::malformed_message, std::string(field));
  return n;
}

/// A number that is not negative, as an integer or as its digits.
template <class M>
result<std::uint64_t> count_of(const typename M::value_type& v, std::string_view field) {
  if (M::kind(v) == value_kind::integer && !M::as_integer(v).negative) return M::as_integer(v).bits;
  return parse_count(string_of<M>(v), field);
}

}  // namespace wasm64::detail
