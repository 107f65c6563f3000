#pragma once

#include "wasm64/exec/registers.hpp"
#include "wasm64/runtime/collect.hpp"

namespace wasm64::exec {

/// Continues at the handler of an exception thrown in the frame `fp` at `pc`, and answers `step::next`; or leaves
/// everything as it is and answers that nobody catches it (specification 4.6.13).
inline std::uint32_t unwind(machine& vm, word exception, frame_walk walk) {
  const auto* const object = reinterpret_cast<const word*>(exception);
  const std::uint32_t number = object::number_of(*object);
  std::uint64_t budget = vm.budget;
  for (;;) {
    const func_code& f = function_of(walk.fp);
    const std::uint32_t at = walk.position();
    std::int32_t region =
        -1;  // ranges are in the order of their beginnings, so the last that contains `at` is innermost
    for (std::size_t i = 0; i < f.regions.size() && f.regions[i].begin <= at; ++i) {
      if (at < f.regions[i].end) region = static_cast<std::int32_t>(i);
    }
    for (; region >= 0; region = f.regions[static_cast<std::size_t>(region)].parent) {
      const try_region& r = f.regions[static_cast<std::size_t>(region)];
      for (std::uint32_t i = 0; i < r.catch_count; ++i) {
        const catch_entry& c = f.catches[r.first_catch + i];
        const bool tagged = c.kind == catch_kind::tag || c.kind == catch_kind::tag_ref;
        if (tagged && walk.in->tags[c.tag]->number != number) continue;
        if (tagged) {
          std::int32_t number_slot = c.payload, reference_slot = c.ref_payload;
          const word* from = object + 1;
          for (const val_type type : vm.heap.tags[number].types) {
            std::int32_t& to = type.is_ref() ? reference_slot : number_slot;
            for (std::uint32_t s = 0; s < type.slots(); ++s) walk.fp[to++] = *from++;
          }
        }
        if (c.exception >= 0) walk.fp[c.exception] = exception;
        vm.budget = budget;
        vm.crossings.resize(walk.crossings());
        vm.native.forget_left();
        vm.enter(walk.in);
        vm.pc = f.words.data() + c.handler;
        vm.fp = walk.fp;
        return step::next;
      }
    }
    budget += f.charge;
    if (!walk.up()) break;
  }
  vm.thrown = exception;
  return static_cast<std::uint32_t>(errc::trap_uncaught_exception);
}
inline std::uint32_t unwind(machine& vm, word exception, const word* pc, word* fp) {
  return unwind(vm, exception, frame_walk(vm, pc, fp));
}

/// Makes an exception of a tag of the current instance. The values are where a collection that the innermost frame `fp`
/// may cause does not look for references. `made` is set unless it traps.
inline errc new_exception(machine& vm, word* fp, std::uint32_t tag, word* values, word& made) {
  const object::layout& l = vm.heap.tags[vm.current->tags[tag]->number];
  if (!vm.heap.has_room(l.size)) {
    const std::size_t below = vm.pending.size();
    for (const std::uint32_t at : l.references) vm.pending.push_back(values[at - 1]);
    const errc trap = make_room(vm, fp, l.size);
    for (std::size_t i = 0; i < l.references.size(); ++i) values[l.references[i] - 1] = vm.pending[below + i];
    vm.pending.resize(below);
    if (trap != errc{}) return trap;
  }
  word* const object = vm.heap.allocate(l.size);
  object[0] = l.tag;
  for (std::uint32_t i = 1; i < l.size / sizeof(word); ++i) object[i] = values[i - 1];
  made = reinterpret_cast<word>(object);
  return errc{};
}

namespace slow {

[[gnu::noinline]] inline std::uint32_t throw_exception(machine& vm, const word* pc, word* fp) {
  word made = 0;
  const errc trap = new_exception(vm, fp, imm_of(pc), fp + a_of(pc), made);
  return trap != errc{} ? static_cast<std::uint32_t>(trap) : unwind(vm, made, pc, fp);
}

[[gnu::noinline]] inline std::uint32_t rethrow_exception(machine& vm, const word* pc, word* fp) {
  const word exception = fp[a_of(pc)];
  if (exception == 0) return static_cast<std::uint32_t>(errc::trap_null_reference);
  return unwind(vm, exception, pc, fp);
}

}  // namespace slow
}  // namespace wasm64::exec
