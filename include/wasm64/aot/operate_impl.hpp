#pragma once

#include "wasm64/aot/abi.hpp"
#include "wasm64/aot/operate_objects_impl.hpp"
#include "wasm64/aot/operations.hpp"
#include "wasm64/exec/exceptions.hpp"
#include "wasm64/exec/slow.hpp"

namespace wasm64::aot {

/// On its way; compiled code and the interpreter look for who catches it.
inline call_status thrown(machine& vm, word exception) noexcept {
  vm.thrown = exception;
  return static_cast<call_status>(errc::trap_uncaught_exception);
}

inline call_status operate(context* ctx, word* slots, operation o, std::uint64_t immediates) {
  namespace slow = exec::slow;
  machine& vm = *ctx->vm;
  const auto first = static_cast<std::uint32_t>(immediates);
  const operand_cell three(0, 1, 2, immediates);  // operands in order
  switch (o) {
    case operation::memory_grow: return slow::memory_grow(vm, operand_cell(0, 0, first).words, slots);
    case operation::memory_fill: return slow::memory_fill(vm, three.words, slots);
    case operation::memory_copy: return slow::memory_copy(vm, three.words, slots);
    case operation::memory_init: return slow::memory_init(vm, three.words, slots);
    case operation::data_drop: return slow::data_drop(vm, operand_cell(0, 0, first).words, slots);
    case operation::table_get: return slow::table_get(vm, operand_cell(0, 0, first).words, slots);
    case operation::table_set: return slow::table_set(vm, operand_cell(1, 0, first).words, slots);
    case operation::table_grow: return slow::table_grow(vm, operand_cell(0, 1, first).words, slots);
    case operation::table_fill: return slow::table_fill(vm, three.words, slots);
    case operation::table_copy: return slow::table_copy(vm, three.words, slots);
    case operation::table_init: return slow::table_init(vm, three.words, slots);
    case operation::elem_drop: return slow::elem_drop(vm, operand_cell(0, 0, first).words, slots);
    case operation::ref_func: return slow::ref_func(vm, operand_cell(0, 0, first).words, slots);
    case operation::throw_: {
      word made = 0;
      const errc trap = exec::new_exception(vm, vm.native.frame, first, slots, made);
      return trap != errc{} ? static_cast<call_status>(trap) : thrown(vm, made);
    }
    case operation::throw_ref:
      return slots[0] == 0 ? static_cast<call_status>(errc::trap_null_reference) : thrown(vm, slots[0]);
    default: return operate_on_objects(ctx, slots, o, immediates);
  }
}

}  // namespace wasm64::aot
