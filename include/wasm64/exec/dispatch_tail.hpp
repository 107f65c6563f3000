#pragma once

#include "wasm64/exec/handlers_pair.hpp"
#include "wasm64/exec/profile.hpp"

/// Tail dispatch: every handler ends with a jump to the next one, and the whole state travels in machine registers.
/// Nothing returns until a run ends, and the native stack does not grow: the compilers guarantee it (musttail) or, for
/// GCC before 15, do it at -O2, which WASM64_HOT_BEGIN asks for; tests/integration runs every family on a small stack.
WASM64_HOT_BEGIN
namespace wasm64::exec {

#define WASM64_STATE                                                                                              \
  const word *pc, word *fp, std::uint8_t *mem, std::uint64_t size, std::uint64_t acc, machine *vm, float acc_f32, \
      double acc_f64, double sum_f64, simd::v128 acc_v128

// Not noexcept: Clang counts the guard of a noexcept function as a clean-up, which a musttail call may not skip.
using tail_handler = std::uint32_t (*)(WASM64_STATE);

/// Ends a run: leaves the place in the machine and answers the status, which comes in `acc`.
WASM64_NO_SANITIZE WASM64_SAME_ARGUMENTS __attribute__((noinline, cold)) inline std::uint32_t leave_run(
    WASM64_STATE) noexcept {
  static_cast<void>(mem), static_cast<void>(size), static_cast<void>(acc_f32), static_cast<void>(acc_f64);
  static_cast<void>(sum_f64), static_cast<void>(acc_v128);
  vm->pc = pc;
  vm->fp = fp;
  return static_cast<std::uint32_t>(acc);
}

#define WASM64_STATE_OF(r) r.pc, r.fp, r.mem, r.size, r.acc, r.vm, r.acc_f32, r.acc_f64, r.sum_f64, r.acc_v128

/// The handler of an operation's rare half (exec/registers.hpp).
template <class Body>
WASM64_NO_SANITIZE WASM64_SAME_ARGUMENTS __attribute__((noinline)) std::uint32_t tail_rare(WASM64_STATE) {
  registers r{pc, fp, mem, size, acc, vm, acc_f32, acc_f64, sum_f64, acc_v128};
  const std::uint32_t status = Body::run_rare(r);
  if (WASM64_UNLIKELY(status != step::next)) {
    WASM64_MUSTTAIL return leave_run(r.pc, r.fp, r.mem, r.size, status, r.vm, r.acc_f32, r.acc_f64, r.sum_f64,
                                     r.acc_v128);
  }
  WASM64_MUSTTAIL return reinterpret_cast<tail_handler>(*r.pc)(WASM64_STATE_OF(r));
}

/// On cache lines of their own: predictors of indirect jumps confuse those that share one.
template <bool Metered, ir O, kind_pair K>
WASM64_NO_SANITIZE WASM64_HANDLER std::uint32_t tail(WASM64_STATE) {
  using handler = body<Metered, O, K>;
  WASM64_COUNT(O, K);
  registers r{pc, fp, mem, size, acc, vm, acc_f32, acc_f64, sum_f64, acc_v128};
  const std::uint32_t status = handler::run(r);
  if constexpr (handler::exits) {
    if (WASM64_UNLIKELY(status != step::next)) {
      if constexpr (has_rare_half<handler>) {
        if (status == step::rare) WASM64_MUSTTAIL
          return tail_rare<handler>(WASM64_STATE_OF(r));
      }
      WASM64_MUSTTAIL return leave_run(r.pc, r.fp, r.mem, r.size, status, r.vm, r.acc_f32, r.acc_f64, r.sum_f64,
                                       r.acc_v128);
    }
  }
  const word next = names_next<handler> ? r.next : *r.pc;
  WASM64_MUSTTAIL return reinterpret_cast<tail_handler>(next)(WASM64_STATE_OF(r));
}

inline std::uint32_t run_tail(machine& vm, const word* pc, word* fp) {
  std::uint8_t* mem = nullptr;
  std::uint64_t size = 0;
  if (!vm.current->memories.empty()) {
    mem = vm.current->memories[0]->base;
    size = vm.current->memories[0]->size;
  }
  return reinterpret_cast<tail_handler>(*pc)(pc, fp, mem, size, 0, &vm, 0, 0, 0, simd::v128{});
}

#undef WASM64_STATE_OF
#undef WASM64_STATE

}  // namespace wasm64::exec
WASM64_HOT_END
