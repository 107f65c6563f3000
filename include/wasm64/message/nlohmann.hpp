#pragma once

// Optional: not in the umbrella, because it needs nlohmann-json.
#include <nlohmann/json.hpp>

#include "wasm64/binary/utf8.hpp"
#include "wasm64/message/check.hpp"
#include "wasm64/message/encode.hpp"

namespace wasm64 {

/// A JSON document as a message.
struct json_message {
  nlohmann::json document;
  host_object host;      ///< instead of a document, in private parts only
  message_value private_shadow;  ///< the maps of the document that have private parts, with nothing else in them

  json_message() = default;
  json_message(nlohmann::json d) : document(std::move(d)) {}  // NOLINT(google-explicit-constructor)
};

/// The same contents in the library's own type; private keys and nulls in objects are left out. Fails with
/// nesting_too_deep.
inline result<message_value> to_value(const nlohmann::json& document, std::size_t depth = 0) {
  if (document.is_structured() && depth == max_value_depth) return fail(errc::nesting_too_deep);
  if (const auto* text = document.get_ptr<const std::string*>()) return message_value(*text);
  if (document.is_binary()) return message_value(bytes_view(document.get_binary()));
  if (document.is_boolean()) return message_value(document.get<bool>());
  if (document.is_number_unsigned()) return message_value(document.get<std::uint64_t>());
  if (document.is_number_integer()) return message_value(document.get<std::int64_t>());
  if (document.is_number_float()) return message_value(document.get<double>());
  if (document.is_array()) {
    vector<message_value> elements;
    for (const auto& element : document) {
      WASM64_TRY(message_value converted, to_value(element, depth + 1));
      elements.push_back(std::move(converted));
    }
    return message_value::list(std::move(elements));
  }
  if (!document.is_object()) return message_value();
  vector<std::pair<std::string, message_value>> entries;
  for (const auto& [key, item] : document.items()) {
    WASM64_TRY(message_value converted, to_value(item, depth + 1));
    entries.push_back({key, std::move(converted)});
  }
  return message_value::map(std::move(entries));
}

/// The same contents as JSON: bytes that are UTF-8 become a string, others a JSON binary; private parts are left out.
inline result<nlohmann::json> to_json(const message_value& v) {
  if (v.depth() > max_value_depth) return fail(errc::nesting_too_deep);
  switch (v.kind()) {
    case value_kind::null:
    case value_kind::unset:
    case value_kind::host: return nlohmann::json();
    case value_kind::boolean: return nlohmann::json(v.as_bool());
    case value_kind::integer:
      return v.as_integer().negative ? nlohmann::json(v.as_integer().as_int64()) : nlohmann::json(v.as_integer().bits);
    case value_kind::floating: return nlohmann::json(v.as_float());
    case value_kind::binary:
      if (is_utf8(v.as_bytes())) return nlohmann::json(std::string(v.as_text()));
      return nlohmann::json::binary(std::vector<std::uint8_t>(v.as_bytes().begin(), v.as_bytes().end()));
    case value_kind::list: {
      nlohmann::json array = nlohmann::json::array();
      for (const message_value& element : v.elements()) {
        WASM64_TRY(nlohmann::json converted, to_json(element));
        array.push_back(std::move(converted));
      }
      return array;
    }
    case value_kind::map: break;
  }
  nlohmann::json object = nlohmann::json::object();
  for (const map_entry& entry : v.entries()) {
    WASM64_TRY(nlohmann::json converted, to_json(entry.item));
    object[std::string(entry.name())] = std::move(converted);
  }
  return object;
}

namespace detail {

/// What the key names in an object or an array, or null. Unlike the lookup of `value`, a key that is not there exactly
/// costs a walk over the object.
inline const nlohmann::json* json_child(const nlohmann::json& in, std::string_view key) {
  if (in.is_array()) {
    const std::size_t position = list_position(key);
    return position < in.size() ? &in[position] : nullptr;
  }
  if (!in.is_object() || is_private_key(key)) return nullptr;
  if (const auto exact = in.find(std::string(key)); exact != in.end()) return &*exact;
  for (auto at = in.begin(); at != in.end(); ++at) {
    if (same_key(at.key(), key)) return &*at;
  }
  return nullptr;
}

inline const nlohmann::json* json_find(const nlohmann::json& in, std::string_view path) {
  const nlohmann::json* at = &in;
  std::string_view key;
  for (path_segments walk(path); at != nullptr && walk.next(key);) at = json_child(*at, key);
  return at;
}

/// Levels of arrays and objects, counted up to `limit` + 1.
inline std::size_t json_depth(const nlohmann::json& in, std::size_t limit) {
  if (!in.is_structured()) return 0;
  std::size_t deepest = 0;
  for (auto at = in.begin(); at != in.end() && deepest < limit; ++at) {
    if (const std::size_t below = limit == 0 ? 0 : json_depth(*at, limit - 1); below > deepest) deepest = below;
  }
  return deepest + 1;
}

inline void json_assign(nlohmann::json& where, nlohmann::json&& item, set_mode mode) {
  if (mode == set_mode::replace || !where.is_object() || !item.is_object()) {
    where = std::move(item);
    return;
  }
  for (auto at = item.begin(); at != item.end(); ++at) {
    if (at->is_null() || is_private_key(at.key())) continue;
    const nlohmann::json* found = json_child(where, at.key());
    json_assign(found != nullptr ? const_cast<nlohmann::json&>(*found) : where[at.key()], std::move(*at), mode);
  }
}

/// The place the key names in `where`, made if missing.
inline nlohmann::json& json_place(nlohmann::json& where, std::string_view key) {
  if (where.is_array() && list_position(key) > where.size()) {
    nlohmann::json object = nlohmann::json::object();
    for (std::size_t i = 0; i < where.size(); ++i) object[std::to_string(i + 1)] = std::move(where[i]);
    where = std::move(object);
  }
  if (where.is_array()) return where[list_position(key)];
  const nlohmann::json* found = json_child(where, key);
  return found != nullptr ? const_cast<nlohmann::json&>(*found) : where[std::string(key)];
}

}  // namespace detail

/// The message policy for `json_message`. Reading a part copies it; setting works in place when the message is moved
/// in. JSON has no `unset`: use `remove`.
struct nlohmann_message_policy {
  using value_type = json_message;
  using json = nlohmann::json;

