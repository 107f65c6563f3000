#pragma once

#include <cstdint>

#include "wasm64/binary/reader.hpp"

namespace wasm64 {

/// The immediate of a load or store (specification 5.4.7).
struct memarg {
  std::uint32_t align_log2 = 0;
  std::uint32_t memory = 0;
  std::uint64_t offset = 0;
};

/// One clause of a `try_table` (specification 5.4.1). `depth` counts the labels around the `try_table`.
struct catch_clause {
  enum kind : std::uint8_t { catch_ = 0, catch_ref = 1, catch_all = 2, catch_all_ref = 3 };
  kind what = catch_;
  std::uint32_t tag = 0;  ///< of `catch_` and `catch_ref`
  std::uint32_t depth = 0;

  constexpr bool has_tag() const noexcept { return what == catch_ || what == catch_ref; }
  constexpr bool has_ref() const noexcept { return what == catch_ref || what == catch_all_ref; }
};

/// Bit 6 of the alignment announces a memory index.
WASM64_ALWAYS_INLINE memarg read_memarg(reader& in) noexcept {
  memarg arg;
  if (WASM64_LIKELY(in.small_memarg(arg.align_log2, arg.offset))) return arg;
  const std::uint64_t at = in.offset();
  arg.align_log2 = in.u32();
  if (arg.align_log2 >= 0x80) return in.fail(errc::malformed_memop_flags, at), arg;
  if (arg.align_log2 >= 0x40) {
    arg.align_log2 -= 0x40;
    arg.memory = in.u32();
  }
  arg.offset = in.u64();
  return arg;
}

/// Reads a clause of a `try_table`; errors are the reader's.
inline catch_clause read_catch_clause(reader& in) noexcept {
  const std::uint64_t at = in.offset();
  const std::uint8_t kind = in.u8();
  if (kind > catch_clause::catch_all_ref) return in.fail(errc::malformed_catch_kind, at), catch_clause{};
  catch_clause clause;
  clause.what = static_cast<catch_clause::kind>(kind);
  if (clause.has_tag()) clause.tag = in.u32();
  clause.depth = in.u32();
  return clause;
}

}  // namespace wasm64
