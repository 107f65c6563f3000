#pragma once

#include <type_traits>

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
#define WASM64_IR_TEST(name) WASM64_IR_BRANCH(name, branch)
#define WASM64_IR_STEP(name)          \
  template <>                         \
  struct semantics<ir::step_##name> { \
    using type = numeric::name;       \
  };
#include "wasm64/lower/ops.def"
// Loads and stores have no numeric meaning of their own (handlers_memory.hpp); vectors see handlers_vector.hpp.
#define WASM64_IR_OP(name, s) WASM64_IR_##s(name)
#define WASM64_IR_load(name)
#define WASM64_IR_store(name)
#define WASM64_IR_float_store(name)
#define WASM64_IR_vector(name)
#define WASM64_IR_vector_pair(name)
#define WASM64_IR_vector_shift(name)
#define WASM64_IR_vector_store(name)
#define WASM64_IR_extract_lane(name)
#define WASM64_IR_replace_lane(name)
#define WASM64_IR_fixed(name)
#define WASM64_IR_TEST(name) WASM64_IR_numeric(name)
#define WASM64_IR_numeric(name) \
  template <>                   \
  struct semantics<ir::name> {  \
    using type = numeric::name; \
  };
#define WASM64_IR_unary(name) WASM64_IR_numeric(name)
#define WASM64_IR_plain_unary(name) WASM64_IR_numeric(name)
#define WASM64_IR_binary(name) WASM64_IR_numeric(name)
#define WASM64_IR_commutative(name) WASM64_IR_numeric(name)
#define WASM64_IR_compare(name) WASM64_IR_numeric(name)
#define WASM64_IR_shift(name) WASM64_IR_numeric(name)
#define WASM64_IR_plain_binary(name) WASM64_IR_numeric(name)
#define WASM64_IR_float_unary(name) WASM64_IR_numeric(name)
#define WASM64_IR_float_binary(name) WASM64_IR_numeric(name)
#define WASM64_IR_float_commutative(name) WASM64_IR_numeric(name)
#define WASM64_IR_float_compare(name) WASM64_IR_numeric(name)
#include "wasm64/lower/ops.def"
#undef WASM64_IR_load
#undef WASM64_IR_store
#undef WASM64_IR_float_store
#undef WASM64_IR_vector
#undef WASM64_IR_vector_pair
#undef WASM64_IR_vector_shift
#undef WASM64_IR_vector_store
#undef WASM64_IR_extract_lane
#undef WASM64_IR_replace_lane
#undef WASM64_IR_fixed
#undef WASM64_IR_numeric
#undef WASM64_IR_unary
#undef WASM64_IR_plain_unary
#undef WASM64_IR_binary
#undef WASM64_IR_commutative
#undef WASM64_IR_compare
#undef WASM64_IR_shift
#undef WASM64_IR_plain_binary
#undef WASM64_IR_float_unary
#undef WASM64_IR_float_binary
#undef WASM64_IR_float_commutative
#undef WASM64_IR_float_compare

template <class T, kind_pair K>
WASM64_HOT T left(const registers& r) noexcept {
  if constexpr (K.a == kind::slot) return read<T>(r.fp, a_of(r.pc));
  else if constexpr (K.a == kind::accumulator) return accumulator<T>(r);
  else if constexpr (K.a == kind::sum) return r.sum_f64;
  else return immediate<T>(r.pc);
}
/// With an immediate on the left, the slot of the right operand is where the left one's would be.
template <class T, kind_pair K>
WASM64_HOT T right(const registers& r) noexcept {
  if constexpr (K.b == kind::immediate) return immediate<T>(r.pc);
  else if constexpr (K.b == kind::accumulator) return accumulator<T>(r);
  else if constexpr (K.b == kind::sum) return r.sum_f64;
  else if constexpr (K.a == kind::immediate) return read<T>(r.fp, a_of(r.pc));
  else return read<T>(r.fp, b_of(r.pc));
}
/// f64 immediates take a word of their own.
template <class T, kind_pair K>
inline constexpr std::ptrdiff_t immediate_words =
    sizeof(T) == 8 && static_cast<T>(0.5f) != T{} && (K.a == kind::immediate || K.b == kind::immediate) ? 1 : 0;

template <bool M, ir O, kind_pair K>
  requires(is_unary(shape_of(O)))
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
  requires(is_binary(shape_of(O)))
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
    } else if constexpr (is_sum(O)) {
      write_sum(r, d_of(r.pc), sem::apply(a, b));
    } else {
      write(r, d_of(r.pc), sem::apply(a, b));
    }
    r.pc += cell_size::plain + immediate_words<in, K>;
    return step::next;
  }
};