  static value_kind kind(const json_message& m) noexcept {
    if (m.host) return value_kind::host;
    switch (m.document.type()) {
      case json::value_t::boolean: return value_kind::boolean;
      case json::value_t::number_integer:
      case json::value_t::number_unsigned: return value_kind::integer;
      case json::value_t::number_float: return value_kind::floating;
      case json::value_t::string:
      case json::value_t::binary: return value_kind::binary;
      case json::value_t::array: return value_kind::list;
      case json::value_t::object: return value_kind::map;
      default: return value_kind::null;
    }
  }
  static bool as_bool(const json_message& m) { return m.document.get<bool>(); }
  static integer as_integer(const json_message& m) {
    return m.document.is_number_unsigned() ? integer(m.document.get<std::uint64_t>())
                                           : integer(m.document.get<std::int64_t>());
  }
  static double as_float(const json_message& m) { return m.document.get<double>(); }
  static bytes_view as_bytes(const json_message& m) {
    if (const auto* text = m.document.get_ptr<const std::string*>()) return wasm64::as_bytes(*text);
    return bytes_view(m.document.get_binary());
  }
  static std::size_t list_size(const json_message& m) { return m.document.size(); }
  static json_message list_element(const json_message& m, std::size_t i) { return m.document[i]; }
  static host_object as_host(const json_message& m) { return m.host; }

  static json_message make_bool(bool b) { return json(b); }
  static json_message make_integer(integer n) { return n.negative ? json(n.as_int64()) : json(n.bits); }
  static json_message make_float(double d) { return json(d); }
  static json_message make_binary(bytes_view bytes) {
    if (is_utf8(bytes)) return json(std::string(as_text(bytes)));
    return json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  }
  static json_message make_list(vector<json_message> elements) {
    json array = json::array();
    for (json_message& element : elements) array.push_back(std::move(element.document));
    return array;
  }
  static json_message make_map(vector<std::pair<std::string, json_message>> entries) {
    json_message made = json(json::object());
    vector<std::pair<std::string, message_value>> shadows;
    for (auto& [key, item] : entries) {
      if (item.document.is_null() || is_private_key(key)) continue;
      made.document[key] = std::move(item.document);
      if (!item.private_shadow.is_null()) shadows.push_back({key, std::move(item.private_shadow)});
    }
    if (!shadows.empty()) made.private_shadow = message_value::map(std::move(shadows));
    return made;
  }
  static json_message make_host(host_object object) {
    json_message made;
    made.host = std::move(object);
    return made;
  }

