#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/host/file_types.hpp"

namespace wasm64::detail {

/// What a message says of a file beside its content, in one text: fields `name=value` with a semicolon between them. In
/// values, semicolons and percent signs are written %3b and %25.
///
///     accessed modified changed    nanoseconds since 1970, in decimal; 0 when absent
///     link                         a symbolic link, and what it points to
///     also                         another name of the file, a path from the root; as often as there are
///     same                         the file of that path, under one more name
struct file_attributes {
  file_times times;
  std::string link;
  std::string first_name;
  vector<std::string> other_names;

  static file_attributes parse(std::string_view text) {
    file_attributes a;
    while (!text.empty()) {
      const std::string_view field = text.substr(0, text.find(';'));
      text.remove_prefix(std::min(field.size() + 1, text.size()));
      const std::size_t equals = field.find('=');
      if (equals == field.npos) continue;
      const std::string_view name = field.substr(0, equals), value = field.substr(equals + 1);
      if (name == "accessed") a.times.accessed = number(value);
      else if (name == "modified") a.times.modified = number(value);
      else if (name == "changed") a.times.changed = number(value);
      else if (name == "link") a.link = plain(value);
      else if (name == "same") a.first_name = plain(value);
      else if (name == "also") a.other_names.push_back(plain(value));
    }
    return a;
  }

  std::string text() const {
    std::string all;
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!all.empty()) all.push_back(';');
      all.append(name).append("=").append(value);
    };
    const auto add_time = [&](std::string_view name, std::uint64_t t) {
      if (t != 0) add(name, std::to_string(t));
    };
    add_time("accessed", times.accessed);
    add_time("modified", times.modified);
    add_time("changed", times.changed);
    if (!link.empty()) add("link", escaped(link));
    if (!first_name.empty()) add("same", escaped(first_name));
    for (const std::string& n : other_names) add("also", escaped(n));
    return all;
  }

 private:
  static std::uint64_t number(std::string_view digits) {
    std::uint64_t n = 0;
    const auto [end, e] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return e == std::errc() && end == digits.data() + digits.size() ? n : 0;
  }
  static std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
      if (c == ';') text.append("%3b");
      else if (c == '%') text.append("%25");
      else text.push_back(c);
    }
    return text;
  }
  static std::string plain(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::string_view three = text.substr(i, 3);
      if (three == "%3b" || three == "%25") {
        value.push_back(three == "%3b" ? ';' : '%');
        i += 2;
      } else {
        value.push_back(text[i]);
      }
    }
    return value;
  }
};

}  // namespace wasm64::detail
