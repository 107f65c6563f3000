#pragma once

#include <string>
#include <string_view>

#include "wasm64/device/names.hpp"
#include "wasm64/message/path.hpp"

// Names of files as keys of messages. Keys are looked up without regard to case, those that begin with "priv" are not
// seen, and `device` says what a message is; files may have any name. So a name is its own key, with these exceptions:
//
//     percent sign before two hexadecimal digits    %25
//     first letter of "priv…" and of "device"       %70riv…, %64evice
//     a key that differs only in case is taken      each letter: %61 for a beside A
//
// Every name has at most one key in a directory, and no two names have the same.

namespace wasm64::detail {

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
constexpr bool is_escape(std::string_view text, std::size_t at) noexcept {
  return text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
}

inline void append_escaped(std::string& key, char c) {
  constexpr char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  key.append({'%', digits[byte >> 4], digits[byte & 15]});
}

/// The key that a file's name has by itself, and the one with which it gets out of the way of others.
inline std::string plain_file_key(std::string_view name) {
  std::string key;
  key.reserve(name.size());
  const bool is_special = is_private_key(name) || same_key(name, "device");
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((i == 0 && is_special) || is_escape(name, i)) append_escaped(key, name[i]);
    else key.push_back(name[i]);
  }
  return key;
}
inline std::string other_file_key(std::string_view name) {
  std::string key;
  for (const char c : name) {
    const char lower = ascii_lower(c);
    if ((lower >= 'a' && lower <= 'z') || c == '%') append_escaped(key, c);
    else key.push_back(c);
  }
  return key;
}

/// What all keys have in common that are the same (`same_key`).
inline std::string folded_key(std::string key) {
  if (is_id_key(key)) return key;
  for (char& c : key) c = ascii_lower(c);
  return key;
}

/// The name that a key stands for; empty for keys that no file can have.
inline std::string file_name_of(std::string_view key) {
  std::string name;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (is_escape(key, i)) {
      name.push_back(static_cast<char>(hex_value(key[i + 1]) * 16 + hex_value(key[i + 2])));
      i += 2;
    } else {
      name.push_back(key[i]);
    }
  }
  const bool is_possible = name != "." && name != ".." && name.find('/') == name.npos && name.find('\0') == name.npos;
  const bool is_its_key = key == plain_file_key(name) || same_key(key, other_file_key(name));
  return is_possible && is_its_key ? name : std::string();
}

}  // namespace wasm64::detail