  static json_message get(const json_message& m, std::string_view path) {
    const json* found = detail::json_find(m.document, path);
    if (found == nullptr) return {};
    json_message part(*found);
    part.private_shadow = m.private_shadow.get(path);
    return part;
  }
  static json_message get_key(const json_message& m, std::string_view key) {
    const json* found = detail::json_child(m.document, key);
    if (found == nullptr) return {};
    json_message part(*found);
    if (const message_value* shadow = m.private_shadow.find_key(key)) part.private_shadow = *shadow;
    return part;
  }
  static vector<std::string> keys(const json_message& m) {
    vector<std::string> names;
    if (m.document.is_array()) {
      for (std::size_t i = 1; i <= m.document.size(); ++i) names.push_back(std::to_string(i));
    } else if (m.document.is_object()) {
      for (const auto& [key, item] : m.document.items()) {
        if (!item.is_null() && !is_private_key(key)) names.push_back(key);
      }
    }
    return names;
  }

  static result<json_message> set(json_message m, std::string_view path, json_message item, set_mode mode) {
    if (item.host) return fail(errc::malformed_message, "host object outside a private part");
    if (item.document.is_null()) return m;
    const auto refuse = [&](errc code) { return fail(code, std::string(path.substr(0, 256))); };
    std::size_t levels = 0;
    const json* at = &m.document;
    std::string_view key;
    for (path_segments walk(path); walk.next(key); ++levels) {
      if (levels == max_value_depth) return refuse(errc::nesting_too_deep);
      if (is_private_key(key)) return refuse(errc::malformed_message);
      if (at == nullptr || at->is_null()) continue;
      if (!at->is_structured()) return refuse(errc::malformed_message);
      at = detail::json_child(*at, key);
    }
    if (levels == 0 && !item.document.is_object()) return refuse(errc::malformed_message);
    if (levels + detail::json_depth(item.document, max_value_depth) > max_value_depth) {
      return refuse(errc::nesting_too_deep);
    }
    json* place = &m.document;
    for (path_segments walk(path); walk.next(key);) place = &detail::json_place(*place, key);
    detail::json_assign(*place, std::move(item.document), mode);
    if (mode == set_mode::replace || !place->is_object()) m.private_shadow.remove(path);
    WASM64_CHECK(m.private_shadow.set(path, std::move(item.private_shadow), mode));
    return m;
  }

  static json_message remove(json_message m, std::string_view path) {
    if (path_segments(path).empty()) return m;
    json* parent = &m.document;
    std::string_view key;
    for (path_segments walk(path); walk.next(key) && !walk.empty();) {
      parent = const_cast<json*>(detail::json_child(*parent, key));
      if (parent == nullptr) return m;
    }
    const json* child = detail::json_child(*parent, key);
    if (child == nullptr) return m;
    if (parent->is_array()) {
      parent->erase(list_position(key));
    } else {
      for (auto at = parent->begin(); at != parent->end(); ++at) {
        if (&*at != child) continue;
        parent->erase(at);
        break;
      }
    }
    m.private_shadow.remove(path);
    return m;
  }

  static json_message get_private(const json_message& m, std::string_view path) {
    const message_value found = m.private_shadow.get_private(path);
    if (found.kind() == value_kind::host) return make_host(found.as_host());
    result<json> document = to_json(found);
    return document.has_value() ? json_message(std::move(document).assume_value()) : json_message();
  }
  static result<json_message> set_private(json_message m, std::string_view path, json_message item) {
    if (item.host) {
      WASM64_CHECK(m.private_shadow.set_private(path, message_value(std::move(item.host))));
    } else {
      WASM64_TRY(message_value plain, to_value(item.document));
      WASM64_CHECK(m.private_shadow.set_private(path, std::move(plain)));
    }
    return m;
  }

  static result<byte_vector> encode(const json_message& m) {
    WASM64_TRY(const message_value plain, to_value(m.document));
    return wasm64::encode_message(plain);
  }
  static result<json_message> decode(bytes_view bytes) {
    WASM64_TRY(const message_value plain, wasm64::decode_message(bytes));
    WASM64_TRY(json document, to_json(plain));
    return json_message(std::move(document));
  }
};

static_assert(check_message_policy<nlohmann_message_policy>());

}  // namespace wasm64
