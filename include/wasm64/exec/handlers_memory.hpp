#pragma once

#include "wasm64/exec/atomics.hpp"
#include "wasm64/exec/handlers_numeric.hpp"
#include "wasm64/exec/handlers_wide.hpp"
#include "wasm64/exec/slow.hpp"
#include "wasm64/lower/combining.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

/// What a load reads (`stored`) and what it yields (`loaded`), and the width of the addition it may include.
template <ir O>
struct access;
#define WASM64_ACCESS(name, S, L)                      \
  template <>                                          \
  struct access<ir::name> {                            \
    using stored = S;                                  \
    using loaded = L;                                  \
  };                                                   \
  template <>                                          \
  struct access<ir::sum32_##name> : access<ir::name> { \
    using address = std::uint32_t;                     \
  };                                                   \
  template <>                                          \
  struct access<ir::sum64_##name> : access<ir::name> { \
    using address = std::uint64_t;                     \
  };
WASM64_ACCESS(i32_load, std::uint32_t, std::uint32_t)
WASM64_ACCESS(i64_load, std::uint64_t, std::uint64_t)
WASM64_ACCESS(f32_load, float, float)
WASM64_ACCESS(f64_load, double, double)
WASM64_ACCESS(i32_load8_s, std::int8_t, std::uint32_t)
WASM64_ACCESS(i32_load8_u, std::uint8_t, std::uint32_t)
WASM64_ACCESS(i32_load16_s, std::int16_t, std::uint32_t)
WASM64_ACCESS(i32_load16_u, std::uint16_t, std::uint32_t)
WASM64_ACCESS(i64_load8_s, std::int8_t, std::uint64_t)
WASM64_ACCESS(i64_load8_u, std::uint8_t, std::uint64_t)
WASM64_ACCESS(i64_load16_s, std::int16_t, std::uint64_t)
WASM64_ACCESS(i64_load16_u, std::uint16_t, std::uint64_t)
WASM64_ACCESS(i64_load32_s, std::int32_t, std::uint64_t)
WASM64_ACCESS(i64_load32_u, std::uint32_t, std::uint64_t)
WASM64_ACCESS(i32_store, std::uint32_t, std::uint32_t)
WASM64_ACCESS(i64_store, std::uint64_t, std::uint64_t)
WASM64_ACCESS(f32_store, float, float)
WASM64_ACCESS(f64_store, double, double)
WASM64_ACCESS(i32_store8, std::uint8_t, std::uint32_t)
WASM64_ACCESS(i32_store16, std::uint16_t, std::uint32_t)
WASM64_ACCESS(i64_store8, std::uint8_t, std::uint64_t)
WASM64_ACCESS(i64_store16, std::uint16_t, std::uint64_t)
WASM64_ACCESS(i64_store32, std::uint32_t, std::uint64_t)
WASM64_ACCESS(v128_load, simd::v128, simd::v128)
WASM64_ACCESS(v128_store, simd::v128, simd::v128)
#undef WASM64_ACCESS

/// Addresses of both widths are read alike, because slots hold i32 zero-extended. Lowering has made sure that
/// offset + width does not exceed the declared minimum, so the subtraction cannot wrap (lower/combining.hpp).
template <class Stored>
WASM64_HOT bool reaches(const registers& r, std::uint64_t address, std::uint64_t offset) noexcept {
  return address <= r.size - (offset + sizeof(Stored));
}
template <kind_pair K, class Stored>
WASM64_HOT bool effective(const registers& r, std::uint64_t offset, std::uint64_t& address) noexcept {
  address = K.a == kind::accumulator ? r.acc : r.fp[a_of(r.pc)];
  if (WASM64_UNLIKELY(!reaches<Stored>(r, address, offset))) return false;
  address += offset;
  return true;
}

