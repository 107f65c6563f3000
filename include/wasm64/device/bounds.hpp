#pragma once

#include <algorithm>
#include <limits>

#include "wasm64/device/config.hpp"
#include "wasm64/device/fields.hpp"

namespace wasm64::detail {

/// Bytes, from "512-mb", "1-gb", "65536-b" or plain digits: kb, mb, gb and tb are powers of 1,024. Fails with
/// `malformed_message` and the field's name.
inline result<std::uint64_t> parse_byte_count(std::string_view text, std::string_view field) {
  const std::size_t dash = text.find('-');
  WASM64_TRY(const std::uint64_t number, parse_count(text.substr(0, dash), field));
  if (dash == text.npos) return number;
  const std::string_view unit = text.substr(dash + 1);
  std::uint64_t factor = 1;
  for (const std::string_view name : {"b", "kb", "mb", "gb", "tb"}) {
    std::uint64_t bytes = 0;
    if (same_key(unit, name)) {
      if (__builtin_mul_overflow(number, factor, &bytes)) break;
      return bytes;
    }
    factor *= 1024;
  }
  return fail(errc::malformed_message, std::string(field));
}

/// What an instance may use: the host's options, lowered by `Memory-Limit` (bytes of a memory) and `Compute-Limit`
/// (fuel of one call) of the message at a prefix. Fails with `malformed_message` and the key.
template <class M>
result<void> lower_bounds(limits& memory, std::int64_t& fuel, const typename M::value_type& m,
                          std::string_view prefix) {
  const auto memory_limit = M::get(m, join(prefix, "Memory-Limit"));
  if (!is_null<M>(memory_limit)) {
    const bool is_text = M::kind(memory_limit) == value_kind::binary;
    WASM64_TRY(const std::uint64_t bytes, is_text ? parse_byte_count(string_of<M>(memory_limit), "Memory-Limit")
                                                  : count_of<M>(memory_limit, "Memory-Limit"));
    memory.memory_bytes = std::min(memory.memory_bytes, bytes);
  }
  const auto compute_limit = M::get(m, join(prefix, "Compute-Limit"));
  if (!is_null<M>(compute_limit)) {
    WASM64_TRY(const std::uint64_t units, count_of<M>(compute_limit, "Compute-Limit"));
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    fuel = std::min(fuel, static_cast<std::int64_t>(std::min(units, most)));
  }
  return success();
}

}  // namespace wasm64::detail
