#pragma once

#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/text/token.hpp"

namespace wasm64::text {

/// Translates the text of a module, `(module ...)` or its bare fields, into the binary format, with a name section
/// made of its identifiers. The binary is well-formed but not validated. `start` is where `source` begins in a larger
/// text. Of `features`, only `memory64` matters: it says how large limits are. Errors are of the range 0x180,
/// `malformed_utf8`, or `invalid_annotation`; their offset is `line << 32 | column`.
result<byte_vector> parse_module(std::string_view source, position start = {}, const feature_set& features = {});

/// True for bytes that begin like a binary module.
constexpr bool looks_binary(bytes_view bytes) noexcept {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 'a' && bytes[2] == 's' && bytes[3] == 'm';
}

/// The binary of a module given in either form: a copy of a binary, the translation of a text.
result<byte_vector> to_binary(bytes_view module);

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/parse_impl.hpp"
#endif
