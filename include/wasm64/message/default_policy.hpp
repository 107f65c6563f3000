#pragma once

#include "wasm64/message/check.hpp"
#include "wasm64/message/encode.hpp"
#include "wasm64/message/value.hpp"

namespace wasm64 {

/// The message policy for `value`, and the model for adaptors to other types: derive from it or write the same names.
/// All functions are static; see `message/concept.hpp` for what each must do.
struct default_message_policy {
  using value_type = message_value;

  static value_kind kind(const message_value& v) noexcept { return v.kind(); }
  static bool as_bool(const message_value& v) noexcept { return v.as_bool(); }
  static integer as_integer(const message_value& v) noexcept { return v.as_integer(); }
  static double as_float(const message_value& v) noexcept { return v.as_float(); }
  static bytes_view as_bytes(const message_value& v) noexcept { return v.as_bytes(); }
  static std::size_t list_size(const message_value& v) noexcept { return v.elements().size(); }
  static const message_value& list_element(const message_value& v, std::size_t i) noexcept { return v.elements()[i]; }
  static host_object as_host(const message_value& v) noexcept { return v.as_host(); }

  static message_value make_bool(bool b) { return message_value(b); }
  static message_value make_integer(integer n) { return message_value(n); }
  static message_value make_float(double d) { return message_value(d); }
  static message_value make_binary(bytes_view bytes) { return message_value(bytes); }
  static message_value make_list(vector<message_value> elements) { return message_value::list(std::move(elements)); }
  static message_value make_map(vector<std::pair<std::string, message_value>> entries) {
    return message_value::map(std::move(entries));
  }
  static message_value make_host(host_object object) { return message_value(std::move(object)); }

  static message_value get(const message_value& message, std::string_view path) { return message.get(path); }
  static message_value get_key(const message_value& message, std::string_view key) {
    const message_value* found = message.find_key(key);
    return found != nullptr ? *found : message_value();
  }
  // The three that begin with `find` need not be there (message/peek.hpp).
  static const message_value* find(const message_value& message, std::string_view path) noexcept {
    return message.find(path);
  }
  static const message_value* find_key(const message_value& message, std::string_view key) noexcept {
    return message.find_key(key);
  }
  static const message_value* find_private(const message_value& message, std::string_view path) noexcept {
    return message.find_private(path);
  }
  static vector<std::string> keys(const message_value& message) { return message.keys(); }
  /// The key as a map has it, which may differ in case; empty when it has none. Policies need not have this.
  static std::string_view stored_key(const message_value& message, std::string_view key) noexcept {
    const detail::key_position at = detail::locate(message.entries(), key);
    return at.found && !is_private_key(key) ? message.entries()[at.index].name() : std::string_view();
  }
  static result<message_value> set(message_value message, std::string_view path, message_value item, set_mode mode) {
    WASM64_CHECK(message.set(path, std::move(item), mode));
    return result<message_value>(std::move(message));
  }
  static message_value remove(message_value message, std::string_view path) {
    message.remove(path);
    return message;
  }

  static message_value get_private(const message_value& message, std::string_view path) {
    return message.get_private(path);
  }
  static result<message_value> set_private(message_value message, std::string_view path, message_value item) {
    WASM64_CHECK(message.set_private(path, std::move(item)));
    return result<message_value>(std::move(message));
  }

  static result<byte_vector> encode(const message_value& message) { return wasm64::encode_message(message); }
  static result<message_value> decode(bytes_view bytes) { return wasm64::decode_message(bytes); }
};

static_assert(check_message_policy<default_message_policy>());

}  // namespace wasm64
