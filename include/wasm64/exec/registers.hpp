#pragma once

#include <cstdint>

#include "wasm64/config.hpp"
#include "wasm64/exec/numeric.hpp"
#include "wasm64/exec/simd_types.hpp"
#include "wasm64/lower/ops.hpp"
#include "wasm64/runtime/machine.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

/// The state of a run, held in machine registers by the tail dispatch: six integer and four floating-point or vector
/// arguments, what the System V and AAPCS calling conventions pass without touching memory.
struct registers {
  const word* pc;       ///< the cell being executed
  word* fp;             ///< slot 0 of the current frame
  std::uint8_t* mem;    ///< memory 0 of the current instance
  std::uint64_t size;   ///< its size in bytes
  std::uint64_t acc;    ///< latest integer result
  machine* vm;
  float acc_f32;        ///< latest f32 result
  double acc_f64;       ///< latest f64 result that is no sum
  double sum_f64;       ///< latest f64 sum or difference: products and loads come and go while a sum grows
  simd::v128 acc_v128;  ///< latest vector
  bool chained = false;  ///< within a pair: the result goes to what comes next and to no slot
  word next = 0;        ///< within a handler that `names_next`: the next one
};

// The fields of a cell (lower/code.hpp), each a load of its own width.
template <class T>
WASM64_HOT T field(const word* pc, std::ptrdiff_t byte) noexcept {
  T out;
  __builtin_memcpy(&out, reinterpret_cast<const char*>(pc) + byte, sizeof out);
  return out;
}
WASM64_HOT std::int32_t d_of(const word* pc) noexcept { return field<std::int16_t>(pc, 8); }
WASM64_HOT std::int32_t a_of(const word* pc) noexcept { return field<std::int16_t>(pc, 10); }
WASM64_HOT std::int32_t b_of(const word* pc) noexcept { return field<std::int16_t>(pc, 12); }
WASM64_HOT std::int32_t c_of(const word* pc) noexcept { return field<std::int16_t>(pc, 14); }
WASM64_HOT std::uint32_t imm_of(const word* pc) noexcept { return field<std::uint32_t>(pc, 12); }

// Slots. i32 and f32 are kept zero-extended, so that a slot can be read whole as an address and hashed as it is.
template <class T>
WASM64_HOT T read(const word* fp, std::int32_t slot) noexcept {
  T out;
  __builtin_memcpy(&out, fp + slot, sizeof out);
  return out;
}

// What linear memory holds. Doubles are read as such: bits would take a detour through an integer register.
template <class T>
WASM64_HOT void take(const std::uint8_t* from, T& v) noexcept {
  __builtin_memcpy(&v, from, sizeof v);
}
WASM64_HOT void take(const std::uint8_t* from, double& v) noexcept {
  typedef double place __attribute__((may_alias, aligned(1)));
  v = *reinterpret_cast<const place*>(from);
}

template <class T>
WASM64_HOT T accumulator(const registers& r) noexcept {
  if constexpr (sizeof(T) == sizeof(simd::v128)) return simd::as<T>(r.acc_v128);
  else if constexpr (sizeof(T) == 4 && static_cast<T>(0.5f) != T{}) return r.acc_f32;
  else if constexpr (static_cast<T>(0.5f) != T{}) return r.acc_f64;
  else return static_cast<T>(r.acc);
}

/// Writes a result to its slot and to the register of its class.
WASM64_HOT void write(registers& r, std::int32_t slot, std::uint32_t v) noexcept {
  r.acc = v;
  if (!r.chained) r.fp[slot] = v;
}
WASM64_HOT void write(registers& r, std::int32_t slot, std::uint64_t v) noexcept {
  r.acc = v;
  if (!r.chained) r.fp[slot] = v;
}
WASM64_HOT void write(registers& r, std::int32_t slot, bool v) noexcept {
  r.acc = v;
  if (!r.chained) r.fp[slot] = r.acc;
}
WASM64_HOT void write(registers& r, std::int32_t slot, float v) noexcept {
  r.acc_f32 = v;
  if (!r.chained) r.fp[slot] = __builtin_bit_cast(std::uint32_t, v);
}
WASM64_HOT void write(registers& r, std::int32_t slot, double v) noexcept {
  r.acc_f64 = v;
  using place = double __attribute__((may_alias));
  if (!r.chained) *reinterpret_cast<place*>(r.fp + slot) = v;
}
/// The same for sums and differences.
WASM64_HOT void write_sum(registers& r, std::int32_t slot, double v) noexcept {
  using place = double __attribute__((may_alias));
  r.sum_f64 = v;
  if (!r.chained) *reinterpret_cast<place*>(r.fp + slot) = v;
}
/// Vectors take two slots.
WASM64_HOT void write(registers& r, std::int32_t slot, simd::v128 v) noexcept {
  r.acc_v128 = v;
  if (!r.chained) __builtin_memcpy(r.fp + slot, &v, sizeof v);
}

/// An immediate of 32 bits (i64: sign-extended), or the f64 in word 2.
template <class T>
WASM64_HOT T immediate(const word* pc) noexcept {
  if constexpr (sizeof(T) == 8 && static_cast<T>(0.5f) != T{}) return field<T>(pc, 16);
  else if constexpr (sizeof(T) == 8) return static_cast<T>(static_cast<std::int64_t>(field<std::int32_t>(pc, 12)));
  else return field<T>(pc, 12);
}

/// A constant from a field of 16 bits.
template <class T>
WASM64_HOT T extended(std::int32_t field) noexcept {
  return static_cast<T>(static_cast<std::int64_t>(field));
}

/// Whether the condition of a selection, its third operand, holds.
template <kind_pair K>
WASM64_HOT bool holds(const registers& r) noexcept {
  return (K.a == kind::accumulator ? static_cast<std::uint32_t>(r.acc) : read<std::uint32_t>(r.fp, c_of(r.pc))) != 0;
}

/// What a handler does: `run` executes the cell at `r.pc`, moves `pc` on and answers `step::next`, or answers how the
/// run ends and leaves `pc` where it is. `exits` is false where it always goes on. An operation whose common case calls
/// nothing has a second half, `run_rare`, which starts over in a handler of its own when `run` answers `step::rare`:
/// that one saves the registers which calls need, the common one does not.
template <bool Metered, ir O, kind_pair K>
struct body;

/// Bodies that leave the next handler in `next`, known earlier than from the cell.
template <class Body>
concept names_next = requires { requires Body::knows_next; };

template <class Body>
concept has_rare_half = requires(registers& r) { Body::run_rare(r); };

}  // namespace wasm64::exec
WASM64_HOT_END
