#pragma once

#include "wasm64/binary/branch_hints.hpp"

namespace wasm64 {

namespace detail {

WASM64_INLINE branch_hint read_branch_hint(reader& in) {
  branch_hint hint;
  hint.offset = in.u32();
  const std::uint64_t at = in.offset();
  const std::uint32_t size = in.u32();
  const std::uint8_t value = in.u8();
  if (size != 1 || value > 1) in.fail(errc::malformed_custom_section, at);
  hint.is_likely = value == 1;
  return hint;
}

WASM64_INLINE function_hints read_function_hints(reader& in) {
  function_hints of;
  of.func = in.u32();
  const std::uint32_t count = in.u32();
  if (count > in.remaining() / 3) in.fail(errc::length_out_of_bounds);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t at = in.offset();
    const branch_hint hint = read_branch_hint(in);
    if (!of.hints.empty() && hint.offset <= of.hints.back().offset) in.fail(errc::malformed_custom_section, at);
    of.hints.push_back(hint);
  }
  return of;
}

}  // namespace detail

WASM64_INLINE result<vector<function_hints>> read_branch_hints(reader in) {
  vector<function_hints> all;
  const std::uint32_t count = in.u32();
  if (count > in.remaining() / 2) in.fail(errc::length_out_of_bounds);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t at = in.offset();
    function_hints of = detail::read_function_hints(in);
    if (!all.empty() && of.func <= all.back().func) in.fail(errc::malformed_custom_section, at);
    all.push_back(std::move(of));
  }
  if (!in.failed() && !in.at_end()) in.fail(errc::malformed_custom_section);
  if (in.failed()) return fail(in.failure(), in.failure_offset(), std::string(branch_hint_section));
  return all;
}

}  // namespace wasm64
