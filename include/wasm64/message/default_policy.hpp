#pragma once

#include "wasm64/message/check.hpp"
#include "wasm64/message/encode.hpp"
#include "wasm64/message/value.hpp"

namespace wasm64 {

/// The message policy for `value`, and the model for adaptors to other types: derive from it or write the same names.
/// All functions are static; see `message/concept.hpp` for what each must do.
struct default_message_policy {
  using value_type = value;

  static value_kind kind(const value& v) noexcept { return v.kind(); }
  static bool as_bool(const value& v) noexcept { return v.as_bool(); }
  static integer as_integer(const value& v) noexcept { return v.as_integer(); }
  static double as_float(const value& v) noexcept { return v.as_float(); }
  static bytes_view as_bytes(const value& v) noexcept { return v.as_bytes(); }
  static std::size_t list_size(const value& v) noexcept { return v.elements().size(); }
  static const value& list_element(const value& v, std::size_t i) noexcept { return v.elements()[i]; }
  static host_object as_host(const value& v) noexcept { return v.as_host(); }

  static value make_bool(bool b) { return value(b); }
  static value make_integer(integer n) { return value(n); }
  static value make_float(double d) { return value(d); }
  static value make_binary(bytes_view bytes) { return value(bytes); }
  static value make_list(vector<value> elements) { return value::list(std::move(elements)); }
  static value make_map(vector<std::pair<std::string, value>> entries) { return value::map(std::move(entries)); }
  static value make_host(host_object object) { return value(std::move(object)); }

  static value get(const value& message, std::string_view path) { return message.get(path); }
  static value get_key(const value& message, std::string_view key) {
    const value* found = message.find_key(key);
    return found != nullptr ? *found : value();
  }
  static vector<std::string> keys(const value& message) { return message.keys(); }
  static result<value> set(value message, std::string_view path, value item, set_mode mode) {
    WASM64_CHECK(message.set(path, std::move(item), mode));
    return result<value>(std::move(message));
  }
  static value remove(value message, std::string_view path) {
    message.remove(path);
    return message;
  }

  static value get_private(const value& message, std::string_view path) { return message.get_private(path); }
  static result<value> set_private(value message, std::string_view path, value item) {
    WASM64_CHECK(message.set_private(path, std::move(item)));
    return result<value>(std::move(message));
  }

  static result<byte_vector> encode(const value& message) { return wasm64::encode(message); }
  static result<value> decode(bytes_view bytes) { return wasm64::decode(bytes); }
};

static_assert(check_message_policy<default_message_policy>());

}  // namespace wasm64
