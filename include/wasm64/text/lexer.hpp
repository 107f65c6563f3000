#pragma once

#include <cstddef>
#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/text/token.hpp"

namespace wasm64::text {

/// A source text cut into tokens; the last token is `end_of_input`. Views point into the source.
struct token_list {
  vector<token> tokens;
  vector<annotation> annotations;
};

/// Cuts a source text into tokens (specification 6.3). `start` is where the source itself begins in a larger text.
/// Fails with `malformed_utf8`, `illegal_character`, `unknown_operator` (reserved tokens), `unclosed_comment`,
/// `unclosed_string`, `unclosed_annotation`, `malformed_string`, `empty_identifier`, `empty_annotation_id`.
result<token_list> tokenize(std::string_view source, position start = {});

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/lexer_impl.hpp"
#endif
