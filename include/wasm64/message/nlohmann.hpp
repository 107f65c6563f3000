#pragma once

// Optional: not in the umbrella, because it needs nlohmann-json.
#include <nlohmann/json.hpp>

#include "wasm64/message/document_policy.hpp"

namespace wasm64 {

/// Bytes that are UTF-8 are a string, others a JSON binary.
template <>
struct document_traits<nlohmann::json> {
  using json = nlohmann::json;

  static value_kind kind(const json& d) noexcept {
    switch (d.type()) {
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
  static bool as_bool(const json& d) noexcept { return *d.get_ptr<const json::boolean_t*>(); }
  static integer as_integer(const json& d) noexcept {
    if (const auto* n = d.get_ptr<const json::number_unsigned_t*>()) return *n;
    return *d.get_ptr<const json::number_integer_t*>();
  }
  static double as_float(const json& d) noexcept { return *d.get_ptr<const json::number_float_t*>(); }
  static bytes_view as_bytes(const json& d) noexcept {
    if (const auto* text = d.get_ptr<const json::string_t*>()) return wasm64::as_bytes(*text);
    return bytes_view(*d.get_ptr<const json::binary_t*>());
  }

  static json make(bool b) { return b; }
  static json make(integer n) { return n.negative ? json(n.as_int64()) : json(n.bits); }
  static json make(double d) { return d; }
  static json make(bytes_view bytes) {
    if (is_utf8(bytes)) return std::string(as_text(bytes));
    return json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  }
  static json make_list() { return json::array(); }
  static json make_map() { return json::object(); }

  static std::size_t size(const json& d) noexcept { return d.size(); }
  template <class D>
  static D& element(D& list, std::size_t i) {
    return list[i];
  }
  static void append(json& list, json&& d) { list.push_back(std::move(d)); }
  static void erase(json& list, std::size_t i) { list.erase(i); }

  template <class D>
  static D* find(D& map, std::string_view key) {
    const auto found = map.find(std::string(key));
    return found != map.end() ? &*found : nullptr;
  }
  static json& insert(json& map, std::string_view key) { return map[std::string(key)]; }
  static void erase(json& map, std::string_view key) { map.erase(std::string(key)); }
  template <class D, class F>
  static void each(D& map, F f) {
    for (auto at = map.begin(); at != map.end() && f(std::string_view(at.key()), *at);) ++at;
  }

  static std::string print(const json& d) { return d.dump(); }
  static result<json> parse(std::string_view text) {
    json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) return fail(errc::malformed_message, "JSON");
    return parsed;
  }
};

using json_message = document_message<nlohmann::json>;
struct nlohmann_message_policy : document_message_policy<nlohmann::json> {};

static_assert(check_message_policy<nlohmann_message_policy>());

/// See `document_to_value` and `document_from_value`.
inline result<message_value> to_value(const nlohmann::json& document) { return document_to_value(document); }
inline result<nlohmann::json> to_json(const message_value& v) { return document_from_value<nlohmann::json>(v); }

}  // namespace wasm64
