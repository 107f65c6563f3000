#pragma once

#include <string>
#include <string_view>

#include "wasm64/device/joined_path.hpp"
#include "wasm64/message/concept.hpp"
#include "wasm64/message/path.hpp"
#include "wasm64/message/peek.hpp"

// What devices that are written over any message policy read and write again and again.

namespace wasm64 {

/// A name from outside as the detail of an error: not longer than it helps.
inline std::string name_in_error(std::string_view name) { return std::string(name.substr(0, 256)); }

/// The text of a value, empty when it is none; it lives as long as the value.
template <class M>
std::string_view text_of(const message_value_t<M>& v) {
  return M::kind(v) == value_kind::binary ? as_text(M::as_bytes(v)) : std::string_view();
}

/// A value as a key: a text, or an integer in decimal. Fails with `malformed_request`, saying `what` it is.
template <class M>
result<std::string> key_of(const message_value_t<M>& v, std::string_view what) {
  if (M::kind(v) == value_kind::binary) return std::string(text_of<M>(v));
  if (M::kind(v) != value_kind::integer) return fail(errc::malformed_request, std::string(what));
  const integer n = M::as_integer(v);
  return n.negative ? std::to_string(n.as_int64()) : std::to_string(n.bits);
}

namespace detail {

template <class M>
bool is_null(const message_value_t<M>& v) {
  return M::kind(v) == value_kind::null;
}

/// A text, or nothing for a value of another kind.
template <class M>
std::string string_of(const message_value_t<M>& v) {
  return std::string(text_of<M>(v));
}

/// The text at a path, or nothing.
template <class M>
std::string string_at(const message_value_t<M>& m, std::string_view path) {
  return string_of<M>(peek<M>(m, path));
}

inline std::string join(std::string_view prefix, std::string_view rest) {
  return prefix.empty() ? std::string(rest) : std::string(prefix).append("/").append(rest);
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
result<std::uint64_t> count_of(const message_value_t<M>& v, std::string_view field) {
  if (M::kind(v) == value_kind::integer && !M::as_integer(v).negative) return M::as_integer(v).bits;
  return parse_count(text_of<M>(v), field);
}

}  // namespace detail

/// The count at a key of a message, given as an integer or in decimal; `otherwise` when it is absent. Fails with
/// `malformed_message` and the key.
template <class M>
result<std::uint64_t> count_at(const message_value_t<M>& m, std::string_view key, std::uint64_t otherwise) {
  const auto& found = peek_key<M>(m, key);
  if (M::kind(found) == value_kind::null) return otherwise;
  return detail::count_of<M>(found, key);
}

template <class M>
message_value_t<M> make_text(std::string_view text) {
  return M::make_binary(as_bytes(text));
}

/// Sets a key in place. A null item changes nothing.
template <class M>
result<void> put(message_value_t<M>& m, std::string_view path, message_value_t<M> item,
                 set_mode mode = set_mode::replace) {
  if (M::kind(item) == value_kind::null) return success();
  WASM64_TRY(m, M::set(std::move(m), path, std::move(item), mode));
  return success();
}

}  // namespace wasm64
