#pragma once

#include "wasm64/message/concept.hpp"

namespace wasm64 {

// Reading a message without taking a share of what is read. A policy may have
//
//     static const value_type* find(const value_type& message, std::string_view path);
//
// and `find_key` and `find_private` likewise: as `get`, `get_key` and `get_private`, or null. Others answer a value, as
// ever. So callers write `const auto& found = peek_key<M>(message, "key")`, which lives until the message changes.
// One that has no pointers to answer may have `static value_kind kind_at(const value_type& message, std::string_view)`.

namespace detail {
template <class M>
inline const message_value_t<M> nothing{};

template <class M>
const message_value_t<M>& value_or_nothing(const message_value_t<M>* found) noexcept {
  return found != nullptr ? *found : nothing<M>;
}
}  // namespace detail

template <class M>
decltype(auto) peek(const message_value_t<M>& message, std::string_view path) {
  if constexpr (requires { M::find(message, path); }) return detail::value_or_nothing<M>(M::find(message, path));
  else return M::get(message, path);
}

/// The kind of what `peek` answers.
template <class M>
value_kind peek_kind(const message_value_t<M>& message, std::string_view path) {
  if constexpr (requires { M::kind_at(message, path); }) return M::kind_at(message, path);
  else return M::kind(peek<M>(message, path));
}

template <class M>
decltype(auto) peek_key(const message_value_t<M>& message, std::string_view key) {
  if constexpr (requires { M::find_key(message, key); }) return detail::value_or_nothing<M>(M::find_key(message, key));
  else return M::get_key(message, key);
}

template <class M>
decltype(auto) peek_private(const message_value_t<M>& message, std::string_view path) {
  if constexpr (requires { M::find_private(message, path); }) {
    return detail::value_or_nothing<M>(M::find_private(message, path));
  } else {
    return M::get_private(message, path);
  }
}

}  // namespace wasm64
