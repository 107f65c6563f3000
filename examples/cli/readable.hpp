#pragma once

#include <cstdio>
#include <string>

namespace cli {

/// A name as people can read it on a terminal: control characters are escaped.
inline std::string readable(const std::string& name) {
  std::string text;
  for (const char c : name) {
    constexpr unsigned char space = 0x20, del = 0x7f;
    const auto byte = static_cast<unsigned char>(c);
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "\\%02x", static_cast<unsigned>(byte));
    text += byte < space || byte == del || c == '\\' ? escaped : std::string(1, c);
  }
  return text;
}

}  // namespace cli
