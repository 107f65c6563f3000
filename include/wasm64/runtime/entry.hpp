#pragma once

#include "wasm64/runtime/machine.hpp"

namespace wasm64 {

/// One entry of the host into the machine: what has to be put back when it ends.
struct entry_record {
  const func_instance* func = nullptr;
  word* base = nullptr;  ///< arguments, later results
  instance* previous = nullptr;
  word* previous_fp = nullptr;
  const word* previous_pc = nullptr;
  std::uint64_t budget = 0;
  std::size_t crossings = 0;
};

/// Puts the machine back to where it was before an entry.
inline void leave(machine& vm, const entry_record& e) noexcept {
  vm.budget = e.budget;
  if (vm.crossings.size() != e.crossings) vm.crossings.resize(e.crossings);
  vm.enter(e.previous);
  vm.fp = e.previous_fp;
  vm.pc = e.previous_pc;
  vm.top = e.base;
  --vm.nesting;
}

/// Starts a call of a WebAssembly function; its arguments are at `vm.top`, and its results will be. Answers
/// `step::halted`, or how it ended otherwise; the machine is then as it stopped, until `leave`.
inline std::uint32_t start(machine& vm, const func_instance& f, entry_record& e) {
  e = {&f, vm.top, vm.current, vm.fp, vm.pc, vm.budget, vm.crossings.size()};
  ++vm.nesting;
  vm.thrown = 0;
  word* const fp = e.base + f.area + frame::header;
  vm.enter(f.owner);
  vm.budget -= f.code->charge;
  if (call_budget::exceeded(vm.budget) || vm.nesting > vm.limits.host_nesting) {
    vm.fp = nullptr;
    return static_cast<std::uint32_t>(vm.nesting > vm.limits.host_nesting ? errc::trap_host_nesting
                                                                          : errc::trap_call_stack_exhausted);
  }
  fp[frame::return_pc] = reinterpret_cast<word>(vm.halt);
  fp[frame::caller] = reinterpret_cast<word>(e.previous_fp);
  fp[frame::function] = reinterpret_cast<word>(f.code);
  return vm.run(vm, f.code->entry, fp);
}

}  // namespace wasm64
