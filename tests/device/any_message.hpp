#pragma once

#include <string>
#include <string_view>

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/message/check.hpp"
#include "wasm64/message/peek.hpp"

namespace device_tests {

/// A value of message policy `M` with the members of `message_value`, so that one text tests the device over all.
template <class M>
class any_message {
 public:
  using inner_type = typename M::value_type;

  any_message() = default;
  template <std::same_as<bool> T>
  any_message(T b) : inner(M::make_bool(b)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  any_message(T n) : inner(M::make_integer(wasm64::integer(n))) {}
  any_message(wasm64::integer n) : inner(M::make_integer(n)) {}
  any_message(double d) : inner(M::make_float(d)) {}
  any_message(std::string_view text) : inner(M::make_binary(wasm64::as_bytes(text))) {}
  any_message(const char* text) : any_message(std::string_view(text)) {}
  any_message(const std::string& text) : any_message(std::string_view(text)) {}
  any_message(wasm64::bytes_view bytes) : inner(M::make_binary(bytes)) {}
  any_message(const wasm64::shared_bytes& bytes) : inner(M::make_binary(bytes.view())) {}
  any_message(wasm64::host_object object) : inner(M::make_host(std::move(object))) {}

  static any_message of(inner_type v) {
    any_message made;
    made.inner = std::move(v);
    return made;
  }
  static wasm64::result<any_message> of(wasm64::result<inner_type> v) {
    WASM64_TRY(inner_type taken, std::move(v));
    return of(std::move(taken));
  }
  static any_message list(wasm64::vector<any_message> elements) {
    wasm64::vector<inner_type> inners;
    for (any_message& element : elements) inners.push_back(std::move(element.inner));
    return of(M::make_list(std::move(inners)));
  }
  static any_message map(wasm64::vector<std::pair<std::string, any_message>> entries = {}) {
    wasm64::vector<std::pair<std::string, inner_type>> inners;
    for (auto& [key, item] : entries) inners.push_back({std::move(key), std::move(item.inner)});
    return of(M::make_map(std::move(inners)));
  }

  wasm64::value_kind kind() const { return M::kind(inner); }
  bool is_null() const { return kind() == wasm64::value_kind::null; }
  bool is_map() const { return kind() == wasm64::value_kind::map; }

  bool as_bool() const { return kind() == wasm64::value_kind::boolean && M::as_bool(inner); }
  wasm64::integer as_integer() const {
    return kind() == wasm64::value_kind::integer ? M::as_integer(inner) : wasm64::integer();
  }
  double as_float() const { return kind() == wasm64::value_kind::floating ? M::as_float(inner) : 0; }
  wasm64::bytes_view as_bytes() const {
    return kind() == wasm64::value_kind::binary ? M::as_bytes(inner) : wasm64::bytes_view();
  }
  std::string as_text() const { return std::string(wasm64::as_text(as_bytes())); }
  wasm64::shared_bytes as_shared_bytes() const { return wasm64::shared_bytes(as_bytes()); }
  wasm64::host_object as_host() const {
    return kind() == wasm64::value_kind::host ? M::as_host(inner) : wasm64::host_object();
  }
  wasm64::vector<any_message> elements() const {
    wasm64::vector<any_message> found;
    if (kind() != wasm64::value_kind::list) return found;
    for (std::size_t i = 0; i < M::list_size(inner); ++i) found.push_back(of(M::list_element(inner, i)));
    return found;
  }

  any_message get(std::string_view path) const { return of(M::get(inner, path)); }
  any_message get_key(std::string_view key) const { return of(M::get_key(inner, key)); }
  wasm64::vector<std::string> keys() const { return M::keys(inner); }
  wasm64::result<void> set(std::string_view path, any_message item, wasm64::set_mode mode = wasm64::set_mode::deep) {
    WASM64_TRY(inner, M::set(std::move(inner), path, std::move(item.inner), mode));
    return wasm64::success();
  }
  void remove(std::string_view path) { inner = M::remove(std::move(inner), path); }
  any_message get_private(std::string_view path) const { return of(M::get_private(inner, path)); }
  wasm64::result<void> set_private(std::string_view path, any_message item) {
    WASM64_TRY(inner, M::set_private(std::move(inner), path, std::move(item.inner)));
    return wasm64::success();
  }

  friend bool operator==(const any_message& a, const any_message& b) {
    const auto x = M::encode(a.inner), y = M::encode(b.inner);
    return x.has_value() && y.has_value() && x.assume_value() == y.assume_value();
  }

  inner_type inner;
};

/// The message policy for `any_message<M>`: `M`, behind it.
template <class M>
struct any_message_policy {
  using value_type = any_message<M>;

  static wasm64::value_kind kind(const value_type& v) { return M::kind(v.inner); }
  static bool as_bool(const value_type& v) { return M::as_bool(v.inner); }
  static wasm64::integer as_integer(const value_type& v) { return M::as_integer(v.inner); }
  static double as_float(const value_type& v) { return M::as_float(v.inner); }
  static wasm64::bytes_view as_bytes(const value_type& v) { return M::as_bytes(v.inner); }
  static std::size_t list_size(const value_type& v) { return M::list_size(v.inner); }
  static value_type list_element(const value_type& v, std::size_t i) {
    return value_type::of(M::list_element(v.inner, i));
  }
  static wasm64::host_object as_host(const value_type& v) { return M::as_host(v.inner); }

  static value_type make_bool(bool b) { return value_type::of(M::make_bool(b)); }
  static value_type make_integer(wasm64::integer n) { return value_type::of(M::make_integer(n)); }
  static value_type make_float(double d) { return value_type::of(M::make_float(d)); }
  static value_type make_binary(wasm64::bytes_view bytes) { return value_type::of(M::make_binary(bytes)); }
  static value_type make_list(wasm64::vector<value_type> elements) { return value_type::list(std::move(elements)); }
  static value_type make_map(wasm64::vector<std::pair<std::string, value_type>> entries) {
    return value_type::map(std::move(entries));
  }
  static value_type make_host(wasm64::host_object object) { return value_type::of(M::make_host(std::move(object))); }

  static value_type get(const value_type& m, std::string_view path) { return m.get(path); }
  static wasm64::value_kind kind_at(const value_type& m, std::string_view path) {
    return wasm64::peek_kind<M>(m.inner, path);
  }
  static value_type get_key(const value_type& m, std::string_view key) { return m.get_key(key); }
  static wasm64::vector<std::string> keys(const value_type& m) { return m.keys(); }
  static wasm64::result<value_type> set(value_type m, std::string_view path, value_type item, wasm64::set_mode mode) {
    return value_type::of(M::set(std::move(m.inner), path, std::move(item.inner), mode));
  }
  static value_type remove(value_type m, std::string_view path) {
    return value_type::of(M::remove(std::move(m.inner), path));
  }
  static value_type get_private(const value_type& m, std::string_view path) { return m.get_private(path); }
  static wasm64::result<value_type> set_private(value_type m, std::string_view path, value_type item) {
    return value_type::of(M::set_private(std::move(m.inner), path, std::move(item.inner)));
  }

  static wasm64::result<wasm64::byte_vector> encode(const value_type& m) { return M::encode(m.inner); }
  static wasm64::result<value_type> decode(wasm64::bytes_view bytes) { return value_type::of(M::decode(bytes)); }
};

}  // namespace device_tests
