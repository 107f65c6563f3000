#pragma once

#include "wasm64/runtime/frames.hpp"
#include "wasm64/runtime/machine.hpp"

namespace wasm64 {

/// Whether a place of this type can refer to an object; its type indices are canonical ids of the machine.
inline bool may_hold_objects(const machine& vm, val_type type) noexcept {
  if (!type.is_ref()) return false;
  if (type.heap.is_index()) return vm.types.kind(type.heap.index()) != comp_kind::func;
  return type.heap != heap::func && type.heap != heap::nofunc;
}

/// Every slot of a store through which code or the host can reach an object. `fp` is the innermost frame.
struct root_slots {
  machine& vm;
  word* fp;

  template <class Visit>
  void operator()(Visit& visit) const {
    // Entry frames point to the frame below the host function that entered again, so one chain reaches everything. A
    // host function's own arguments are not among it: it reads references before it lets anything run.
    for (word* frame = fp; frame != nullptr; frame = caller_of(frame)) {
      const func_code& f = function_of(frame);
      for (std::int32_t i = 0; i < f.ref_slots; ++i) visit(frame[f.first_ref + i]);
      for (const std::int32_t slot : f.ref_params) visit(frame[slot]);
    }
    for (global_instance* g : vm.all_globals) {
      if (may_hold_objects(vm, g->type.type)) visit(g->bits);
    }
    for (table_instance* t : vm.all_tables) {
      if (!may_hold_objects(vm, t->type.element)) continue;
      for (word& reference : t->elements) visit(reference);
    }
    for (instance* in : vm.all_instances) {
      for (vector<word>& segment : in->elems) {
        for (word& reference : segment) visit(reference);
      }
    }
    for (word& reference : vm.pending) visit(reference);
    visit(vm.thrown);
    vm.roots.visit(visit);
  }
};

/// Makes room for an object of `size` bytes, with `fp` the innermost frame: 0, or a trap.
inline errc make_room(machine& vm, word* fp, std::uint64_t size) {
  if (WASM64_LIKELY(vm.heap.has_room(size))) return errc{};
  return vm.heap.make_room(size, root_slots{vm, fp});
}

}  // namespace wasm64