/// Not a fused multiplication and addition: both are rounded, so the compiler must not see them together.
WASM64_HOT double product(double a, double b) noexcept {
  double v = a * b;
#if defined(__x86_64__)
  __asm__("" : "+x"(v));
#elif defined(__aarch64__)
  __asm__("" : "+w"(v));
#else
  __asm__("" : "+m"(v));
#endif
  return v;
}
template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::product)
struct body<M, O, K> {
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const double v = product(left<double, K>(r), read<double>(r.fp, b_of(r.pc)));
    double other;
    if constexpr (K.b == kind::sum) other = r.sum_f64;
    else other = read<double>(r.fp, c_of(r.pc));
    write_sum(r, d_of(r.pc), numeric::canonical(O == ir::f64_add_product ? other + v : other - v));
    r.pc += cell_size::plain;
    return step::next;
  }
};

#define WASM64_ADD_TO_BOTH(P, T)                                                                 \
  template <bool M, kind_pair K>                                                                 \
  struct body<M, ir::P##_add_to_both, K> {                                                       \
    static constexpr bool exits = false;                                                         \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {                                 \
      write(r, d_of(r.pc), static_cast<T>(read<T>(r.fp, a_of(r.pc)) + extended<T>(c_of(r.pc)))); \
      r.fp[b_of(r.pc)] = r.acc;                                                                  \
      r.pc += cell_size::plain;                                                                  \
      return step::next;                                                                         \
    }                                                                                            \
  };
WASM64_ADD_TO_BOTH(i32, std::uint32_t)
WASM64_ADD_TO_BOTH(i64, std::uint64_t)
#undef WASM64_ADD_TO_BOTH

/// An operation on a shifted operand and another one.
#define WASM64_SHIFTED(name, T, expression)                                                      \
  template <bool M, kind_pair K>                                                                 \
  struct body<M, ir::name, K> {                                                                  \
    static constexpr bool exits = false;                                                         \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {                                 \
      const T a = left<T, K>(r), b = read<T>(r.fp, b_of(r.pc)), by = static_cast<T>(c_of(r.pc)); \
      write(r, d_of(r.pc), static_cast<T>(expression));                                          \
      r.pc += cell_size::plain;                                                                  \
      return step::next;                                                                         \
    }                                                                                            \
  };
WASM64_SHIFTED(i32_add_scaled, std::uint32_t, (a << by) + b)
WASM64_SHIFTED(i64_add_scaled, std::uint64_t, (a << by) + b)
WASM64_SHIFTED(i32_xor_rotated, std::uint32_t, numeric::rotate_left(a, by) ^ b)
WASM64_SHIFTED(i64_xor_rotated, std::uint64_t, numeric::rotate_left(a, by) ^ b)
WASM64_SHIFTED(i64_add_extended, std::uint64_t,
               (static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(a))) << by) + b)
#undef WASM64_SHIFTED

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

/// Goes to the target of a branch or behind it, and pays for the leader there. `More` words follow the fuel.
template <bool Metered, std::ptrdiff_t More = 0>
WASM64_HOT std::uint32_t follow(registers& r, bool taken) noexcept {
  const word* const cell = r.pc;
  if (taken) {
    r.pc = target_of(cell);
    return pay<Metered>(r, field<std::uint32_t>(cell, 24));
  }
  r.pc += cell_size::branch + More;
  return pay<Metered>(r, field<std::uint32_t>(cell, 28));
}

template <bool M, ir O, kind_pair K>
  requires(is_branch(shape_of(O)))
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  using in = typename sem::in;
  static constexpr bool exits = M;
  static constexpr std::ptrdiff_t more = immediate_words<in, K>;
  WASM64_HOT static bool holds(const registers& r) noexcept {
    // The f64 immediate stands behind the target and the fuel.
    in b;
    if constexpr (more != 0) b = field<in>(r.pc, 32);
    else b = right<in, K>(r);
    return sem::apply(left<in, K>(r), b) == semantics<O>::holds;
  }
  WASM64_HOT static std::uint32_t run(registers& r) noexcept { return follow<M, more>(r, holds(r)); }
};

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::step)
struct body<M, O, K> {
  using sem = typename semantics<O>::type;
  using in = typename sem::in;
  using number = std::conditional_t<sizeof(in) == 4, std::uint32_t, std::uint64_t>;
  static constexpr bool exits = M;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    number step;
    if constexpr (K.a == kind::immediate) step = extended<number>(a_of(r.pc));
    else step = read<number>(r.fp, a_of(r.pc));
    const number sum = read<number>(r.fp, d_of(r.pc)) + step;
    write(r, d_of(r.pc), sum);
    return follow<M>(r, sem::apply(static_cast<in>(sum), right<in, kind_pair{kind::slot, K.b}>(r)));
  }
};

}  // namespace wasm64::exec
WASM64_HOT_END
