#pragma once

#include "wasm64/text/lexer.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/text/parser.hpp"

namespace wasm64::text {

WASM64_INLINE result<byte_vector> parse_module(std::string_view source, position start, const feature_set& features) {
  WASM64_TRY(const token_list list, tokenize(source, start));
  module_parser parser(list, features);
  byte_vector binary;
  if (!parser.run(binary)) return fail(parser.take_failure());
  return binary;
}

WASM64_INLINE result<byte_vector> to_binary(bytes_view module) {
  if (looks_binary(module)) return byte_vector(module.begin(), module.end());
  return parse_module(as_text(module));
}

}  // namespace wasm64::text
