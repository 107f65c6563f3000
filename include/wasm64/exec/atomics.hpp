#pragma once

#include "wasm64/exec/slow.hpp"
#include "wasm64/lower/atomics.hpp"

/// Atomic instructions (threads proposal). A store is a single agent: no other thread touches its memories while code
/// runs, so every access is atomic and sequentially consistent as it is, and nobody can ever wake a waiter. Alignment
/// is checked before bounds, as the proposal's reference interpreter does.
namespace wasm64::exec::slow {

template <class T>
std::uint64_t read_number(const std::uint8_t* from) noexcept {
  T v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline std::uint64_t read_number(const std::uint8_t* from, unsigned log2) noexcept {
  switch (log2) {
    case 0: return *from;
    case 1: return read_number<std::uint16_t>(from);
    case 2: return read_number<std::uint32_t>(from);
    default: return read_number<std::uint64_t>(from);
  }
}

template <class T>
void write_number(std::uint8_t* to, std::uint64_t bits) noexcept {
  const auto v = static_cast<T>(bits);
  std::memcpy(to, &v, sizeof v);
}

inline void write_number(std::uint8_t* to, unsigned log2, std::uint64_t bits) noexcept {
  switch (log2) {
    case 0: *to = static_cast<std::uint8_t>(bits); break;
    case 1: write_number<std::uint16_t>(to, bits); break;
    case 2: write_number<std::uint32_t>(to, bits); break;
    default: write_number<std::uint64_t>(to, bits); break;
  }
}

/// `memory.atomic.wait32` and `wait64`, equal or not: 1 when the value is another, 2 when the time has passed, which it
/// has at once because nothing can happen meanwhile. Without a timeout the wait would have no end.
inline std::uint32_t wait(bool equal, std::int64_t timeout, word& out) noexcept {
  if (equal && timeout < 0) return trapped(errc::trap_endless_wait);
  out = equal ? 2 : 1;
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t atomic(machine& vm, const word* pc, word* fp) noexcept {
  const atomic_access access = atomic_access::of(pc[3]);
  const memory_instance& m = *vm.current->memories[access.memory];
  const std::uint64_t width = std::uint64_t{1} << access.log2;
  std::uint64_t address;
  const bool wraps = __builtin_add_overflow(fp[a_of(pc)], pc[2], &address);
  if ((address & (width - 1)) != 0) return trapped(errc::trap_unaligned_atomic);
  if (access.kind == atomic_kind::wait && !m.type.limits.is_shared) return trapped(errc::trap_expected_shared_memory);
  if (wraps || !m.in_bounds(address, width)) return trapped(errc::trap_memory_out_of_bounds);
  std::uint8_t* const at = m.base + address;
  const std::uint64_t old = read_number(at, access.log2);
  const word operand = fp[b_of(pc)];
  word& out = fp[d_of(pc)];
  std::uint64_t next = operand;
  switch (access.kind) {
    case atomic_kind::load: out = old; return step::next;
    case atomic_kind::store: write_number(at, access.log2, operand); return step::next;
    case atomic_kind::notify: out = 0; return step::next;
    case atomic_kind::wait: return wait(old == operand, static_cast<std::int64_t>(fp[c_of(pc)]), out);
    case atomic_kind::add: next = old + operand; break;
    case atomic_kind::sub: next = old - operand; break;
    case atomic_kind::and_: next = old & operand; break;
    case atomic_kind::or_: next = old | operand; break;
    case atomic_kind::xor_: next = old ^ operand; break;
    case atomic_kind::xchg: break;
    case atomic_kind::cmpxchg: next = old == operand ? fp[c_of(pc)] : old; break;
  }
  write_number(at, access.log2, next);
  out = old;
  return step::next;
}

}  // namespace wasm64::exec::slow
