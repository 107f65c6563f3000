#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wasm64/device/fields.hpp"

// The URL form of paths, `/part/part?k=v`:
//
//     part:  key  [~device] [&k=v …]      or, in the place of the key, a path to be resolved first: (path)
//     k=v:   k [+type] = text             or a path to be resolved for the value: k=(path), k+resolve=path
//
// '/', '&', '~', '=' and '?' inside of parentheses belong to the inner path. In a value, %2F stands for '/'.

namespace wasm64::detail {

/// The position of the first of `ends` outside of parentheses, or the length. The parentheses match.
inline std::size_t find_outside(std::string_view text, std::string_view ends) noexcept {
  std::size_t open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (open == 0 && ends.find(c) != ends.npos) return i;
    if (c == '(') ++open;
    if (c == ')') --open;
  }
  return text.size();
}

/// The text before the separator; `text` becomes what follows it.
inline std::string_view take_before(std::string_view& text, char separator) noexcept {
  const std::size_t end = find_outside(text, std::string_view(&separator, 1));
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == text.size() ? end : end + 1);
  return taken;
}

/// What stands between two '/'.
struct path_part {
  std::string_view text;    ///< all of it
  std::string_view key;     ///< or the path in parentheses
  std::string_view device;  ///< behind '~'; empty for the device of the message
  std::string_view keys;    ///< `k=v&k=v`
  bool is_nested = false;
};

/// Walks a path. Nothing is split before it is reached, so a path costs no memory whatever its length.
class path_parts {
 public:
  /// Fails with `malformed_request` where parentheses do not match.
  static result<path_parts> of(std::string_view path) {
    std::size_t open = 0;
    std::size_t outermost = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] == '(' && open++ == 0) outermost = i;
      if (path[i] == ')' && open-- == 0) return malformed(path.substr(i));
    }
    if (open != 0) return malformed(path.substr(outermost));
    path_parts parts;
    parts.rest_ = path;
    const std::string_view steps = take_before(parts.rest_, '?');
    parts.query_ = std::exchange(parts.rest_, steps);
    parts.skip_separators();
    return parts;
  }

  bool is_done() const noexcept { return rest_.empty(); }
  /// Keys of the request for all steps.
  std::string_view query() const noexcept { return query_; }

  /// The next part, of which there is one. Fails with `malformed_request` and the part.
  result<path_part> next() {
    path_part part;
    part.text = take_before(rest_, '/');
    skip_separators();
    std::string_view rest = part.text;
    if (rest.front() == '(') {
      part.is_nested = true;
      rest.remove_prefix(1);
      part.key = rest.substr(0, closing(rest));
      rest.remove_prefix(part.key.size() + 1);
    } else {
      part.key = rest.substr(0, find_outside(rest, "~&"));
      rest.remove_prefix(part.key.size());
    }
    if (rest.starts_with('~')) {
      rest.remove_prefix(1);
      part.device = rest.substr(0, find_outside(rest, "&"));
      rest.remove_prefix(part.device.size());
      if (part.device.empty()) return malformed(part.text);
    }
    if (!rest.empty() && rest.front() != '&') return malformed(part.text);
    part.keys = rest;
    return part;
  }

  static outcome::failure_type<error> malformed(std::string_view what) {
    return fail(errc::malformed_request, name_in_error(what));
  }

 private:
  void skip_separators() noexcept {
    while (rest_.starts_with('/')) rest_.remove_prefix(1);
  }
  /// Behind an opening parenthesis, the position of its partner.
  static std::size_t closing(std::string_view text) noexcept {
    std::size_t open = 1;
    std::size_t i = 0;
    for (;; ++i) {
      if (text[i] == '(') ++open;
      if (text[i] == ')' && --open == 0) return i;
    }
  }

  std::string_view rest_;
  std::string_view query_;
};

/// One of the keys that a part or a query brings.
struct inline_key {
  std::string_view text;
  std::string_view name;
  std::string_view type;   ///< behind '+'
  std::string_view value;  ///< escaped
  bool has_value = false;
};

/// Takes the first key off `keys`; false when there is none.
inline bool take_key(std::string_view& keys, inline_key& taken) noexcept {
  while (keys.starts_with('&')) keys.remove_prefix(1);
  if (keys.empty()) return false;
  taken = {};
  taken.text = take_before(keys, '&');
  const std::size_t equals = find_outside(taken.text, "=");
  taken.has_value = equals != taken.text.size();
  if (taken.has_value) taken.value = taken.text.substr(equals + 1);
  const std::string_view left = taken.text.substr(0, equals);
  const std::size_t plus = left.find('+');
  taken.name = left.substr(0, plus);
  if (plus != left.npos) taken.type = left.substr(plus + 1);
  return true;
}

/// Fails with `malformed_request` where '%' is not followed by two hexadecimal digits.
inline result<std::string> unescaped(std::string_view text) {
  constexpr auto digit = [](char c) {
    return c >= '0' && c <= '9'                             ? c - '0'
           : ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f' ? ascii_lower(c) - 'a' + 10
                                                            : 16;
  };
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain.push_back(text[i]);
      continue;
    }
    const int high = i + 1 < text.size() ? digit(text[i + 1]) : 16;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : 16;
    if (high == 16 || low == 16) return path_parts::malformed(text.substr(i));
    plain.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return plain;
}

}  // namespace wasm64::detail
