#pragma once

#include <algorithm>
#include <memory>

#include "wasm64/exec/registers.hpp"
#include "wasm64/runtime/frames.hpp"

namespace wasm64::exec {

/// Frees the exceptions that no reference reaches. Roots are the reference ranges and reference arguments of all
/// frames, globals, tables, and the exception in flight. References of all kinds share those places, so a word counts
/// when it is the address of an exception of this store.
///
/// Mark and sweep is enough here: exceptions are few, collection happens only in `throw`, and nothing moves.
inline void collect_exceptions(machine& vm, word* fp, exception_object* in_flight) {
  vector<exception_object*>& objects = vm.heap.objects;
  std::sort(objects.begin(), objects.end());
  vector<exception_object*> reached;
  const auto mark = [&](word reference) {
    auto* candidate = reinterpret_cast<exception_object*>(reference);
    const auto found = std::lower_bound(objects.begin(), objects.end(), candidate);
    if (found == objects.end() || *found != candidate || candidate->marked) return;
    candidate->marked = true;
    reached.push_back(candidate);
  };
  mark(reinterpret_cast<word>(in_flight));
  mark(reinterpret_cast<word>(vm.thrown));
  for (const global_instance* g : vm.all_globals) {
    if (g->type.type.is_ref()) mark(g->bits);
  }
  for (const table_instance* t : vm.all_tables) {
    if (t->type.element.is_ref() && t->type.element.heap == heap::exn) {
      for (const word reference : t->elements) mark(reference);
    }
  }
  // Entry frames point to the frame below the host function that entered again, so one chain reaches everything.
  for (; fp != nullptr; fp = caller_of(fp)) {
    const func_code& f = function_of(fp);
    for (std::int32_t i = 0; i < f.ref_slots; ++i) mark(fp[f.first_ref + i]);
    if (f.has_ref_params) {
      for (std::int32_t i = 1; i <= f.area; ++i) mark(fp[-frame::header - i]);
    }
  }
  while (!reached.empty()) {
    const exception_object* e = reached.back();
    reached.pop_back();
    for (const word payload : e->payload) mark(payload);
  }
  std::uint64_t live = 0;
  std::size_t kept = 0;
  for (exception_object* e : objects) {
    if (e->marked) {
      e->marked = false;
      live += exception_heap::size_of(*e);
      objects[kept++] = e;
    } else {
      delete e;
    }
  }
  objects.resize(kept);
  vm.heap.bytes = live;
  // Where live exceptions leave at least a quarter of the heap, the next collection is an eighth of it away.
  const std::uint64_t most = vm.limits.heap_bytes - vm.limits.heap_bytes / 8;
  vm.heap.collect_at = std::min(std::max<std::uint64_t>(live * 2, std::uint64_t{1} << 20), most);
}

/// Continues at the handler of an exception thrown in the frame `fp` at `pc`, and answers `step::next`; or leaves
/// everything as it is and answers that nobody catches it (specification 4.6.13).
inline std::uint32_t unwind(machine& vm, exception_object* e, const word* pc, word* fp) {
  std::uint64_t budget = vm.budget;
  for (frame_walk walk(vm, pc, fp);;) {
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
        if (tagged && walk.in->tags[c.tag] != e->tag) continue;
        if (tagged) {
          std::int32_t number = c.payload, reference = c.ref_payload;
          std::size_t from = 0;
          for (const val_type type : e->tag->type->params) {
            std::int32_t& to = type.is_ref() ? reference : number;
            for (std::uint32_t s = 0; s < type.slots(); ++s) walk.fp[to++] = e->payload[from++];
          }
        }
        if (c.exception >= 0) walk.fp[c.exception] = reinterpret_cast<word>(e);
        vm.budget = budget;
        vm.crossings.resize(walk.crossings());
        vm.enter(walk.in);
        vm.pc = f.words.data() + c.handler;
        vm.fp = walk.fp;
        return step::next;
      }
    }
    budget += f.charge;
    if (!walk.up()) break;
  }
  vm.thrown = e;
  return static_cast<std::uint32_t>(errc::trap_uncaught_exception);
}

namespace slow {

[[gnu::noinline]] inline std::uint32_t throw_exception(machine& vm, const word* pc, word* fp) {
  const tag_instance* tag = vm.current->tags[imm_of(pc)];
  const auto size = static_cast<std::size_t>(slot_count(tag->type->params));
  auto e = std::make_unique<exception_object>();
  e->tag = tag;
  e->payload.assign(fp + a_of(pc), fp + a_of(pc) + size);
  vm.heap.bytes += exception_heap::size_of(*e);
  vm.heap.objects.push_back(e.get());
  exception_object* thrown = e.release();
  if (vm.heap.bytes > vm.heap.collect_at || vm.heap.bytes > vm.limits.heap_bytes) {
    collect_exceptions(vm, fp, thrown);
    if (vm.heap.bytes > vm.limits.heap_bytes - vm.limits.heap_bytes / 4) {
      return static_cast<std::uint32_t>(errc::trap_heap_exhausted);
    }
  }
  return unwind(vm, thrown, pc, fp);
}

[[gnu::noinline]] inline std::uint32_t rethrow_exception(machine& vm, const word* pc, word* fp) {
  auto* e = reinterpret_cast<exception_object*>(fp[a_of(pc)]);
  if (e == nullptr) return static_cast<std::uint32_t>(errc::trap_null_reference);
  return unwind(vm, e, pc, fp);
}

}  // namespace slow
}  // namespace wasm64::exec