/// The sum of two operands, wrapping at its width. Beside two slots there is room for an offset, beside an immediate
/// there is not.
template <class Address, kind_pair K, class Stored>
WASM64_HOT bool effective_sum(const registers& r, std::uint64_t& address) noexcept {
  const std::uint64_t offset = K.b == kind::slot ? field<std::uint16_t>(r.pc, 14) : 0;
  address = static_cast<Address>(left<Address, K>(r) + right<Address, K>(r));
  if (WASM64_UNLIKELY(!reaches<Stored>(r, address, offset))) return false;
  address += offset;
  return true;
}

inline constexpr auto out_of_bounds = static_cast<std::uint32_t>(errc::trap_memory_out_of_bounds);

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::load || is_load_sum(shape_of(O)))
struct body<M, O, K> {
  using stored = typename access<O>::stored;
  using loaded = typename access<O>::loaded;
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    std::uint64_t address;
    if constexpr (is_load_sum(shape_of(O))) {
      if (!effective_sum<typename access<O>::address, K, stored>(r, address)) return out_of_bounds;
    } else {
      if (!effective<K, stored>(r, imm_of(r.pc), address)) return out_of_bounds;
    }
    stored v;
    take(r.mem + address, v);
    write(r, d_of(r.pc), static_cast<loaded>(v));
    r.pc += cell_size::plain;
    return step::next;
  }
};

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::load_product)
struct body<M, O, K> {
  using width = std::conditional_t<O == ir::sum32_f64_load_product, std::uint32_t, std::uint64_t>;
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    std::uint64_t address;
    if (!effective_sum<width, kind_pair{kind::slot, kind::immediate}, double>(r, address)) return out_of_bounds;
    double factor;
    take(r.mem + address, factor);
    const double v = product(read<double>(r.fp, field<std::int16_t>(r.pc, 16)), factor);
    double other;
    if constexpr (K.b == kind::sum) other = r.sum_f64;
    else other = read<double>(r.fp, field<std::int16_t>(r.pc, 18));
    write_sum(r, d_of(r.pc), numeric::canonical(other + v));
    r.pc += cell_size::wide;
    return step::next;
  }
};

/// What a load behind an addition loads, and the width of that.
template <ir O>
struct step_load;
#define WASM64_STEP_LOAD(name)                             \
  template <>                                              \
  struct step_load<ir::step32_##name> : access<ir::name> { \
    using address = std::uint32_t;                         \
  };                                                       \
  template <>                                              \
  struct step_load<ir::step64_##name> : access<ir::name> { \
    using address = std::uint64_t;                         \
  };
WASM64_STEP_LOAD(i32_load)
WASM64_STEP_LOAD(i64_load)
WASM64_STEP_LOAD(f64_load)
WASM64_STEP_LOAD(i32_load8_u)
#undef WASM64_STEP_LOAD

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::step_load)
struct body<M, O, K> {
  using width = typename step_load<O>::address;
  using stored = typename step_load<O>::stored;
  using loaded = typename step_load<O>::loaded;
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const std::uint64_t address = static_cast<width>(read<width>(r.fp, a_of(r.pc)) + extended<width>(c_of(r.pc)));
    const std::uint64_t offset = r.pc[2];
    if (WASM64_UNLIKELY(!reaches<stored>(r, address, offset))) return out_of_bounds;
    r.fp[b_of(r.pc)] = address;
    stored v;
    take(r.mem + address + offset, v);
    write(r, d_of(r.pc), static_cast<loaded>(v));
    r.pc += cell_size::wide;
    return step::next;
  }
};

/// What a loading branch loads, and whether it jumps when that is equal.
template <ir O>
struct load_branch;
#define WASM64_LOAD_BRANCH(name)                            \
  template <>                                               \
  struct load_branch<ir::name##_br_eq> : access<ir::name> { \
    static constexpr bool on_equal = true;                  \
  };                                                        \
  template <>                                               \
  struct load_branch<ir::name##_br_ne> : access<ir::name> { \
    static constexpr bool on_equal = false;                 \
  };
