#pragma once

#include <cstddef>
#include <cstdint>

namespace wasm64 {

/// What a message value is.
enum class value_kind : std::uint8_t {
  null,      ///< nothing: an absent key, or an empty place in a list
  unset,     ///< in a set: "remove this key"
  boolean,
  integer,   ///< −2^63 … 2^64−1
  floating,  ///< binary64; NaN is always the canonical one
  binary,    ///< bytes or text
  list,
  map,
  host,     ///< an object of the host, in private parts only
};

/// How `set` treats a map that meets a map.
enum class set_mode : std::uint8_t {
  deep,     ///< merges them, key by key, at every depth
  replace,  ///< the new one takes its place
};

/// Deepest nesting of lists and maps that paths, sets and the encoding accept.
inline constexpr std::size_t max_value_depth = 256;

}  // namespace wasm64
