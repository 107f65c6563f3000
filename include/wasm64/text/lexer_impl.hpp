#pragma once

#include <utility>

#include "wasm64/base/bytes.hpp"
#include "wasm64/binary/utf8.hpp"
#include "wasm64/text/characters.hpp"
#include "wasm64/text/lexer.hpp"
#include "wasm64/text/number.hpp"
#include "wasm64/text/string_literal.hpp"

namespace wasm64::text {

namespace detail {

/// The lexer proper. Failures are sticky: the first one ends everything.
class lexer {
 public:
  lexer(std::string_view source, position start) : text_(source), line_(start.line), line_start_(0) {
    first_column_ = start.column;
  }

  result<token_list> run();

 private:
  bool fail_at(errc code, std::size_t at) {
    if (failure_.code == errc{}) failure_ = error(code, position_of(at).packed());
    return false;
  }

  position position_of(std::size_t at) const {
    const std::size_t base = line_start_ == 0 ? first_column_ : 1;
    return {line_, static_cast<std::uint32_t>(at - line_start_ + base)};
  }

  bool at_text(std::string_view wanted) const { return text_.substr(i_, wanted.size()) == wanted; }
  void new_line(std::size_t behind) {
    ++line_;
    line_start_ = behind;
  }

  bool check_encoding();
  bool skip_space();
  bool skip_block_comment();
  bool skip_annotation();
  bool annotation_id(annotation& note);
  bool skip_annotation_body();
  bool lex_string_at(std::size_t quote, std::size_t& end);
  bool lex_word();
  bool lex_one();
  void push(token_kind kind, std::size_t from) {
    list_.tokens.push_back({kind, text_.substr(from, i_ - from), position_of(from)});
  }

