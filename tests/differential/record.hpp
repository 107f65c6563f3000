#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "wasm64/base/bytes.hpp"

namespace differential {

/// Builds the text of one JSON object.
class json_object {
 public:
  json_object& text(std::string_view key, std::string_view value);
  json_object& number(std::string_view key, std::size_t value);
  /// `value` is JSON already.
  json_object& raw(std::string_view key, std::string_view value);
  std::string done() const { return "{" + body_ + "}"; }

 private:
  void key(std::string_view name);
  std::string body_;
};

/// A JSON string.
std::string quote(std::string_view text);

/// One comparison on disk: `<name>.json` says what the other engine is to do, `<name>.ours` has a line for everything
/// this engine answered, and the modules lie next to them. A line is the number of its step, where that comes from, and
/// the answer; behind " # " it says what need not be equal.
class record {
 public:
  record(std::filesystem::path folder, std::string name);

  /// Writes a module and answers its file's name.
  std::string add_module(wasm64::bytes_view binary);
  void step(std::string_view at, std::string_view action, json_object details);
  /// An answer of the step added last.
  void line(std::string_view text);
  void write() const;

 private:
  std::filesystem::path folder_;
  std::string name_;
  std::string steps_;
  std::string lines_;
  std::string at_;
  std::size_t count_ = 0;
  std::size_t modules_ = 0;
};

}  // namespace differential