WASM64_LOAD_BRANCH(i32_load)
WASM64_LOAD_BRANCH(i64_load)
WASM64_LOAD_BRANCH(i32_load8_u)
#undef WASM64_LOAD_BRANCH

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::load_branch)
struct body<M, O, K> {
  using stored = typename load_branch<O>::stored;
  using loaded = typename load_branch<O>::loaded;
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    std::uint64_t address;
    if (!effective<kind_pair{}, stored>(r, field<std::uint16_t>(r.pc, 8), address)) return out_of_bounds;
    stored v;
    take(r.mem + address, v);
    const bool is_equal = static_cast<loaded>(v) == right<loaded, kind_pair{kind::slot, K.b}>(r);
    return follow<M>(r, is_equal == load_branch<O>::on_equal);
  }
};

template <bool M, ir O, kind_pair K>
  requires(shape_of(O) == shape::store || shape_of(O) == shape::float_store || shape_of(O) == shape::vector_store)
struct body<M, O, K> {
  using stored = typename access<O>::stored;
  using loaded = typename access<O>::loaded;
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    std::uint64_t address;
    if (!effective<K, stored>(r, imm_of(r.pc), address)) return out_of_bounds;
    loaded v;
    if constexpr (K.b == kind::immediate) v = static_cast<loaded>(d_of(r.pc));
    else if constexpr (K.b == kind::accumulator) v = accumulator<loaded>(r);
    else if constexpr (K.b == kind::sum) v = r.sum_f64;
    else v = read<loaded>(r.fp, d_of(r.pc));
    const auto narrow = static_cast<stored>(v);
    __builtin_memcpy(r.mem + address, &narrow, sizeof narrow);
    r.pc += cell_size::plain;
    return step::next;
  }
};

template <bool M, ir O, kind_pair K>
  requires(is_store_sum(shape_of(O)))
struct body<M, O, K> {
  using stored = typename access<O>::stored;
  using loaded = typename access<O>::loaded;
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    std::uint64_t address;
    constexpr bool in_register = K.a == kind::immediate;
    constexpr kind_pair addends = in_register ? kind_pair{kind::slot, kind::immediate} : K;
    if (!effective_sum<typename access<O>::address, addends, stored>(r, address)) return out_of_bounds;
    loaded v;
    if constexpr (!in_register) v = read<loaded>(r.fp, d_of(r.pc));
    else if constexpr (K.b == kind::immediate) v = static_cast<loaded>(d_of(r.pc));
    else if constexpr (K.b == kind::sum) v = r.sum_f64;
    else v = accumulator<loaded>(r);
    const auto narrow = static_cast<stored>(v);
    __builtin_memcpy(r.mem + address, &narrow, sizeof narrow);
    r.pc += cell_size::plain;
    return step::next;
  }
};

/// Leaves a register with whatever is in it.
template <class T>
WASM64_HOT void any(T& v) noexcept {
#if defined(__x86_64__)
  if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, simd::v128>) __asm__("" : "=x"(v));
  else __asm__("" : "=r"(v));
#else
  v = T{};
#endif
}
/// Memory 0 of the current instance, after something that may have grown it.
WASM64_HOT void reload_memory(registers& r) noexcept {
  const vector<memory_instance*>& memories = r.vm->current->memories;
  any(r.mem);
  any(r.size);
  if (memories.empty()) return;  // code without a memory reads neither
  r.mem = memories[0]->base;
  r.size = memories[0]->size;
}
/// Where lowering counts on none of them. Saying so spares a handler from keeping them across a call.
WASM64_HOT void forget_accumulators(registers& r) noexcept {
  any(r.acc);
  any(r.acc_f32);
  any(r.acc_f64);
  any(r.sum_f64);
  any(r.acc_v128);
}

/// Operations that leave the fast path: out of line, with the cell and the frame only.
#define WASM64_SLOW(name, words)                                  \
  template <bool M, kind_pair K>                                  \
  struct body<M, ir::name, K> {                                   \
    static constexpr bool exits = true;                           \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {  \
      const std::uint32_t status = slow::name(*r.vm, r.pc, r.fp); \
      if (WASM64_UNLIKELY(status != step::next)) return status;   \
      r.pc += words;                                              \
      return step::next;                                          \
    }                                                             \
  };
