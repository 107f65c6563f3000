#pragma once

#include "wasm64/lower/lower.hpp"
#include "wasm64/runtime/machine.hpp"

namespace wasm64::exec::slow {

[[gnu::noinline]] inline std::uint32_t lower_on_call(machine& vm, func_code& f) {
  // The call read the entry before a nested call lowered the function.
  if (f.words.empty()) {
    const result<void> lowered = lower_function(vm.handlers, *f.owner, f);
    if (!lowered.has_value()) return static_cast<std::uint32_t>(errc::trap_unsupported);
  }
  for (auto code = vm.code_to_come.begin(); code != vm.code_to_come.end();) {
    code = (*code)->arrive() ? vm.code_to_come.erase(code) : code + 1;
  }
  if (vm.code_to_come.empty()) f.open();
  return step::next;
}

}  // namespace wasm64::exec::slow
