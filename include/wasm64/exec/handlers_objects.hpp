#pragma once

#include "wasm64/exec/casts.hpp"
#include "wasm64/exec/handlers_control.hpp"
#include "wasm64/exec/slow_objects.hpp"

// Typed function references, casts, structures and arrays (specification 4.6.3, 4.6.8, 4.6.9). Lowering has the layout
// of every object, so a cell holds sizes, offsets and headers.
WASM64_HOT_BEGIN
namespace wasm64::exec {

#define WASM64_BODY(name, can_exit)                             \
  template <bool M, kind_pair K>                                \
  struct body<M, ir::name, K> {                                 \
    static constexpr bool exits = can_exit;                     \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept; \
  };                                                            \
  template <bool M, kind_pair K>                                \
  WASM64_HOT std::uint32_t body<M, ir::name, K>::run([[maybe_unused]] registers& r) noexcept

inline constexpr auto null_reference = static_cast<std::uint32_t>(errc::trap_null_reference);
inline constexpr auto cast_failure = static_cast<std::uint32_t>(errc::trap_cast_failure);

// Calls.

template <bool M, kind_pair K>
struct body<M, ir::call_ref, K> {
  static constexpr bool exits = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const auto* const f = reinterpret_cast<const func_instance*>(r.fp[a_of(r.pc)]);
    if (WASM64_UNLIKELY(f == nullptr)) return null_reference;
    if (WASM64_UNLIKELY(f->owner != r.vm->current)) return step::rare;
    return enter_function<M>(r, f->code, d_of(r.pc), r.pc + cell_size::plain);
  }
  /// A function of the host or of another instance.
  WASM64_HOT static std::uint32_t run_rare(registers& r) noexcept {
    const auto& f = *reinterpret_cast<const func_instance*>(r.fp[a_of(r.pc)]);
    return resume_at(r, slow::call_outside(*r.vm, f, r.pc, r.fp, r.pc + cell_size::plain));
  }
};
WASM64_BODY(return_call_ref, true) {
  const auto* const f = reinterpret_cast<const func_instance*>(r.fp[a_of(r.pc)]);
  if (WASM64_UNLIKELY(f == nullptr)) return null_reference;
  return resume_at(r, slow::tail_call_outside(*r.vm, *f, r.pc, r.fp, static_cast<std::int32_t>(imm_of(r.pc)),
                                              static_cast<std::int32_t>(r.pc[2])));
}

// Checks. They leave the reference where it is.

