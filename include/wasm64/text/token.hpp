#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wasm64/base/error.hpp"

namespace wasm64::text {

/// A place in a source text, both 1-based; columns count bytes.
struct position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  /// As `error::offset` carries it.
  constexpr std::uint64_t packed() const noexcept { return std::uint64_t{line} << 32 | column; }
  friend constexpr bool operator==(position, position) = default;
};

/// Kinds of tokens (specification 6.3.1). Reserved tokens never reach the parser.
enum class token_kind : std::uint8_t {
  left_paren,
  right_paren,
  keyword,       ///< starts with a lower-case letter; includes `inf`, `nan`, `nan:0x...`
  number,        ///< integer or float literal that starts with a digit or a sign
  string,        ///< with its quotes, escapes not yet decoded
  id,            ///< `$name`, or `$"..."` with escapes
  end_of_input,
};

/// One token of a source text.
struct token {
  token_kind kind = token_kind::end_of_input;
  std::string_view text;  ///< a view into the source
  position at;
};

/// An annotation `(@id ...)`; the parser sees the tokens around it only (specification 6.3.6).
struct annotation {
  std::string id;
  std::string_view body;       ///< what lies between the id and the closing parenthesis
  position at;
  position body_at;
  std::size_t next_token = 0;  ///< index of the token that follows
};

}  // namespace wasm64::text
