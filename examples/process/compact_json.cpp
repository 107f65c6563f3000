#include "compact_json.hpp"

#include <algorithm>
#include <vector>

#include "wasm64/message/json.hpp"

namespace {

using json = nlohmann::json;

/// Writes what the parser reads, which is faster than building a document first. Stops at objects where a document
/// would differ from the text: those that have a member twice.
class writer {
 public:
  bool null() { return put("null"); }
  bool boolean(bool b) { return put(b ? "true" : "false"); }
  bool number_integer(std::int64_t n) { return put(std::to_string(n)); }
  bool number_unsigned(std::uint64_t n) { return put(std::to_string(n)); }
  bool number_float(double d, const std::string&) { return put(json(d).dump()); }
  bool string(std::string& text) {
    separate();
    wasm64::append_json_string(text_, text);
    return true;
  }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open('{'); }
  bool start_array(std::size_t) { return open('['); }
  bool end_object() { return close('}'); }
  bool end_array() { return close(']'); }
  bool key(std::string& name) {
    std::vector<std::string>& names = levels_.back();
    if (names.size() == max_members || std::find(names.begin(), names.end(), name) != names.end()) return false;
    names.push_back(name);
    separate();
    wasm64::append_json_string(text_, name);
    text_.push_back(':');
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) { return false; }

  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t max_members = 64;

  void separate() {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[' && text_.back() != ':') text_.push_back(',');
  }
  bool put(const std::string& literal) {
    separate();
    text_ += literal;
    return true;
  }
  bool open(char bracket) {
    separate();
    text_.push_back(bracket);
    levels_.emplace_back();
    return true;
  }
  bool close(char bracket) {
    text_.push_back(bracket);
    levels_.pop_back();
    return true;
  }

  std::string text_;
  std::vector<std::vector<std::string>> levels_;  ///< the names of members
};

}  // namespace

std::optional<std::string> compact_json(const std::string& text) {
  writer compact;
  if (json::sax_parse(text, &compact)) return compact.take();
  const auto document = nlohmann::ordered_json::parse(text, nullptr, false);
  if (document.is_discarded()) return std::nullopt;
  return one_line(document);
}