WASM64_SLOW(mov_range, cell_size::plain)
WASM64_SLOW(gather, cell_size::wide)
WASM64_SLOW(scatter, cell_size::wide)
WASM64_SLOW(load_far, cell_size::wide + 1)
WASM64_SLOW(store_far, cell_size::wide + 1)
WASM64_SLOW(memory_size, cell_size::plain)
WASM64_SLOW(data_drop, cell_size::plain)
WASM64_SLOW(table_get, cell_size::plain)
WASM64_SLOW(table_set, cell_size::plain)
WASM64_SLOW(table_size, cell_size::plain)
WASM64_SLOW(table_grow, cell_size::wide)
WASM64_SLOW(elem_drop, cell_size::plain)
WASM64_SLOW(ref_func, cell_size::plain)
WASM64_SLOW(atomic, cell_size::wide + 1)
#undef WASM64_SLOW

/// Those that may stop for want of fuel: behind them registers count for nothing.
#define WASM64_BULK(name)                                         \
  template <bool M, kind_pair K>                                  \
  struct body<M, ir::name, K> {                                   \
    static constexpr bool exits = true;                           \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {  \
      const std::uint32_t status = slow::name(*r.vm, r.pc, r.fp); \
      forget_accumulators(r);                                     \
      if (WASM64_UNLIKELY(status != step::next)) return status;   \
      r.pc += cell_size::wide;                                    \
      return step::next;                                          \
    }                                                             \
  };
WASM64_BULK(memory_fill)
WASM64_BULK(memory_copy)
WASM64_BULK(memory_init)
WASM64_BULK(table_fill)
WASM64_BULK(table_copy)
WASM64_BULK(table_init)
#undef WASM64_BULK

template <bool M, kind_pair K>
struct body<M, ir::memory_grow, K> {
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const std::uint32_t status = slow::memory_grow(*r.vm, r.pc, r.fp);
    if (WASM64_UNLIKELY(status != step::next)) return status;
    reload_memory(r);
    r.pc += cell_size::plain;
    return step::next;
  }
};

template <bool M, kind_pair K>
struct body<M, ir::global_load, K> {
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    write(r, d_of(r.pc), r.vm->globals[imm_of(r.pc)]->bits);
    r.pc += cell_size::plain;
    return step::next;
  }
};

template <bool M, kind_pair K>
struct body<M, ir::global_store, K> {
  static constexpr bool exits = false;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    r.vm->globals[imm_of(r.pc)]->bits = K.a == kind::accumulator ? r.acc : r.fp[a_of(r.pc)];
    r.pc += cell_size::plain;
    return step::next;
  }
};

#define WASM64_GLOBAL_SUMS(P, T)                                                                  \
  template <bool M, kind_pair K>                                                                  \
  struct body<M, ir::P##_global_add, K> {                                                         \
    static constexpr bool exits = false;                                                          \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {                                  \
      write(r, d_of(r.pc), static_cast<T>(r.vm->globals[a_of(r.pc)]->bits + immediate<T>(r.pc))); \
      r.pc += cell_size::plain;                                                                   \
      return step::next;                                                                          \
    }                                                                                             \
  };                                                                                              \
  template <bool M, kind_pair K>                                                                  \
  struct body<M, ir::P##_global_set_sum, K> {                                                     \
    static constexpr bool exits = false;                                                          \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {                                  \
      r.vm->globals[d_of(r.pc)]->bits = static_cast<T>(r.fp[a_of(r.pc)] + immediate<T>(r.pc));    \
      r.pc += cell_size::plain;                                                                   \
      return step::next;                                                                          \
    }                                                                                             \
  };
WASM64_GLOBAL_SUMS(i32, std::uint32_t)
WASM64_GLOBAL_SUMS(i64, std::uint64_t)
#undef WASM64_GLOBAL_SUMS

}  // namespace wasm64::exec
WASM64_HOT_END
