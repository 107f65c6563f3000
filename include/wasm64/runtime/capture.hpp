#pragma once

#include "wasm64/lower/lower.hpp"
#include "wasm64/runtime/frames.hpp"

namespace wasm64 {

/// Adds the frames of the innermost run, as it is after a trap, to those that compiled code has left.
inline void leave_frames(machine& vm) {
  native_frames& native = vm.native;
  if (vm.fp == nullptr) return;
  frame_walk walk(vm, vm.pc, vm.fp);
  if (std::exchange(native.left_innermost, false) && !walk.up()) return;
  do {
    ++native.left_depth;
    if (native.left.size() == trap::max_frames) continue;
    const func_code& f = function_of(walk.fp);
    const bool entered = !f.words.empty() && walk.pc >= f.words.data() && walk.pc <= f.words.data() + f.words.size();
    native.left.push_back({&f, entered ? walk.position() : 0});
  } while (walk.up());
}

/// The stack of the innermost run, as it is after a trap, and what compiled code has left above it. Offsets and names
/// are left to `resolve`, because most traces are never read.
inline trap capture_trap(machine& vm, errc code, vector<stopped_frame>& frames) {
  trap t;
  t.code = code;
  t.detail = vm.host_detail;
  leave_frames(vm);
  frames.clear();
  std::swap(frames, vm.native.left);
  t.depth = std::exchange(vm.native.left_depth, 0);
  return t;
}

/// Adds offsets and names. Lowering again is deterministic, so positions recorded now describe the code that ran.
inline void resolve(trap& t, const word* handlers, vector<stopped_frame>& frames) {
  t.frames.resize(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const func_code* f = frames[i].code;
    if (f == nullptr) continue;  // done with an inner activation of the same function
    func_code scratch;
    scratch.index = f->index;
    scratch.charge = f->charge;
    code_map map;
    map.with_points = false;
    const bool mapped = lower_function(handlers, *f->owner, scratch, &map).has_value();
    const module& m = *f->owner->source;
    for (std::size_t j = i; j < frames.size(); ++j) {
      if (frames[j].code != f) continue;
      t.frames[j].function = f->index;
      t.frames[j].name = m.func_name(f->index);
      if (frames[j].is_offset) t.frames[j].offset = frames[j].position;
      else if (mapped) t.frames[j].offset = map.offset_of(frames[j].position);
      else t.frames[j].offset = m.funcs[f->index - m.imported_funcs].body.offset;
      frames[j].code = nullptr;
    }
  }
  frames.clear();
}

}  // namespace wasm64
