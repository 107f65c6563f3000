#pragma once

#include "wasm64/exec/registers.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

/// The semantics behind an operation, and for a branch those of its comparison.
template <ir O>
struct semantics;
#define WASM64_IR_BRANCH(name, s)       \
  template <>                           \
  struct semantics<ir::br_##name> {     \
    using type = numeric::name;         \
    static constexpr bool holds = true; \
  };
#define WASM64_IR_UNLESS(name, s)        \
  template <>                            \
  struct semantics<ir::unless_##name> {  \
    using type = numeric::name;          \
    static constexpr bool holds = false; \
  };
#include "wasm64/lower/ops.def"
// Loads and stores have no numeric meaning of their own (handlers_memory.hpp); vectors see handlers_vector.hpp.
#define WASM64_IR_OP(name, s) WASM64_IR_##s(name)
#define WASM64_IR_load(name)
#define WASM64_IR_store(name)
#define WASM64_IR_vector(name)
#define WASM64_IR_vector_shift(name)
#define WASM64_IR_vector_store(name)
#define WASM64_IR_extract_lane(name)
#define WASM64_IR_replace_lane(name)
#define WASM64_IR_fixed(name)
#define WASM64_IR_numeric(name) \
  template <>                   \
  struct semantics<ir::name> {  \
    using type = numeric::name; \
  };
#define WASM64_IR_unary(name) WASM64_IR_numeric(name)
#define WASM64_IR_binary(name) WASM64_IR_numeric(name)
#define WASM64_IR_commutative(name) WASM64_IR_numeric(name)
#define WASM64_IR_compare(name) WASM64_IR_numeric(name)
#include "wasm64/lower/ops.def"
#undef WASM64_IR_load
#undef WASM64_IR_store
#undef WASM64_IR_vector
#undef WASM64_IR_vector_shift
#undef WASM64_IR_vector_store
#undef WASM64_IR_extract_lane
#undef WASM64_IR_replace_lane
#undef WASM64_IR_fixed
#undef WASM64_IR_numeric
#undef WASM64_IR_unary
#undef WASM64_IR_binary
#undef WASM64_IR_commutative
#undef WASM64_IR_compare

template <class T, kind_pair K>
WASM64_HOT T left(const registers& r) noexcept {
  if constexpr (K.a == kind::slot) return read<T>(r.fp, a_of(r.pc));
  else if constexpr (K.a == kind::accumulator) return accumulator<T>(r);
  else return immediate<T>(r.pc);
}
/// With an immediate on the left, the slot of the right operand is where the left one's would be.
template <class T, kind_pair K>
WASM64_HOT T right(const registers& r) noexcept {
  if constexpr (K.b == kind::immediate) return immediate<T>(r.pc);
  else if constexpr (K.b == kind::accumulator) return accumulator<T>(r);
  else if constexpr (K.a == kind::immediate) return read<T>(r.fp, a_of(r.pc));
  else return read<T>(r.fp, b_of(r.pc));
}
/// f64 immediates take a word of their own.
template <class T, kind_pair K>
inline constexpr std::ptrdiff_t immediate_words =
    sizeof(T) == 8 && static_cast<T>(0.5f) != T{} && (K.a == kind::immediate || K.b == kind::immediate) ? 1 : 0;

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::unary)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  static constexpr bool exits = sem::traps;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const auto a = left<typename sem::in, K>(r);
    if constexpr (sem::traps) {
      typename sem::out out{};
      if (const errc trap = sem::apply(a, out); WASM64_UNLIKELY(trap != errc{}))
        return static_cast<std::uint32_t>(trap);
      write(r, d_of(r.pc), out);
    } else {
      write(r, d_of(r.pc), sem::apply(a));
    }
    r.pc += cell_size::plain;
    return step::next;
  }
};

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::binary || shape_of(O) == shape::commutative || shape_of(O) == shape::compare)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  using in = typename sem::in;
  static constexpr bool exits = sem::traps;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const in a = left<in, K>(r);
    const in b = right<in, K>(r);
    if constexpr (sem::traps) {
      typename sem::out out{};
      if (const errc trap = sem::apply(a, b, out); WASM64_UNLIKELY(trap != errc{})) {
        return static_cast<std::uint32_t>(trap);
      }
      write(r, d_of(r.pc), out);
    } else {
      write(r, d_of(r.pc), sem::apply(a, b));
    }
    r.pc += cell_size::plain + immediate_words<in, K>;
    return step::next;
  }
};

/// Pays for entering a leader. The state at exhaustion is that of the leader: `pc` is already there.
template <bool Metered>
WASM64_HOT std::uint32_t pay(registers& r, std::uint32_t cost) noexcept {
  if constexpr (Metered) {
    r.vm->fuel -= cost;
    if (WASM64_UNLIKELY(r.vm->fuel < 0)) return step::suspended;
  }
  return step::next;
}

WASM64_HOT const word* target_of(const word* pc) noexcept { return reinterpret_cast<const word*>(pc[2]); }

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::branch)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  using in = typename sem::in;
  static constexpr bool exits = M;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    // The f64 immediate stands behind the target and the fuel.
    in b;
    if constexpr (immediate_words<in, K> != 0) b = field<in>(r.pc, 32);
    else b = right<in, K>(r);
    const word* const cell = r.pc;
    if (sem::apply(left<in, K>(r), b) == semantics<O>::holds) {
      r.pc = target_of(cell);
      return pay<M>(r, field<std::uint32_t>(cell, 24));
    }
    r.pc += cell_size::branch + immediate_words<in, K>;
    return pay<M>(r, field<std::uint32_t>(cell, 28));
  }
};

}  // namespace wasm64::exec
WASM64_HOT_END
