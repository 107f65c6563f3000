#pragma once

#include "wasm64/exec/handlers_memory.hpp"
#include "wasm64/exec/simd.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

#define WASM64_IR_OP(name, s)  \
  template <>                  \
  struct semantics<ir::name> { \
    using type = simd::name;   \
  };
#define WASM64_IR_OWN(name, s) WASM64_IR_OP(name, s)
#include "wasm64/lower/vector_ops.def"
#undef WASM64_IR_OP
#undef WASM64_IR_OWN

/// Results go to their slots and to the register of their class; only frequent operations read vectors from that.
template <class T>
WASM64_HOT void write_any(registers& r, std::int32_t slot, T v) noexcept {
  if constexpr (sizeof(T) == sizeof(simd::v128)) write(r, slot, simd::as<simd::v128>(v));
  else write(r, slot, v);
}

/// Where the compiler has no instruction for choosing lanes by number it takes a loop, which is no part of a handler.
template <class Semantics>
inline constexpr bool out_of_line = !simd::native::chooses_lanes && std::is_same_v<Semantics, simd::i8x16_swizzle>;

template <ir O>
[[gnu::noinline]] void apply_out_of_line(const word* pc, word* fp) noexcept {
  using sem = typename semantics<O>::type;
  const auto v = sem::apply(read<typename sem::in>(fp, a_of(pc)), read<typename sem::second>(fp, b_of(pc)));
  __builtin_memcpy(fp + d_of(pc), &v, sizeof v);
}

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::vector || shape_of(O) == shape::vector_pair || shape_of(O) == shape::vector_shift)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    if constexpr (out_of_line<sem>) {
      apply_out_of_line<O>(r.pc, r.fp);
      r.acc_v128 = read<simd::v128>(r.fp, d_of(r.pc));
    } else {
      const auto a = first(r);
      if constexpr (sem::operands == 1) {
        write_any(r, d_of(r.pc), sem::apply(a));
      } else {
        const auto b = second(r);
        if constexpr (sem::operands == 2) write_any(r, d_of(r.pc), sem::apply(a, b));
        else write_any(r, d_of(r.pc), sem::apply(a, b, read<typename sem::third>(r.fp, c_of(r.pc))));
      }
    }
    r.pc += cell_size::plain;
    return step::next;
  }

 private:
  WASM64_HOT static auto first(const registers& r) noexcept {
    if constexpr (K.a == kind::accumulator) return accumulator<typename sem::in>(r);
    else return read<typename sem::in>(r.fp, a_of(r.pc));
  }
  WASM64_HOT static auto second(const registers& r) noexcept {
    if constexpr (K.b == kind::immediate) return static_cast<std::uint32_t>(b_of(r.pc));
    else if constexpr (K.b == kind::accumulator) return accumulator<typename sem::second>(r);
    else return read<typename sem::second>(r.fp, b_of(r.pc));
  }
};

/// The lane is read on its own; its number is in the place of the second operand.
template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::extract_lane)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    typename sem::lane lane;
    __builtin_memcpy(&lane, reinterpret_cast<const lane_bytes<sizeof lane>*>(r.fp + a_of(r.pc)) + b_of(r.pc),
                     sizeof lane);
    write(r, d_of(r.pc), static_cast<typename sem::out>(lane));
    r.pc += cell_size::plain;
    return step::next;
  }

 private:
  template <std::size_t N>
  struct lane_bytes {
    char bytes[N];
  };
};

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::replace_lane)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const auto a = read<typename sem::in>(r.fp, a_of(r.pc));
    write_any(r, d_of(r.pc),
              sem::apply(a, read<typename sem::second>(r.fp, b_of(r.pc)), static_cast<std::uint32_t>(c_of(r.pc))));
    r.pc += cell_size::plain;
    return step::next;
  }
};

#define WASM64_BODY(name)                                       \
  template <bool M, kind_pair K>                                \
  struct body<M, ir::name, K> {                                 \
    static constexpr bool exits = false;                        \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept; \
  };                                                            \
  template <bool M, kind_pair K>                                \
  WASM64_HOT std::uint32_t body<M, ir::name, K>::run(registers& r) noexcept

WASM64_BODY(mov_v128) {
  const auto v = read<simd::v128>(r.fp, a_of(r.pc));  // moves leave the registers alone
  __builtin_memcpy(r.fp + d_of(r.pc), &v, sizeof v);
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(v128_const) {
  write(r, d_of(r.pc), field<simd::v128>(r.pc, 16));
  r.pc += cell_size::wide + 1;
  return step::next;
}
[[gnu::noinline]] inline void shuffle_out_of_line(const word* pc, word* fp) noexcept {
  const auto v = simd::i8x16_shuffle::apply(read<simd::u8x16>(fp, a_of(pc)), read<simd::u8x16>(fp, b_of(pc)),
                                            field<simd::u8x16>(pc, 16));
  __builtin_memcpy(fp + d_of(pc), &v, sizeof v);
}
WASM64_BODY(i8x16_shuffle) {
  if constexpr (simd::native::chooses_lanes) {
    write_any(r, d_of(r.pc),
              simd::i8x16_shuffle::apply(read<simd::u8x16>(r.fp, a_of(r.pc)), read<simd::u8x16>(r.fp, b_of(r.pc)),
                                         field<simd::u8x16>(r.pc, 16)));
  } else {
    shuffle_out_of_line(r.pc, r.fp);
    r.acc_v128 = read<simd::v128>(r.fp, d_of(r.pc));
  }
  r.pc += cell_size::wide + 1;
  return step::next;
}
/// 32 bits of the frame; where is in the words behind the cell.
WASM64_HOT std::uint32_t word_lane(const word* pc, const word* fp, std::ptrdiff_t n) noexcept {
  std::uint32_t bits;
  __builtin_memcpy(&bits, reinterpret_cast<const char*>(fp) + field<std::int32_t>(pc, 16 + 4 * n), sizeof bits);
  return bits;
}
WASM64_BODY(i32x4_shuffle) {
  write_any(r, d_of(r.pc),
            simd::u32x4{word_lane(r.pc, r.fp, 0), word_lane(r.pc, r.fp, 1), word_lane(r.pc, r.fp, 2),
                        word_lane(r.pc, r.fp, 3)});
  r.pc += cell_size::wide + 1;
  return step::next;
}
WASM64_BODY(select_v128) {
  const word* const from = r.fp + (holds<K>(r) ? a_of(r.pc) : b_of(r.pc));
  write(r, d_of(r.pc), read<simd::v128>(from, 0));
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(global_load_v128) {
  const global_instance& g = *r.vm->globals[imm_of(r.pc)];
  write(r, d_of(r.pc), simd::v128{g.bits, g.high});
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(global_store_v128) {
  global_instance& g = *r.vm->globals[imm_of(r.pc)];
  const auto v = read<simd::v128>(r.fp, a_of(r.pc));
  g.bits = v[0];
  g.high = v[1];
  r.pc += cell_size::plain;
  return step::next;
}

#undef WASM64_BODY

}  // namespace wasm64::exec
WASM64_HOT_END
