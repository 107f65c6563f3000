#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "wasm64/binary/utf8.hpp"
#include "wasm64/text/keywords.hpp"
#include "wasm64/text/lexer.hpp"
#include "wasm64/text/number.hpp"
#include "wasm64/text/string_literal.hpp"

namespace wasm64::text {

/// A place in a token list. Functions that parse answer false on failure; the first failure is kept.
class token_cursor {
 public:
  explicit token_cursor(const token_list& list) : list_(list) {}

  error take_failure() { return std::move(failure_); }

 protected:
  const token& peek(std::size_t ahead = 0) const noexcept {
    const std::size_t last = list_.tokens.size() - 1;
    return list_.tokens[next_ + ahead < last ? next_ + ahead : last];
  }

  const token& take() noexcept {
    const token& taken = peek();
    ++next_;
    return taken;
  }

  bool at(token_kind kind) const noexcept { return peek().kind == kind; }
  bool at_keyword(std::string_view word, std::size_t ahead = 0) const noexcept {
    return peek(ahead).kind == token_kind::keyword && peek(ahead).text == word;
  }
  /// At `(word`.
  bool at_open(std::string_view word) const noexcept { return at(token_kind::left_paren) && at_keyword(word, 1); }
  bool at_index() const noexcept { return at(token_kind::id) || is_natural_at(0); }
  bool is_natural_at(std::size_t ahead) const noexcept {
    return peek(ahead).kind == token_kind::number && detail::is_natural(peek(ahead).text);
  }

  /// At a literal of any number, `inf` and `nan` included.
  bool at_literal() const noexcept {
    const std::string_view text = peek().text;
    return at(token_kind::number) || (at(token_kind::keyword) && (text == "inf" || text.substr(0, 3) == "nan"));
  }

  bool take_keyword(std::string_view word) noexcept {
    if (!at_keyword(word)) return false;
    ++next_;
    return true;
  }
  bool take_open(std::string_view word) noexcept {
    if (!at_open(word)) return false;
    next_ += 2;
    return true;
  }
  bool take_close() noexcept {
    if (!at(token_kind::right_paren)) return false;
    ++next_;
    return true;
  }

  bool expect_close() { return take_close() || unexpected(); }
  bool expect_keyword(std::string_view word) { return take_keyword(word) || unexpected(); }
  bool expect_open(std::string_view word) { return take_open(word) || unexpected(at(token_kind::left_paren) ? 1 : 0); }

  /// Reads the optional identifier of a definition or label; its name, empty when there is none.
  std::string take_id() { return at(token_kind::id) ? decode_id(take().text) : std::string(); }

  /// Adjacent string literals, joined.
  std::string take_strings() {
    std::string bytes;
    while (at(token_kind::string)) bytes += decode_string(take().text);
    return bytes;
  }

  bool expect_string(std::string& bytes) {
    if (!at(token_kind::string)) return unexpected();
    bytes = decode_string(take().text);
    return true;
  }

  /// A string literal that is a name: its bytes are UTF-8 (specification 6.3.4).
  bool expect_name(std::string& name) {
    const token& literal = peek();
    if (!expect_string(name)) return false;
    return is_utf8(as_bytes(name)) || fail_at(errc::malformed_utf8, literal);
  }

  /// An unsigned integer literal of at most `max`; `too_large` is the error when it is more.
  bool expect_unsigned(std::uint64_t max, errc too_large, std::uint64_t& value) {
    if (!is_natural_at(0)) return unexpected();
    const token& number = take();
    const literal read = parse_unsigned(number.text, max);
    value = read.bits;
    return read.failure == errc{} || fail_at(too_large, number);
  }

  bool expect_u32(std::uint32_t& value) {
    std::uint64_t wide = 0;
    if (!expect_unsigned(0xFFFF'FFFF, errc::i32_constant_out_of_range, wide)) return false;
    value = static_cast<std::uint32_t>(wide);
    return true;
  }

  /// Skips one token, or everything up to the matching parenthesis.
  bool skip_group() {
    std::size_t depth = 0;
    do {
      if (at(token_kind::end_of_input)) return unexpected();
      if (at(token_kind::left_paren)) ++depth;
      if (at(token_kind::right_paren) && depth-- == 0) return unexpected();
      ++next_;
    } while (depth != 0);
    return true;
  }

  bool fail_at(errc code, const token& where, std::string what = {}) {
    if (failure_.code == errc{}) failure_ = error(code, where.at.packed(), std::move(what));
    return false;
  }

  /// Refuses a token: "unknown operator" for a word the grammar does not know, otherwise "unexpected token".
  bool unexpected(std::size_t ahead = 0) {
    const token& found = peek(ahead);
    const bool unknown = found.kind == token_kind::keyword && !is_keyword(found.text);
    constexpr std::size_t longest = 40;
    return fail_at(unknown ? errc::unknown_operator : errc::malformed_text, found,
                   std::string(found.text.substr(0, longest)));
  }

  const token_list& list_;
  std::size_t next_ = 0;
  error failure_;
};

}  // namespace wasm64::text
