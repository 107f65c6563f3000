#pragma once

#include "wasm64/exec/handlers_pair.hpp"
#include "wasm64/exec/profile.hpp"

/// Loop dispatch: the same handler bodies, called one after the other with the state in memory. About three times
/// slower than tail dispatch; for compilers that cannot promise tail calls, and for sanitizers, which can look inside.
namespace wasm64::exec {

using loop_handler = std::uint32_t (*)(registers&) noexcept;

template <bool Metered, ir O, kind_pair K>
std::uint32_t loop(registers& r) noexcept {
  using handler = body<Metered, O, K>;
  WASM64_COUNT(O, K);
  const std::uint32_t status = handler::run(r);
  if constexpr (has_rare_half<handler>) {
    if (status == step::rare) return handler::run_rare(r);
  }
  return status;
}

inline std::uint32_t run_loop(machine& vm, const word* pc, word* fp) {
  registers r{pc, fp, nullptr, 0, 0, &vm, 0, 0, 0, simd::v128{}};
  reload_memory(r);
  std::uint32_t status;
  do status = reinterpret_cast<loop_handler>(*r.pc)(r);
  while (status == step::next);
  vm.pc = r.pc;
  vm.fp = r.fp;
  return status;
}

}  // namespace wasm64::exec
