#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

/// The document on one line, without blanks; what is not UTF-8 is replaced.
inline std::string one_line(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The same for a text; nothing when it is no JSON.
std::optional<std::string> compact_json(const std::string& text);
