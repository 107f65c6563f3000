#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/message/host_object.hpp"
#include "wasm64/message/integer.hpp"
#include "wasm64/message/value_kind.hpp"

// A message policy is a struct of static functions over some `value_type`; a message is a value that is a map.
// `default_message_policy` is a complete model, and for a tree of one's own `document_message_policy` has all but what
// is in `document_traits`. Each part below is one requirement; `message/check.hpp` has a sentence
// for each. What the signatures do not say:
//
// - a default-constructed value is null: what `get` answers for a missing key;
// - `as_…` and `list_…` are called for a value of that kind only; the bytes live as long as the value;
// - keys are looked up exactly, else without regard to case; a list has the keys 1, 2, …; empty path segments count
//   for nothing; keys that begin with "priv" are neither listed nor read;
// - `set` makes the maps on its way, merges maps when the mode says so, ignores a null item, and works in place when
//   the message is given as an rvalue that shares nothing;
// - private parts travel with the value and are left out of `keys`, `get` and `encode`; a null item removes.
//
// A policy that can answer pointers into a message may say so, see `message/peek.hpp`.

namespace wasm64 {

template <class M>
concept message_has_value = std::default_initializable<typename M::value_type> && std::copyable<typename M::value_type>;

namespace detail {
/// So that a policy without `value_type` fails one part, not all of them.
template <class M>
struct value_type_of {
  using type = int;
};
template <message_has_value M>
struct value_type_of<M> {
  using type = typename M::value_type;
};
}  // namespace detail

template <class M>
using message_value_t = typename detail::value_type_of<M>::type;
template <class M>
using message_entry_t = std::pair<std::string, message_value_t<M>>;

template <class M>
concept message_tells_kind = requires(const message_value_t<M>& v) {
  { M::kind(v) } -> std::same_as<value_kind>;
};

template <class M>
concept message_reads_bool = requires(const message_value_t<M>& v) {
  { M::as_bool(v) } -> std::same_as<bool>;
};

template <class M>
concept message_reads_integer = requires(const message_value_t<M>& v) {
  { M::as_integer(v) } -> std::same_as<integer>;
};

template <class M>
concept message_reads_float = requires(const message_value_t<M>& v) {
  { M::as_float(v) } -> std::same_as<double>;
};

template <class M>
concept message_reads_bytes = requires(const message_value_t<M>& v) {
  { M::as_bytes(v) } -> std::same_as<bytes_view>;
};

template <class M>
concept message_counts_list = requires(const message_value_t<M>& v) {
  { M::list_size(v) } -> std::same_as<std::size_t>;
};

template <class M>
concept message_reads_list = requires(const message_value_t<M>& v, std::size_t i) {
  { M::list_element(v, i) } -> std::convertible_to<message_value_t<M>>;
};

template <class M>
concept message_reads_host = requires(const message_value_t<M>& v) {
  { M::as_host(v) } -> std::same_as<host_object>;
};

template <class M>
concept message_makes_bool = requires(bool b) {
  { M::make_bool(b) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_makes_integer = requires(integer n) {
  { M::make_integer(n) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_makes_float = requires(double d) {
  { M::make_float(d) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_makes_binary = requires(bytes_view bytes) {
  { M::make_binary(bytes) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_makes_list = requires(vector<message_value_t<M>> elements) {
  { M::make_list(std::move(elements)) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_makes_map = requires(vector<message_entry_t<M>> entries) {
  { M::make_map(std::move(entries)) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_makes_host = requires(host_object object) {
  { M::make_host(std::move(object)) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_gets = requires(const message_value_t<M>& m, std::string_view path) {
  { M::get(m, path) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_gets_key = requires(const message_value_t<M>& m, std::string_view key) {
  { M::get_key(m, key) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_lists_keys = requires(const message_value_t<M>& m) {
  { M::keys(m) } -> std::same_as<vector<std::string>>;
};

template <class M>
concept message_sets = requires(message_value_t<M> m, std::string_view path, message_value_t<M> v, set_mode mode) {
  { M::set(std::move(m), path, std::move(v), mode) } -> std::same_as<result<message_value_t<M>>>;
};

template <class M>
concept message_removes = requires(message_value_t<M> m, std::string_view path) {
  { M::remove(std::move(m), path) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_gets_private = requires(const message_value_t<M>& m, std::string_view path) {
  { M::get_private(m, path) } -> std::same_as<message_value_t<M>>;
};

template <class M>
concept message_sets_private = requires(message_value_t<M> m, std::string_view path, message_value_t<M> v) {
  { M::set_private(std::move(m), path, std::move(v)) } -> std::same_as<result<message_value_t<M>>>;
};

template <class M>
concept message_encodes = requires(const message_value_t<M>& m) {
  { M::encode(m) } -> std::same_as<result<byte_vector>>;
};

template <class M>
concept message_decodes = requires(bytes_view bytes) {
  { M::decode(bytes) } -> std::same_as<result<message_value_t<M>>>;
};

template <class M>
concept message_policy =
    message_has_value<M> && message_tells_kind<M> && message_reads_bool<M> && message_reads_integer<M> &&
    message_reads_float<M> && message_reads_bytes<M> && message_counts_list<M> && message_reads_list<M> &&
    message_reads_host<M> && message_makes_bool<M> && message_makes_integer<M> && message_makes_float<M> &&
    message_makes_binary<M> && message_makes_list<M> && message_makes_map<M> && message_makes_host<M> &&
    message_gets<M> && message_gets_key<M> && message_lists_keys<M> && message_sets<M> && message_removes<M> &&
    message_gets_private<M> && message_sets_private<M> && message_encodes<M> && message_decodes<M>;

}  // namespace wasm64
