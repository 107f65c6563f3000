#pragma once

// Optional: not in the umbrella, because it needs nlohmann-json.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "wasm64/binary/utf8.hpp"
#include "wasm64/message/concept.hpp"

namespace wasm64 {

/// What JSON text from outside may be at most.
struct json_limits {
  std::size_t depth = max_value_depth;      ///< arrays and objects in each other
  std::size_t values = std::size_t{1} << 20;  ///< values of any kind
  std::size_t bytes = std::size_t{64} << 20;
};

/// Appends a text in quotation marks. What is not UTF-8 becomes U+FFFD.
inline void append_json_string(std::string& out, std::string_view text) {
  if (!is_utf8(as_bytes(text))) {
    out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  out.push_back('"');
  std::size_t done = 0;  // what stands for itself is appended at once
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, done, i - done);
    done = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out.push_back("0123456789abcdef"[c >> 4]);
        out.push_back("0123456789abcdef"[c & 15]);
    }
  }
  out.append(text, done);
  out.push_back('"');
}

namespace detail {

/// Receives the events of nlohmann's parser, which nests without recursion, and builds values of message policy `M`.
template <class M>
class json_builder {
 public:
  using value_type = typename M::value_type;
  using json = nlohmann::json;

  explicit json_builder(const json_limits& l) : limits_(l) {}

  bool null() { return add({}); }
  bool boolean(bool b) { return add(M::make_bool(b)); }
  bool number_integer(std::int64_t n) { return add(M::make_integer(n)); }
  bool number_unsigned(std::uint64_t n) { return add(M::make_integer(n)); }
  bool number_float(double d, const std::string&) { return add(M::make_float(d)); }
  bool string(std::string& text) { return add(M::make_binary(as_bytes(text))); }
  bool binary(json::binary_t&) { return refuse(errc::malformed_message, "binary"); }

  bool start_object(std::size_t) { return open(false); }
  bool start_array(std::size_t) { return open(true); }
  bool key(std::string& name) {
    levels_.back().key = std::move(name);
    return true;
  }
  bool end_object() {
    value_type made = M::make_map(std::move(levels_.back().entries));
    levels_.pop_back();
    return put(std::move(made));
  }
  bool end_array() {
    value_type made = M::make_list(std::move(levels_.back().elements));
    levels_.pop_back();
    return put(std::move(made));
  }

  bool parse_error(std::size_t position, const std::string& token, const json::exception&) {
    failure_ =
        error(errc::malformed_message, position == 0 ? 0 : position - 1, "JSON at '" + token.substr(0, 32) + "'");
    return false;
  }

  value_type take() { return std::move(root_); }
  error take_failure() { return std::move(failure_); }

 private:
  struct level {
    bool is_list;
    vector<value_type> elements;
    vector<message_entry_t<M>> entries;
    std::string key;
  };

  bool refuse(errc code, std::string detail) {
    failure_ = error(code, std::move(detail));
    return false;
  }
  bool open(bool is_list) {
    if (levels_.size() == limits_.depth) return refuse(errc::nesting_too_deep, "JSON");
    if (!count()) return false;
    levels_.push_back({is_list, {}, {}, {}});
    return true;
  }
  bool count() { return values_++ < limits_.values || refuse(errc::limit_exceeded, "JSON values"); }
  bool add(value_type v) { return count() && put(std::move(v)); }
  bool put(value_type v) {
    if (levels_.empty()) root_ = std::move(v);
    else if (level& in = levels_.back(); in.is_list) in.elements.push_back(std::move(v));
    else in.entries.push_back({std::move(in.key), std::move(v)});
    return true;
  }

  json_limits limits_;
  std::size_t values_ = 0;
  vector<level> levels_;
  value_type root_;
  error failure_;
};

template <class M>
result<void> print_json(std::string& out, const typename M::value_type& v, std::size_t depth) {
  if (depth > max_value_depth) return fail(errc::nesting_too_deep, "JSON");
  switch (M::kind(v)) {
    case value_kind::boolean: out += M::as_bool(v) ? "true" : "false"; break;
    case value_kind::integer: {
      const integer n = M::as_integer(v);
      out += n.negative ? std::to_string(n.as_int64()) : std::to_string(n.bits);
      break;
    }
    case value_kind::floating: out += nlohmann::json(M::as_float(v)).dump(); break;
    case value_kind::binary: append_json_string(out, as_text(M::as_bytes(v))); break;
    case value_kind::list: {
      out.push_back('[');
      for (std::size_t i = 0; i < M::list_size(v); ++i) {
        if (i != 0) out.push_back(',');
        WASM64_CHECK(print_json<M>(out, M::list_element(v, i), depth + 1));
      }
      out.push_back(']');
      break;
    }
    case value_kind::map: {
      vector<std::string> keys = M::keys(v);
      std::sort(keys.begin(), keys.end());
      out.push_back('{');
      for (const std::string& key : keys) {
        if (out.back() != '{') out.push_back(',');
        append_json_string(out, key);
        out.push_back(':');
        WASM64_CHECK(print_json<M>(out, M::get_key(v, key), depth + 1));
      }
      out.push_back('}');
      break;
    }
    default: out += "null"; break;
  }
  return success();
}

}  // namespace detail

/// The value of a JSON text (RFC 8259). Integers from −2^63 to 2^64−1 are exact, other numbers become floats. Of
/// several members with one name the last counts; members that are null, or whose names are private, are left out.
/// Fails with `malformed_message` and the offset in bytes, `nesting_too_deep` or `limit_exceeded`.
template <class M>
result<typename M::value_type> parse_json(std::string_view text, const json_limits& limits = {}) {
  if (text.size() > limits.bytes) return fail(errc::limit_exceeded, "JSON bytes");
  detail::json_builder<M> builder(limits);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return fail(builder.take_failure());
  return builder.take();
}

/// The compact JSON text of a value. Members stand in the order of their names' bytes, so equal messages have equal
/// texts. What is not UTF-8 in a text becomes U+FFFD; infinities, NaN and what has no JSON form become null. Fails with
/// `nesting_too_deep`.
template <class M>
result<std::string> print_json(const typename M::value_type& v) {
  std::string out;
  WASM64_CHECK(detail::print_json<M>(out, v, 0));
  return out;
}

}  // namespace wasm64