WASM64_BODY(check_non_null, true) {
  if (WASM64_UNLIKELY(r.fp[a_of(r.pc)] == 0)) return imm_of(r.pc);
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(check_null, true) {
  if (WASM64_UNLIKELY(r.fp[a_of(r.pc)] != 0)) return imm_of(r.pc);
  r.pc += cell_size::plain;
  return step::next;
}

#define WASM64_CAST(name, holds)                        \
  WASM64_BODY(test_##name, false) {                     \
    const word reference = r.fp[a_of(r.pc)];            \
    write(r, d_of(r.pc), holds);                        \
    r.pc += cell_size::plain;                           \
    return step::next;                                  \
  }                                                     \
  WASM64_BODY(cast_##name, true) {                      \
    const word reference = r.fp[a_of(r.pc)];            \
    if (WASM64_UNLIKELY(!(holds))) return cast_failure; \
    r.pc += cell_size::plain;                           \
    return step::next;                                  \
  }
WASM64_CAST(kind, is_of_kind(reference, imm_of(r.pc)))
WASM64_CAST(object, is_object_of(*r.vm, reference, imm_of(r.pc)))
WASM64_CAST(func, is_func_of(*r.vm, reference, imm_of(r.pc)))
#undef WASM64_CAST

// i31.

WASM64_BODY(ref_i31, false) {
  r.fp[d_of(r.pc)] = reference::from_i31(left<std::uint32_t, K>(r));
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(i31_get_s, true) {
  const word reference = r.fp[a_of(r.pc)];
  if (WASM64_UNLIKELY(reference == 0)) return null_reference;
  write(r, d_of(r.pc), reference::i31_s(reference));
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(i31_get_u, true) {
  const word reference = r.fp[a_of(r.pc)];
  if (WASM64_UNLIKELY(reference == 0)) return null_reference;
  write(r, d_of(r.pc), reference::i31_u(reference));
  r.pc += cell_size::plain;
  return step::next;
}

// Fields and elements.

WASM64_HOT std::uint8_t* place(word object, std::uint64_t offset) noexcept {
  return reinterpret_cast<std::uint8_t*>(object) + offset;
}

/// Reads what is stored as `Stored` into a slot of `Loaded`.
template <class Stored, class Loaded>
WASM64_HOT void load_stored(registers& r, const std::uint8_t* from) noexcept {
  Stored v;
  __builtin_memcpy(&v, from, sizeof v);
  write(r, d_of(r.pc), static_cast<Loaded>(v));
}
struct two_words {
  word low, high;
};
WASM64_HOT void load_vector(registers& r, const std::uint8_t* from) noexcept {
  simd::v128 v;
  __builtin_memcpy(&v, from, sizeof v);
  write(r, d_of(r.pc), v);
}
WASM64_HOT void load_reference(registers& r, const std::uint8_t* from) noexcept {
  __builtin_memcpy(&r.fp[d_of(r.pc)], from, sizeof(word));
}
template <std::size_t Size>
WASM64_HOT void store_slots(const registers& r, std::uint8_t* to) noexcept {
  __builtin_memcpy(to, &r.fp[d_of(r.pc)], Size);
}

#define WASM64_FIELD(name, access)                           \
  WASM64_BODY(struct_##name, true) {                         \
    const word object = r.fp[a_of(r.pc)];                    \
    if (WASM64_UNLIKELY(object == 0)) return null_reference; \
    access(r, place(object, imm_of(r.pc)));                  \
    r.pc += cell_size::plain;                                \
    return step::next;                                       \
  }
#define WASM64_ELEMENT(name, log2, access)                                         \
  WASM64_BODY(array_##name, true) {                                                \
    const word array = r.fp[b_of(r.pc)];                                           \
    if (WASM64_UNLIKELY(array == 0)) return null_reference;                        \
    const auto index = left<std::uint32_t, K>(r);                                  \
    if (WASM64_UNLIKELY(index >= header_of(array) >> object::length_shift)) {      \
      return stop(errc::trap_array_out_of_bounds);                                 \
    }                                                                              \
    access(r, place(array, object::header_size + (std::uint64_t{index} << log2))); \
    r.pc += cell_size::plain;                                                      \
    return step::next;                                                             \
  }
#define WASM64_PLACES(name, log2, ...) WASM64_FIELD(name, (__VA_ARGS__)) WASM64_ELEMENT(name, log2, (__VA_ARGS__))
WASM64_PLACES(get_8_s, 0, load_stored<std::int8_t, std::uint32_t>)
WASM64_PLACES(get_8_u, 0, load_stored<std::uint8_t, std::uint32_t>)
WASM64_PLACES(get_16_s, 1, load_stored<std::int16_t, std::uint32_t>)
WASM64_PLACES(get_16_u, 1, load_stored<std::uint16_t, std::uint32_t>)
WASM64_PLACES(get_32, 2, load_stored<std::uint32_t, std::uint32_t>)
WASM64_PLACES(get_64, 3, load_stored<std::uint64_t, std::uint64_t>)
WASM64_PLACES(get_f32, 2, load_stored<float, float>)
WASM64_PLACES(get_f64, 3, load_stored<double, double>)
WASM64_PLACES(get_128, 4, load_vector)
WASM64_PLACES(get_ref, 3, load_reference)
WASM64_PLACES(set_8, 0, store_slots<1>)
WASM64_PLACES(set_16, 1, store_slots<2>)
WASM64_PLACES(set_32, 2, store_slots<4>)
WASM64_PLACES(set_64, 3, store_slots<8>)
WASM64_PLACES(set_128, 4, store_slots<16>)
#undef WASM64_PLACES
#undef WASM64_ELEMENT
#undef WASM64_FIELD

WASM64_BODY(array_len, true) {
  const word array = r.fp[a_of(r.pc)];
  if (WASM64_UNLIKELY(array == 0)) return null_reference;
  write(r, d_of(r.pc), static_cast<std::uint32_t>(header_of(array) >> object::length_shift));
  r.pc += cell_size::plain;
  return step::next;
}

// New objects. The common case is an addition and a comparison; the rare one makes room and starts over.

/// Takes `size` bytes from the heap, or answers null.
WASM64_HOT std::uint8_t* take(object_heap& heap, std::uint64_t size) noexcept {
  std::uint8_t* const made = heap.top;
  if (WASM64_UNLIKELY(size > static_cast<std::uint64_t>(heap.end - made))) return nullptr;
  heap.top = made + size;
  return made;
}

#define WASM64_ALLOCATION(name)                                             \
  template <bool M, kind_pair K>                                            \
  struct body<M, ir::name, K> {                                             \
    static constexpr bool exits = true;                                     \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept;             \
    WASM64_HOT static std::uint32_t run_rare(registers& r) noexcept {       \
      const std::uint32_t status = slow::refill(*r.vm, r.fp, imm_of(r.pc)); \
      return WASM64_UNLIKELY(status != step::next) ? status : run(r);       \
    }                                                                       \
  };                                                                        \
  template <bool M, kind_pair K>                                            \
  WASM64_HOT std::uint32_t body<M, ir::name, K>::run(registers& r) noexcept

WASM64_ALLOCATION(struct_new) {
  std::uint8_t* const made = take(r.vm->heap, imm_of(r.pc));
  if (WASM64_UNLIKELY(made == nullptr)) return step::rare;
  __builtin_memcpy(made, &r.pc[2], sizeof(word));
  const std::int32_t count = a_of(r.pc);
  const word* const stores = r.pc + cell_size::wide;
  for (std::int32_t i = 0; i < count; ++i) {
    const word store = stores[i];
    __builtin_memcpy(made + (store >> 32), &r.fp[static_cast<std::int16_t>(store)], sizeof(word));
  }
  r.fp[d_of(r.pc)] = reinterpret_cast<word>(made);
  r.pc = stores + count;
  return step::next;
}
WASM64_ALLOCATION(struct_new_default) {
  const std::uint32_t size = imm_of(r.pc);
  std::uint8_t* const made = take(r.vm->heap, size);
  if (WASM64_UNLIKELY(made == nullptr)) return step::rare;
  auto* const words = reinterpret_cast<word*>(made);
  words[0] = r.pc[2];
  for (std::uint32_t i = 1; i < size / sizeof(word); ++i) {
    words[i] = 0;
    __asm__ volatile("" ::: "memory");  // keeps the loop from becoming a call of memset
  }
  r.fp[d_of(r.pc)] = reinterpret_cast<word>(made);
  r.pc += cell_size::wide;
  return step::next;
}
#undef WASM64_ALLOCATION
#undef WASM64_BODY

#define WASM64_SLOW(name)                                         \
  template <bool M, kind_pair K>                                  \
  struct body<M, ir::name, K> {                                   \
    static constexpr bool exits = true;                           \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept {  \
      const std::uint32_t status = slow::name(*r.vm, r.pc, r.fp); \
      if (WASM64_UNLIKELY(status != step::next)) return status;   \
      r.pc += cell_size::wide;                                    \
      return step::next;                                          \
    }                                                             \
  };
WASM64_SLOW(array_new)
WASM64_SLOW(array_new_default)
WASM64_SLOW(array_new_data)
WASM64_SLOW(array_new_elem)
WASM64_SLOW(array_fill)
WASM64_SLOW(array_copy)
WASM64_SLOW(array_init_data)
WASM64_SLOW(array_init_elem)
#undef WASM64_SLOW

}  // namespace wasm64::exec
WASM64_HOT_END
