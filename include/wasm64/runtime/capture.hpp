#pragma once

#include "wasm64/lower/lower.hpp"
#include "wasm64/runtime/frames.hpp"

namespace wasm64 {

/// The stack of the innermost run, as it is after a trap, with WebAssembly offsets and names.
inline trap capture_trap(const machine& vm, errc code) {
  trap t;
  t.code = code;
  t.detail = vm.host_detail;
  if (vm.fp == nullptr) return t;
  for (frame_walk walk(vm, vm.pc, vm.fp);;) {
    ++t.depth;
    const func_code& f = function_of(walk.fp);
    if (t.frames.size() < trap::max_frames) {
      trace_frame at;
      at.function = f.index;
      at.name = f.owner->source->func_name(f.index);
      at.offset = f.owner->source->funcs[f.index - f.owner->source->imported_funcs].body.offset;
      func_code scratch;
      scratch.index = f.index;
      scratch.charge = f.charge;
      code_map map;
      // Lowering again is deterministic, so positions recorded now describe the code that ran.
      const bool inside = !f.words.empty() && walk.pc >= f.words.data() && walk.pc <= f.words.data() + f.words.size();
      if (inside && lower_function(vm.handlers, *f.owner, scratch, &map).has_value()) {
        at.offset = map.offset_of(walk.position());
      }
      t.frames.push_back(std::move(at));
    }
    if (!walk.up()) return t;
  }
}

}  // namespace wasm64
