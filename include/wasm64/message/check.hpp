#pragma once

#include "wasm64/message/concept.hpp"

namespace wasm64 {

/// Says in words what a message policy lacks. Use as `static_assert(check_message_policy<M>())`: a compiler reports
/// every sentence that applies, and none hides another.
template <class M>
consteval bool check_message_policy() {
  static_assert(message_has_value<M>, "message policy needs `value_type`, default-constructible (null) and copyable");
  if constexpr (message_has_value<M>) {
    static_assert(message_tells_kind<M>, "message policy needs `kind(const value_type&) -> value_kind`");
    static_assert(message_reads_bool<M>, "message policy needs `as_bool(const value_type&) -> bool`");
    static_assert(message_reads_integer<M>, "message policy needs `as_integer(const value_type&) -> integer`");
    static_assert(message_reads_float<M>, "message policy needs `as_float(const value_type&) -> double`");
    static_assert(message_reads_bytes<M>, "message policy needs `as_bytes(const value_type&) -> bytes_view`");
    static_assert(message_counts_list<M>, "message policy needs `list_size(const value_type&) -> std::size_t`");
    static_assert(message_reads_list<M>,
                  "message policy needs `list_element(const value_type&, std::size_t) -> value_type`");
    static_assert(message_reads_host<M>, "message policy needs `as_host(const value_type&) -> host_object`");
    static_assert(message_makes_bool<M>, "message policy needs `make_bool(bool) -> value_type`");
    static_assert(message_makes_integer<M>, "message policy needs `make_integer(integer) -> value_type`");
    static_assert(message_makes_float<M>, "message policy needs `make_float(double) -> value_type`");
    static_assert(message_makes_binary<M>, "message policy needs `make_binary(bytes_view) -> value_type`");
    static_assert(message_makes_list<M>, "message policy needs `make_list(vector<value_type>) -> value_type`");
    static_assert(message_makes_map<M>,
                  "message policy needs `make_map(vector<std::pair<std::string, value_type>>) -> value_type`");
    static_assert(message_makes_host<M>, "message policy needs `make_host(host_object) -> value_type`");
    static_assert(message_gets<M>,
                  "message policy needs `get(const value_type&, std::string_view path) -> value_type`");
    static_assert(message_gets_key<M>,
                  "message policy needs `get_key(const value_type&, std::string_view key) -> value_type`");
    static_assert(message_lists_keys<M>, "message policy needs `keys(const value_type&) -> vector<std::string>`");
    static_assert(message_sets<M>,
                  "message policy needs `set(value_type, std::string_view path, value_type item, set_mode) -> "
                  "result<value_type>`");
    static_assert(message_removes<M>, "message policy needs `remove(value_type, std::string_view path) -> value_type`");
    static_assert(message_gets_private<M>,
                  "message policy needs `get_private(const value_type&, std::string_view path) -> value_type`");
    static_assert(message_sets_private<M>,
                  "message policy needs `set_private(value_type, std::string_view path, value_type item) -> "
                  "result<value_type>`");
    static_assert(message_encodes<M>, "message policy needs `encode(const value_type&) -> result<byte_vector>`");
    static_assert(message_decodes<M>, "message policy needs `decode(bytes_view) -> result<value_type>`");
  }
  return true;
}

}  // namespace wasm64
