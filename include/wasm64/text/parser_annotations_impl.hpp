#pragma once

#include <algorithm>

#include "wasm64/text/parser.hpp"

namespace wasm64::text {

// The annotations that the specification defines: @custom, @name (7.4) and the branch hints. Others are skipped.

namespace detail {

inline constexpr std::string_view branch_hint_id = "metadata.code.branch_hint";

/// Sections in the order of the binary, as `(before section)` names them. Section k of the list spans the places
/// 2k + 2 (before it) and 2k + 3 (after it).
inline constexpr std::string_view section_order[] = {"type",   "import", "func", "table",     "memory", "tag", "global",
                                                     "export", "start",  "elem", "datacount", "code",   "data"};
inline constexpr unsigned first_place = 0;
inline constexpr unsigned last_place = 2 * std::size(section_order) + 2;

/// The body of one annotation.
class annotation_parser : public token_cursor {
 public:
  using token_cursor::token_cursor;

  /// `"name" (before|after section)? "bytes"*`; answers what is wrong with it, empty when nothing is.
  std::string_view parse_custom(custom_section& custom) {
    if (!at(token_kind::string)) return "missing section name";
    if (!expect_name(custom.name)) return "malformed UTF-8 encoding";
    custom.place = last_place;
    if (at(token_kind::left_paren)) {
      const bool after = at_open("after");
      if (!after && !at_open("before")) return "malformed placement";
      next_ += 2;
      if (!parse_place(after, custom.place)) return "malformed section kind";
      if (!take_close()) return "unexpected token";
    }
    custom.bytes = take_strings();
    return at(token_kind::end_of_input) ? std::string_view() : "unexpected token";
  }

  /// One string that is a name.
  bool parse_name(std::string& name) { return expect_name(name) && at(token_kind::end_of_input); }

  /// One string: the hint.
  bool parse_hint() {
    std::string hint;
    return expect_string(hint) && at(token_kind::end_of_input) && hint.size() == 1 && (hint[0] == 0 || hint[0] == 1);
  }

 private:
  bool parse_place(bool after, unsigned& place) {
    if (!after && take_keyword("first")) {
      place = first_place;
      return true;
    }
    if (after && take_keyword("last")) return true;
    for (unsigned i = 0; i < std::size(section_order); ++i) {
      if (!take_keyword(section_order[i])) continue;
      place = 2 * i + 2 + (after ? 1 : 0);
      return true;
    }
    return false;
  }
};

}  // namespace detail

WASM64_INLINE bool module_parser::bad_annotation(const annotation& note, std::string_view what, errc code) {
  std::string text = "@" + note.id + " annotation: ";
  if (what == "misplaced") text = "misplaced @" + note.id + " annotation";
  else text.append(what);
  if (failure_.code == errc{}) failure_ = error(code, note.at.packed(), std::move(text));
  return false;
}

/// Before the third pass: needs to know where the module fields are.
WASM64_INLINE bool module_parser::parse_annotations() {
  std::size_t last_hint = 0;
  for (const annotation& note : list_.annotations) {
    const bool custom = note.id == "custom";
    const bool hint = note.id == detail::branch_hint_id;
    if (!custom && !hint && note.id != "name") continue;
    const auto body = tokenize(note.body, note.body_at);
    if (!body) return bad_annotation(note, "unexpected token");
    detail::annotation_parser parser(body.assume_value());
    if (custom) {
      detail::custom_section section;
      const std::string_view wrong = parser.parse_custom(section);
      if (!wrong.empty()) return bad_annotation(note, wrong);
      if (!between_fields(note.next_token)) return bad_annotation(note, "misplaced");
      customs_.push_back(std::move(section));
    } else if (hint) {
      if (!parser.parse_hint()) return bad_annotation(note, "unexpected token");
      if (!in_function(note.next_token)) return bad_annotation(note, "not in a function");
      if (!before_branch(note.next_token)) return bad_annotation(note, "invalid target", errc::invalid_annotation);
      if (last_hint == note.next_token) return bad_annotation(note, "duplicate annotation");
      last_hint = note.next_token;
    } else if (!parse_name_annotation(note, parser)) {
      return false;
    }
  }
  return true;
}

/// `(@name "...")` behind the keyword, or the identifier, of a module or definition.
WASM64_INLINE bool module_parser::parse_name_annotation(const annotation& note, detail::annotation_parser& parser) {
  static constexpr std::string_view targets[] = {"module", "type", "func", "table", "memory", "tag",
                                                 "global", "elem", "data", "param", "local",  "field"};
  std::string name;
  if (!parser.parse_name(name)) return bad_annotation(note, "unexpected token");
  std::size_t before = note.next_token;
  if (before > 0 && list_.tokens[before - 1].kind == token_kind::id) --before;
  const bool behind_open = before >= 2 && list_.tokens[before - 2].kind == token_kind::left_paren;
  const std::string_view keyword = behind_open ? list_.tokens[before - 1].text : std::string_view();
  if (std::find(std::begin(targets), std::end(targets), keyword) == std::end(targets)) {
    return bad_annotation(note, "misplaced");
  }
  if (keyword == "module") {
    if (has_name_annotation_) return bad_annotation(note, "multiple module");
    has_name_annotation_ = true;
    module_name_ = std::move(name);
  } else if (keyword == "func") {
    func_names_at_[note.next_token] = std::move(name);
  }
  return true;
}

WASM64_INLINE bool module_parser::between_fields(std::size_t token_index) const {
  return token_index == fields_end_ || std::binary_search(fields_.begin(), fields_.end(), token_index + 1);
}

WASM64_INLINE bool module_parser::in_function(std::size_t token_index) const {
  const auto behind = std::upper_bound(fields_.begin(), fields_.end(), token_index);
  return behind != fields_.begin() && list_.tokens[*(behind - 1)].text == "func" && !between_fields(token_index);
}

WASM64_INLINE bool module_parser::before_branch(std::size_t token_index) const {
  if (list_.tokens[token_index].kind == token_kind::left_paren) ++token_index;
  const std::string_view word = list_.tokens[token_index].text;
  return word == "if" || word == "br_if";
}

/// Behind a function's keyword and identifier: the name its annotation gives it replaces the identifier.
WASM64_INLINE void module_parser::name_function(std::uint32_t index, std::string id) {
  if (const auto given = func_names_at_.find(next_); given != func_names_at_.end()) id = given->second;
  if (!id.empty()) func_names_.push_back({index, std::move(id)});
}

WASM64_INLINE void module_parser::write_custom_sections(unsigned place, writer& out) const {
  for (const detail::custom_section& custom : customs_) {
    if (custom.place != place) continue;
    writer content;
    content.name(custom.name);
    content.append(as_bytes(custom.bytes));
    out.byte(0);
    out.sized(content);
  }
}

}  // namespace wasm64::text