  std::string_view text_;
  std::size_t i_ = 0;
  std::uint32_t line_;
  std::uint32_t first_column_ = 1;
  std::size_t line_start_;
  token_list list_;
  error failure_;
};

WASM64_INLINE bool lexer::check_encoding() {
  if (is_utf8(as_bytes(text_))) return true;
  std::size_t from = 0;
  for (;;) {
    const std::size_t end = text_.find('\n', from);
    const std::string_view line = text_.substr(from, end - from);
    if (!is_utf8(as_bytes(line)) || end == std::string_view::npos) return fail_at(errc::malformed_utf8, from);
    from = end + 1;
    new_line(from);
  }
}

WASM64_INLINE bool lexer::skip_block_comment() {
  const std::size_t from = i_;
  const position at = position_of(from);
  i_ += 2;
  for (std::size_t depth = 1; i_ < text_.size();) {
    if (at_text("(;")) {
      ++depth;
      i_ += 2;
    } else if (at_text(";)")) {
      i_ += 2;
      if (--depth == 0) return true;
    } else if (text_[i_++] == '\n') {
      new_line(i_);
    }
  }
  failure_ = error(errc::unclosed_comment, at.packed());
  return false;
}

/// Skips white space, comments and annotations; false on an error only.
WASM64_INLINE bool lexer::skip_space() {
  while (i_ < text_.size()) {
    const char c = text_[i_];
    if (c == ' ' || c == '\t' || c == '\r') {
      ++i_;
    } else if (c == '\n') {
      new_line(++i_);
    } else if (at_text(";;")) {
      while (i_ < text_.size() && text_[i_] != '\n' && text_[i_] != '\r') ++i_;
    } else if (at_text("(;")) {
      if (!skip_block_comment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

WASM64_INLINE bool lexer::lex_string_at(std::size_t quote, std::size_t& end) {
  const string_scan scan = scan_string(text_, quote);
  if (scan.failure != errc{}) return fail_at(scan.failure, scan.end);
  end = scan.end;
  return true;
}

/// Reads what follows `(@`: a word or a string that is valid UTF-8.
WASM64_INLINE bool lexer::annotation_id(annotation& note) {
  const std::size_t from = i_;
  if (i_ < text_.size() && text_[i_] == '"') {
    const string_scan scan = scan_string(text_, i_, &note.id);
    const bool broken = scan.failure == errc::unclosed_string || scan.failure == errc::illegal_character;
    if (broken || (scan.failure == errc{} && note.id.empty())) return fail_at(errc::empty_annotation_id, from);
    if (scan.failure != errc{}) return fail_at(scan.failure, scan.end);
    if (!is_utf8(as_bytes(note.id))) return fail_at(errc::malformed_utf8, from);
    i_ = scan.end;
    return true;
  }
  while (i_ < text_.size() && is_id_char(text_[i_])) ++i_;
  if (i_ == from) return fail_at(errc::empty_annotation_id, from);
  note.id = text_.substr(from, i_ - from);
  return true;
}

/// Inside an annotation any token goes, reserved ones too; only parentheses must match.
WASM64_INLINE bool lexer::skip_annotation_body() {
  for (std::size_t depth = 1; i_ < text_.size();) {
    if (!skip_space()) return false;
    if (i_ >= text_.size()) break;
    const char c = text_[i_];
    if (c == '"') {
      if (!lex_string_at(i_, i_)) return false;
      continue;
    }
    if (c == ')' && --depth == 0) return true;
    if (c == '(') ++depth;
    if (c != '(' && c != ')' && !is_id_char(c) && !is_reserved_punctuation(c)) {
      return fail_at(errc::illegal_character, i_);
    }
    ++i_;
  }
  return fail_at(errc::unclosed_annotation, i_);
}

WASM64_INLINE bool lexer::skip_annotation() {
  annotation note;
  note.at = position_of(i_);
  i_ += 2;
  if (!annotation_id(note)) return false;
  const std::size_t body = i_;
  note.body_at = position_of(i_);
  if (!skip_annotation_body()) return false;
  note.body = text_.substr(body, i_ - body);
  note.next_token = list_.tokens.size();
  ++i_;
  list_.annotations.push_back(std::move(note));
  return true;
}

/// A run of identifier characters, strings and reserved punctuation: one token, if it is one (specification 6.3.1).
WASM64_INLINE bool lexer::lex_word() {
  const std::size_t from = i_;
  while (i_ < text_.size() && is_id_char(text_[i_])) ++i_;
  const std::string_view word = text_.substr(from, i_ - from);
  if (word.empty()) return fail_at(errc::illegal_character, from);
  token_kind kind = token_kind::keyword;
  if (word == "$") {
    if (i_ >= text_.size() || text_[i_] != '"') return fail_at(errc::empty_identifier, from);
    std::string name;
    const string_scan scan = scan_string(text_, i_, &name);
    const bool broken = scan.failure == errc::unclosed_string || scan.failure == errc::illegal_character;
    if (broken || (scan.failure == errc{} && name.empty())) return fail_at(errc::empty_identifier, from);
    if (scan.failure != errc{}) return fail_at(scan.failure, scan.end);
    if (!is_utf8(as_bytes(name))) return fail_at(errc::malformed_utf8, from);
    i_ = scan.end;
    kind = token_kind::id;
  } else if (word[0] == '$') {
    kind = token_kind::id;
  } else if (is_number(word)) {
    kind = token_kind::number;
  } else if (word[0] < 'a' || word[0] > 'z') {
    return fail_at(errc::unknown_operator, from);
  }
  push(kind, from);
  return true;
}

WASM64_INLINE bool lexer::lex_one() {
  const char c = text_[i_];
  if (c == '(') {
    if (at_text("(@")) return skip_annotation();
    ++i_;
    push(token_kind::left_paren, i_ - 1);
    return true;
  }
  if (c == ')') {
    ++i_;
    push(token_kind::right_paren, i_ - 1);
    return true;
  }
  const std::size_t from = i_;
  if (c == '"') {
    if (!lex_string_at(from, i_)) return false;
    push(token_kind::string, from);
  } else if (is_reserved_punctuation(c)) {
    return fail_at(errc::unknown_operator, from);
  } else if (!lex_word()) {
    return false;
  }
  if (i_ >= text_.size() || at_text(";;")) return true;
  const char next = text_[i_];
  const bool glued = next == '"' || is_id_char(next) || is_reserved_punctuation(next);
  return glued ? fail_at(errc::unknown_operator, from) : true;
}

WASM64_INLINE result<token_list> lexer::run() {
  if (!check_encoding()) return fail(std::move(failure_));
  for (;;) {
    if (!skip_space()) return fail(std::move(failure_));
    if (i_ >= text_.size()) break;
    if (!lex_one()) return fail(std::move(failure_));
  }
  push(token_kind::end_of_input, i_);
  return std::move(list_);
}

}  // namespace detail

WASM64_INLINE result<token_list> tokenize(std::string_view source, position start) {
  return detail::lexer(source, start).run();
}

}  // namespace wasm64::text
