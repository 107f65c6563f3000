#pragma once

#include "wasm64/exec/registers.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

/// 128-bit arithmetic on 64-bit halves (wide arithmetic proposal).
__extension__ using uint128 = unsigned __int128;
__extension__ using int128 = __int128;

WASM64_HOT uint128 join(std::uint64_t low, std::uint64_t high) noexcept { return uint128{high} << 64 | low; }

WASM64_HOT void write_halves(registers& r, uint128 v) noexcept {
  const std::int32_t d = d_of(r.pc);
  r.fp[d] = static_cast<std::uint64_t>(v);
  write(r, d + 1, static_cast<std::uint64_t>(v >> 64));
}

template <bool M, ir O, kind_pair K>
  requires(O == ir::i64_add128 || O == ir::i64_sub128)
struct body<M, O, K> {
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const uint128 a = join(r.fp[a_of(r.pc)], r.fp[b_of(r.pc)]);
    const uint128 b = join(r.fp[c_of(r.pc)], r.fp[field<std::int32_t>(r.pc, 16)]);
    write_halves(r, O == ir::i64_add128 ? a + b : a - b);
    r.pc += cell_size::wide;
    return step::next;
  }
};

template <bool M, ir O, kind_pair K>
  requires(O == ir::i64_mul_wide_s || O == ir::i64_mul_wide_u)
struct body<M, O, K> {
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const std::uint64_t a = r.fp[a_of(r.pc)], b = r.fp[b_of(r.pc)];
    if constexpr (O == ir::i64_mul_wide_u) {
      write_halves(r, uint128{a} * b);
    } else {
      write_halves(r, static_cast<uint128>(int128{static_cast<std::int64_t>(a)} * static_cast<std::int64_t>(b)));
    }
    r.pc += cell_size::plain;
    return step::next;
  }
};

}  // namespace wasm64::exec
WASM64_HOT_END
