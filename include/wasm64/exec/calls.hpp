#pragma once

#include "wasm64/exec/exceptions.hpp"
#include "wasm64/runtime/caller.hpp"

namespace wasm64::exec::slow {

/// Lowers a function at its first call and lets its entry point to the code.
std::uint32_t lower_on_call(machine& vm, func_code& f);

/// Runs a host function from the cell `vm.pc` in the frame `vm.fp`, with its arguments at `slots` and `top` above them;
/// false when it has failed. Either way both are as they were: whatever runs inside puts them back.
WASM64_ALWAYS_INLINE bool call_host(machine& vm, const func_instance& f, word* top, word* slots) {
  vm.top = top;
  vm.thrown = 0;  // only what leaves a run inside this call is passed on
  return f.host(f.environment, *vm.from, slots);
}

/// The trap that a host function's failure is.
inline std::uint32_t refused_by_host(machine& vm, const func_instance& f, const error& e) {
  vm.host_detail = e.detail.empty() ? f.name : e.detail;
  if (e.code == errc::pending) return static_cast<std::uint32_t>(errc::trap_cannot_suspend);
  return static_cast<std::uint32_t>(is_trap(e.code) ? e.code : errc::trap_host);
}

/// After a host function has failed, which the cell `pc` called and which comes back to `next`; null for a tail call.
/// An exception that passed through it is searched a handler for from `raised` on.
[[gnu::noinline, gnu::cold]] inline std::uint32_t host_failed(machine& vm, const func_instance& f, const word* pc,
                                                              word* fp, const word* raised, const word* next) {
  const error e = std::exchange(vm.host_failure, error());
  if (e.code == errc::trap_uncaught_exception && vm.thrown != 0) return unwind(vm, vm.thrown, raised, fp);
  if (e.code == errc::pending && vm.nesting == 1) {
    const func_code& from = function_of(fp);
    word* const arguments = fp + d_of(pc) - frame::header - f.area;
    if (next != nullptr) vm.awaited = {&f, arguments, arguments, next, fp, 0};
    else vm.awaited = {&f, arguments, fp - frame::header - from.area, return_pc_of(fp), caller_of(fp), from.charge};
    return step::suspended;
  }
  return refused_by_host(vm, f, e);
}

/// Enters a function of WebAssembly from the cell `pc`; `next` is behind it. Leaves where to go on in `vm.pc` and
/// `vm.fp`.
[[gnu::noinline]] inline std::uint32_t call_wasm(machine& vm, const func_instance& f, const word* pc, word* fp,
                                                 const word* next) {
  vm.budget -= f.code->charge;
  if (call_budget::exceeded(vm.budget)) {
    vm.budget += f.code->charge;
    return static_cast<std::uint32_t>(errc::trap_call_stack_exhausted);
  }
  word* const callee = fp + d_of(pc);
  callee[frame::return_pc] = reinterpret_cast<word>(next);
  if (f.owner != vm.current) {
    vm.crossings.push_back({vm.current, next});
    callee[frame::return_pc] = reinterpret_cast<word>(vm.restore);
    vm.enter(f.owner);
  }
  callee[frame::caller] = reinterpret_cast<word>(fp);
  callee[frame::function] = reinterpret_cast<word>(f.code);
  vm.pc = f.code->entry;
  vm.fp = callee;
  return step::next;
}

/// What the `call_import` at `vm.pc` calls.
WASM64_HOT const func_instance& imported(const machine& vm, const word* pc) noexcept {
  return *vm.current->funcs.data()[imm_of(pc)];
}
/// After it was a host function that has failed.
[[gnu::noinline, gnu::cold]] inline std::uint32_t import_failed(machine& vm) {
  const word* const pc = vm.pc;
  return host_failed(vm, imported(vm, pc), pc, vm.fp, pc, pc + cell_size::plain);
}
/// Where it is a function of another instance.
[[gnu::noinline]] inline std::uint32_t enter_import(machine& vm) {
  return call_wasm(vm, imported(vm, vm.pc), vm.pc, vm.fp, vm.pc + cell_size::plain);
}

/// Calls a function that may be of WebAssembly or of the host.
[[gnu::noinline]] inline std::uint32_t call_outside(machine& vm, const func_instance& f, const word* pc, word* fp,
                                                    const word* next) {
  if (f.code != nullptr) return call_wasm(vm, f, pc, fp, next);
  word* const callee = fp + d_of(pc);
  vm.pc = pc;
  vm.fp = fp;
  if (WASM64_UNLIKELY(!call_host(vm, f, callee, callee - frame::header - f.area))) {
    return host_failed(vm, f, pc, fp, pc, next);
  }
  vm.pc = next;
  return step::next;
}

/// A tail call: the new activation takes the place of the current one, charge included. `arguments` are `count` staged
/// slots, `area` is the current function's.
[[gnu::noinline]] inline std::uint32_t tail_call(machine& vm, const func_code& f, instance* owner, word* fp,
                                                 const word* arguments, std::int32_t count, std::int32_t area) {
  const std::uint64_t own = function_of(fp).charge;
  vm.budget += own - f.charge;
  if (call_budget::exceeded(vm.budget)) {
    vm.budget -= own - f.charge;
    return static_cast<std::uint32_t>(errc::trap_call_stack_exhausted);
  }
  const word back = fp[frame::return_pc], up = fp[frame::caller];
  word* const base = fp - frame::header - area;
  for (std::int32_t i = 0; i < count; ++i) base[i] = arguments[i];
  word* const callee = base + f.area + frame::header;
  callee[frame::return_pc] = back;
  if (owner != vm.current) {
    // Once a frame returns to `restore`, further tail calls keep that one crossing.
    if (reinterpret_cast<const word*>(back) != vm.restore) {
      vm.crossings.push_back({vm.current, reinterpret_cast<const word*>(back)});
      callee[frame::return_pc] = reinterpret_cast<word>(vm.restore);
    }
    vm.enter(owner);
  }
  callee[frame::caller] = up;
  callee[frame::function] = reinterpret_cast<word>(&f);
  vm.pc = f.entry;
  vm.fp = callee;
  return step::next;
}

/// A tail call of a function reference or import.
[[gnu::noinline]] inline std::uint32_t tail_call_outside(machine& vm, const func_instance& f, const word* pc, word* fp,
                                                         std::int32_t area, std::int32_t count) {
  word* const staged = fp + d_of(pc);
  word* const arguments = staged - frame::header - f.area;
  if (f.code != nullptr) return tail_call(vm, *f.code, f.owner, fp, arguments, count, area);
  // Handlers of the function that ends here are out of reach: the end of its code is in none of their ranges.
  const vector<word>& own = function_of(fp).words;
  vm.pc = pc;
  vm.fp = fp;
  if (!call_host(vm, f, staged, arguments)) return host_failed(vm, f, pc, fp, own.data() + own.size(), nullptr);
  word* const base = fp - frame::header - area;
  const std::int32_t results = slot_count(f.type->results);
  for (std::int32_t i = 0; i < results; ++i) base[i] = arguments[i];
  vm.budget += function_of(fp).charge;
  vm.pc = return_pc_of(fp);
  vm.fp = caller_of(fp);
  return step::next;
}

}  // namespace wasm64::exec::slow
