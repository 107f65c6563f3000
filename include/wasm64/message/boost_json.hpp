#pragma once

// Optional: not in the umbrella, because it needs Boost.JSON of Boost 1.75 or later. That library has parts that are
// not inline: link Boost::json, or include <boost/json/src.hpp> in one translation unit.
#include <boost/json.hpp>

#include "wasm64/message/document_policy.hpp"

namespace wasm64 {

/// Bytes are a string, whether they are UTF-8 or not: `document_message_policy::to_text` makes a valid text of them,
/// while `boost::json::serialize` would copy them. A string holds 2^31 - 2 bytes at most; longer binaries become null.
template <>
struct document_traits<boost::json::value> {
  using json = boost::json::value;

  static value_kind kind(const json& d) noexcept {
    switch (d.kind()) {
      case boost::json::kind::bool_: return value_kind::boolean;
      case boost::json::kind::int64:
      case boost::json::kind::uint64: return value_kind::integer;
      case boost::json::kind::double_: return value_kind::floating;
      case boost::json::kind::string: return value_kind::binary;
      case boost::json::kind::array: return value_kind::list;
      case boost::json::kind::object: return value_kind::map;
      default: return value_kind::null;
    }
  }
  static bool as_bool(const json& d) noexcept { return d.get_bool(); }
  static integer as_integer(const json& d) noexcept {
    if (d.is_uint64()) return d.get_uint64();
    return d.get_int64();
  }
  static double as_float(const json& d) noexcept { return d.get_double(); }
  static bytes_view as_bytes(const json& d) noexcept {
    const boost::json::string& text = d.get_string();
    return wasm64::as_bytes({text.data(), text.size()});
  }

  static json make(bool b) { return b; }
  static json make(integer n) {
    if (n.negative || n.as_int64() >= 0) return n.as_int64();
    return n.bits;
  }
  static json make(double d) { return d; }
  static json make(bytes_view bytes) {
    if (bytes.size() > boost::json::string::max_size()) return {};
    return boost::json::string(as_text(bytes).data(), bytes.size());
  }
  static json make_list() { return boost::json::array(); }
  static json make_map() { return boost::json::object(); }

  static std::size_t size(const json& d) noexcept {
    return d.is_array() ? d.get_array().size() : d.get_object().size();
  }
  template <class D>
  static D& element(D& list, std::size_t i) {
    return list.get_array()[i];
  }
  static void append(json& list, json&& d) { list.get_array().push_back(std::move(d)); }
  static void erase(json& list, std::size_t i) {
    list.get_array().erase(list.get_array().begin() + static_cast<std::ptrdiff_t>(i));
  }

  template <class D>
  static D* find(D& map, std::string_view key) {
    return map.get_object().if_contains({key.data(), key.size()});
  }
  static json& insert(json& map, std::string_view key) { return map.get_object()[{key.data(), key.size()}]; }
  static void erase(json& map, std::string_view key) { map.get_object().erase({key.data(), key.size()}); }
  template <class D, class F>
  static void each(D& map, F f) {
    for (auto& pair : map.get_object()) {
      const boost::json::string_view key = pair.key();
      if (!f(std::string_view(key.data(), key.size()), pair.value())) return;
    }
  }

  static std::string print(const json& d) { return boost::json::serialize(d); }
  static result<json> parse(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 4 * max_value_depth;
    boost::system::error_code failed;
    json parsed = boost::json::parse({text.data(), text.size()}, failed, {}, options);
    if (failed) return fail(errc::malformed_message, "JSON");
    return parsed;
  }
};

using boost_json_message = document_message<boost::json::value>;
struct boost_json_message_policy : document_message_policy<boost::json::value> {};

static_assert(check_message_policy<boost_json_message_policy>());

}  // namespace wasm64
