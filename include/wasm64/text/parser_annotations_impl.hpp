#pragma once

#include <algorithm>

#include "wasm64/text/name_writer.hpp"
#include "wasm64/text/parser.hpp"

namespace wasm64::text {

// The annotations that the specification defines: @custom, @name (7.4) and the branch hints; and one of our own for
// what the text cannot say otherwise, @wasm64.datacount: there is a data count section though no instruction needs it.
// Others are skipped.

namespace detail {

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
  std::string_view parse_custom(given_section& custom) {
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
  bool parse_hint(bool& is_likely) {
    std::string hint;
    if (!expect_string(hint) || !at(token_kind::end_of_input)) return false;
    is_likely = hint == std::string_view("\1", 1);
    return is_likely || hint == std::string_view("\0", 1);
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
  for (const annotation& note : list_.annotations) {
    if (note.id == data_count_annotation) {
      if (!between_fields(note.next_token)) return bad_annotation(note, "misplaced");
      uses_data_ = true;
      continue;
    }
    const bool custom = note.id == "custom";
    const bool hint = note.id == branch_hint_section;
    if (!custom && !hint && note.id != "name") continue;
    const auto body = tokenize(note.body, note.body_at);
    if (!body) return bad_annotation(note, "unexpected token");
    detail::annotation_parser parser(body.assume_value());
    if (custom) {
      detail::given_section section;
      const std::string_view wrong = parser.parse_custom(section);
      if (!wrong.empty()) return bad_annotation(note, wrong);
      if (!between_fields(note.next_token)) return bad_annotation(note, "misplaced");
      customs_.push_back(std::move(section));
    } else if (hint) {
      bool is_likely = false;
      if (!parser.parse_hint(is_likely)) return bad_annotation(note, "unexpected token");
      if (!in_function(note.next_token)) return bad_annotation(note, "not in a function");
      if (!given_hints_.empty() && given_hints_.back().next_token == note.next_token) {
        return bad_annotation(note, "duplicate annotation");
      }
      given_hints_.push_back({note.next_token, &note, is_likely});
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
  if (list_.tokens[before].kind == token_kind::id) return bad_annotation(note, "misplaced");
  if (before > 0 && list_.tokens[before - 1].kind == token_kind::id) --before;
  const bool behind_open = before >= 2 && list_.tokens[before - 2].kind == token_kind::left_paren;
  const std::string_view keyword = behind_open ? list_.tokens[before - 1].text : std::string_view();
  if (std::find(std::begin(targets), std::end(targets), keyword) == std::end(targets)) {
    return bad_annotation(note, "misplaced");
  }
  if (keyword == "module") {
    if (has_name_annotation_) return bad_annotation(note, "multiple module");
    has_name_annotation_ = true;
    names_.has_module = true;
    names_.module = std::move(name);
    return true;
  }
  const bool first = given_names_.emplace(note.next_token, detail::given_name{std::move(name), &note}).second;
  return first || bad_annotation(note, "duplicate annotation");
}

WASM64_INLINE bool module_parser::between_fields(std::size_t token_index) const {
  return token_index == fields_end_ || std::binary_search(fields_.begin(), fields_.end(), token_index + 1);
}

WASM64_INLINE bool module_parser::in_function(std::size_t token_index) const {
  const auto behind = std::upper_bound(fields_.begin(), fields_.end(), token_index);
  return behind != fields_.begin() && list_.tokens[*(behind - 1)].text == "func" && !between_fields(token_index);
}

/// After the third pass: names and hints that stand where the grammar has nothing for them.
WASM64_INLINE bool module_parser::check_annotations_used() {
  for (const auto& [token_index, given] : given_names_) {
    if (!given.used) return bad_annotation(*given.note, "misplaced");
  }
  return next_hint_ == given_hints_.size() || bad_annotation(*given_hints_[next_hint_].note, "misplaced");
}

/// What an annotation that stands here calls the thing whose keyword, and identifier, are behind.
WASM64_INLINE bool module_parser::take_given_name(std::string& name) {
  const auto given = given_names_.find(next_);
  if (given == given_names_.end()) return false;
  given->second.used = true;
  name = given->second.name;
  return true;
}

/// Reads the identifier of a definition; the name an annotation gives it replaces that in the name section.
WASM64_INLINE void module_parser::name_definition(vector<name_map_entry>& names, std::uint32_t index) {
  std::string name = take_id();
  if (take_given_name(name) || !name.empty()) names.push_back({index, std::move(name)});
}

/// Reads the identifier of a parameter, local or field; true when it has one or is given a name.
WASM64_INLINE bool module_parser::name_member(detail::name_scope& scope, std::uint32_t index) {
  const bool has_id = at(token_kind::id);
  std::string name;
  if (has_id) {
    const token& id = take();
    name = decode_id(id.text);
    scope.ids.add(name, index, id.at);
  }
  if (!take_given_name(name) && !has_id) return false;
  scope.names.push_back({index, std::move(name)});
  return true;
}

WASM64_INLINE void module_parser::write_custom_sections(unsigned place, writer& out) const {
  for (const detail::given_section& custom : customs_) {
    if (custom.place != place) continue;
    writer content;
    content.name(custom.name);
    content.append(as_bytes(custom.bytes));
    out.byte(0);
    out.sized(content);
  }
}

}  // namespace wasm64::text
