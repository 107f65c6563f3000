#pragma once

// Optional: not in the umbrella, because it needs nlohmann-json.
#include <nlohmann/json.hpp>

#include "wasm64/message/check.hpp"
#include "wasm64/message/encode.hpp"

namespace wasm64 {

/// A JSON document as a message. The private parts of the message and of the messages inside it are kept beside the
/// document, each under the path of its owner, and follow it when a part is read or set.
struct json_message {
  nlohmann::json document;
  host_object host;  ///< instead of a document, in private parts only

  /// A value in the private part of the message at path `owner`. Both paths are lower case, without empty segments.
  struct private_item {
    std::string owner;
    value item;
  };
  vector<private_item> private_items;

  json_message() = default;
  json_message(nlohmann::json d) : document(std::move(d)) {}  // NOLINT(google-explicit-constructor)
};

/// The same contents in the library's own type. Private keys are left out. Fails with nesting_too_deep.
result<value> to_value(const nlohmann::json& document, std::size_t depth = 0);
/// The same contents as JSON; a binary that is UTF-8 becomes a string, other bytes a JSON binary.
nlohmann::json to_json(const value& v);

}  // namespace wasm64
