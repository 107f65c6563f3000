#pragma once

#include "wasm64/exec/calls.hpp"
#include "wasm64/exec/handlers_vector.hpp"

WASM64_HOT_BEGIN
namespace wasm64::exec {

WASM64_HOT constexpr std::uint32_t stop(errc code) noexcept { return static_cast<std::uint32_t>(code); }

#define WASM64_BODY(name, can_exit)                             \
  template <bool M, kind_pair K>                                \
  struct body<M, ir::name, K> {                                 \
    static constexpr bool exits = can_exit;                     \
    WASM64_HOT static std::uint32_t run(registers& r) noexcept; \
  };                                                            \
  template <bool M, kind_pair K>                                \
  WASM64_HOT std::uint32_t body<M, ir::name, K>::run([[maybe_unused]] registers& r) noexcept

WASM64_BODY(mov, false) {
  r.fp[d_of(r.pc)] = r.fp[a_of(r.pc)];
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(mov2, false) {
  r.fp[d_of(r.pc)] = r.fp[a_of(r.pc)];
  r.fp[c_of(r.pc)] = r.fp[b_of(r.pc)];
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(mov_i32, false) {
  r.fp[d_of(r.pc)] = imm_of(r.pc);
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(mov_i64, false) {
  r.fp[d_of(r.pc)] = r.pc[2];
  r.pc += cell_size::wide;
  return step::next;
}
WASM64_BODY(select_, false) {
  const word a = r.fp[a_of(r.pc)], b = r.fp[b_of(r.pc)];
  write(r, d_of(r.pc), holds<K>(r) ? a : b);
  r.pc += cell_size::plain;
  return step::next;
}

WASM64_BODY(select_or_constant, false) {
  const word a = r.fp[a_of(r.pc)], b = static_cast<word>(b_of(r.pc));
  write(r, d_of(r.pc), holds<K>(r) ? a : b);
  r.pc += cell_size::plain;
  return step::next;
}
WASM64_BODY(select_constant_or, false) {
  const word a = r.fp[a_of(r.pc)], b = static_cast<word>(b_of(r.pc));
  write(r, d_of(r.pc), holds<K>(r) ? b : a);
  r.pc += cell_size::plain;
  return step::next;
}

WASM64_BODY(charge, M) {
  const std::uint32_t cost = field<std::uint32_t>(r.pc, 16);
  r.pc += cell_size::wide;
  return pay<M>(r, cost);
}
WASM64_HOT void zero_slots(word* fp, std::uint32_t count) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    fp[i] = 0;
    __asm__ volatile("" ::: "memory");  // keeps the loop from becoming a call of memset
  }
}
WASM64_BODY(enter, M) {
  word* const fp = r.fp;
  zero_slots(fp, imm_of(r.pc));
  const std::uint32_t cost = field<std::uint32_t>(r.pc, 16);
  r.pc += cell_size::wide;
  return pay<M>(r, cost);
}
WASM64_BODY(br, M) {
  const std::uint32_t cost = field<std::uint32_t>(r.pc, 24);
  r.pc = target_of(r.pc);
  return pay<M>(r, cost);
}
template <bool Metered, class T>
WASM64_HOT std::uint32_t add_and_branch(registers& r) noexcept {
  write(r, d_of(r.pc), static_cast<T>(read<T>(r.fp, a_of(r.pc)) + immediate<T>(r.pc)));
  const std::uint32_t cost = field<std::uint32_t>(r.pc, 24);
  r.pc = target_of(r.pc);
  return pay<Metered>(r, cost);
}
WASM64_BODY(i32_add_br, M) { return add_and_branch<M, std::uint32_t>(r); }
WASM64_BODY(i64_add_br, M) { return add_and_branch<M, std::uint64_t>(r); }
/// The entry has the handler as well: what comes next is hard to foresee, so it should be known soon.
template <bool M, kind_pair K>
struct body<M, ir::br_table, K> {
  static constexpr bool exits = M;
  static constexpr bool knows_next = true;
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const auto index = left<std::uint32_t, K>(r);
    const std::uint32_t last = imm_of(r.pc);
    const word* const entry = r.pc + cell_size::plain + std::size_t{3} * (index < last ? index : last);
    r.pc = reinterpret_cast<const word*>(entry[0]);
    r.next = entry[2];
    return pay<M>(r, static_cast<std::uint32_t>(entry[1]));
  }
};

WASM64_HOT void leave_frame(registers& r, std::uint64_t charge) noexcept {
  word* const fp = r.fp;
  r.vm->budget += charge;
  r.pc = reinterpret_cast<const word*>(fp[frame::return_pc]);
  r.fp = reinterpret_cast<word*>(fp[frame::caller]);
}
WASM64_BODY(ret, false) {
  leave_frame(r, r.pc[2]);
  return step::next;
}
WASM64_BODY(ret1, false) {
  r.fp[d_of(r.pc)] = K.a == kind::accumulator ? r.acc : K.a == kind::immediate ? imm_of(r.pc) : r.fp[a_of(r.pc)];
  leave_frame(r, r.pc[2]);
  return step::next;
}
WASM64_BODY(trap_unreachable, true) { return stop(errc::trap_unreachable); }
WASM64_BODY(halt, true) { return step::halted; }

/// Enters a function of the current instance.
template <bool Metered>
WASM64_HOT std::uint32_t enter_function(registers& r, const func_code* f, std::int32_t delta,
                                        const word* next) noexcept {
  // The accumulator counts for nothing behind a call, so it is a free register here.
  r.acc = r.vm->budget - f->charge;
  if (WASM64_UNLIKELY(call_budget::exceeded(r.acc))) return stop(errc::trap_call_stack_exhausted);
  r.vm->budget = r.acc;
  word* const callee = r.fp + delta;
  callee[frame::return_pc] = reinterpret_cast<word>(next);
  callee[frame::caller] = reinterpret_cast<word>(r.fp);
  callee[frame::function] = reinterpret_cast<word>(f);
  if (WASM64_UNLIKELY(f->zeroed != 0)) zero_slots(callee, f->zeroed);
  r.fp = callee;
  r.pc = f->body;
  return pay<Metered>(r, f->cost);
}
/// After something out of line has left where to go on in the machine.
WASM64_HOT std::uint32_t resume_at(registers& r, std::uint32_t status) noexcept {
  forget_accumulators(r);
  any(r.mem);
  any(r.size);
  if (WASM64_UNLIKELY(status != step::next)) return status;
  r.pc = r.vm->pc;
  r.fp = r.vm->fp;
  reload_memory(r);
  return step::next;
}

/// The function a `call_indirect` means (specification 4.6.11), or null and the trap. By value: a handler that passes
/// the address of a local cannot end with a jump.
struct indirect_target {
  func_instance* function;
  errc trap;
};
WASM64_HOT indirect_target indirect_callee(const machine& vm, const word* pc, word index) noexcept {
  const table_instance& t = *vm.current->tables[imm_of(pc)];
  if (WASM64_UNLIKELY(index >= t.elements.size())) return {nullptr, errc::trap_undefined_element};
  auto* f = reinterpret_cast<func_instance*>(t.elements[index]);
  if (WASM64_UNLIKELY(f == nullptr)) return {nullptr, errc::trap_uninitialized_element};
  const auto wanted = static_cast<std::uint32_t>(pc[2]);
  if (WASM64_UNLIKELY(f->type_id != wanted) && !vm.types.is_subtype(f->type_id, wanted)) {
    return {nullptr, errc::trap_indirect_call_mismatch};
  }
  return {f, errc{}};
}

WASM64_BODY(call, true) {
  return enter_function<M>(r, reinterpret_cast<const func_code*>(r.pc[2]), d_of(r.pc), r.pc + cell_size::wide);
}
/// The machine keeps the place during the call, so that a register for the machine is all that has to be saved.
WASM64_BODY(call_import, true) {
  machine& vm = *r.vm;
  const func_instance& f = slow::imported(vm, r.pc);
  word* const top = r.fp + d_of(r.pc);
  word* const slots = r.fp + a_of(r.pc);
  vm.pc = r.pc;
  vm.fp = r.fp;
  std::uint32_t status = step::next;
  std::ptrdiff_t done = 0;
  if (WASM64_UNLIKELY(f.code != nullptr)) status = slow::enter_import(vm);
  else if (WASM64_LIKELY(slow::call_host(vm, f, top, slots))) done = cell_size::plain;
  else status = slow::import_failed(vm);
  forget_accumulators(r);
  r.pc = vm.pc + done;
  r.fp = vm.fp;
  reload_memory(r);
  return status;
}
template <bool M, kind_pair K>
struct body<M, ir::call_indirect, K> {
  static constexpr bool exits = true;
  WASM64_HOT static word index(const registers& r) noexcept {
    return K.a == kind::accumulator ? r.acc : r.fp[a_of(r.pc)];
  }
  WASM64_HOT static std::uint32_t run(registers& r) noexcept {
    const instance* const in = r.vm->current;
    const vector<word>& elements = in->tables.data()[imm_of(r.pc)]->elements;
    const word i = index(r);
    if (WASM64_UNLIKELY(i >= elements.size())) return step::rare;
    const auto* const f = reinterpret_cast<const func_instance*>(elements.data()[i]);
    if (WASM64_UNLIKELY(f == nullptr)) return step::rare;
    if (WASM64_UNLIKELY(f->type_id != static_cast<std::uint32_t>(r.pc[2]))) return step::rare;
    if (WASM64_UNLIKELY(f->owner != in)) return step::rare;
    return enter_function<M>(r, f->code, d_of(r.pc), r.pc + cell_size::wide);
  }
  /// Traps, functions of subtypes, of the host and of other instances.
  WASM64_HOT static std::uint32_t run_rare(registers& r) noexcept {
    const auto [f, why] = indirect_callee(*r.vm, r.pc, index(r));
    if (WASM64_UNLIKELY(f == nullptr)) return stop(why);
    return resume_at(r, slow::call_outside(*r.vm, *f, r.pc, r.fp, r.pc + cell_size::wide));
  }
};
WASM64_BODY(return_call, true) {
  const auto& f = *reinterpret_cast<const func_code*>(r.pc[2]);
  const word* const arguments = r.fp + d_of(r.pc) - frame::header - f.area;
  return resume_at(
      r, slow::tail_call(*r.vm, f, r.vm->current, r.fp, arguments, static_cast<std::int32_t>(r.pc[3]), a_of(r.pc)));
}
WASM64_BODY(return_call_import, true) {
  const func_instance& f = *r.vm->current->funcs[imm_of(r.pc)];
  return resume_at(r, slow::tail_call_outside(*r.vm, f, r.pc, r.fp, a_of(r.pc), static_cast<std::int32_t>(r.pc[2])));
}
WASM64_BODY(return_call_indirect, true) {
  const auto [f, why] = indirect_callee(*r.vm, r.pc, r.fp[a_of(r.pc)]);
  if (WASM64_UNLIKELY(f == nullptr)) return stop(why);
  return resume_at(r, slow::tail_call_outside(*r.vm, *f, r.pc, r.fp, static_cast<std::int32_t>(r.pc[3] >> 32),
                                              static_cast<std::int32_t>(r.pc[3])));
}
WASM64_BODY(throw_, true) { return resume_at(r, slow::throw_exception(*r.vm, r.pc, r.fp)); }
WASM64_BODY(throw_ref, true) { return resume_at(r, slow::rethrow_exception(*r.vm, r.pc, r.fp)); }

WASM64_BODY(restore_instance, false) {
  const machine::crossing back = r.vm->crossings.back();
  r.vm->crossings.pop_back();
  r.vm->enter(back.from);
  r.pc = back.return_pc;
  reload_memory(r);
  return step::next;
}
WASM64_BODY(lower_function, true) {
  auto* f = reinterpret_cast<func_code*>(r.fp[frame::function]);
  const std::uint32_t status = slow::lower_on_call(*r.vm, *f);
  if (WASM64_UNLIKELY(status != step::next)) return status;
  // While code is to come, its entry stays as it is, so that calls come here again.
  r.pc = f->native != nullptr ? f->entry : f->words.data();
  return step::next;
}
/// The cell names what enters compiled code (aot/runtime_impl.hpp, `enter_native`).
WASM64_BODY(enter_native, true) {
  const auto enter = reinterpret_cast<native_end (*)(machine&, word*)>(r.pc[2]);
  const native_end end = enter(*r.vm, r.fp);
  forget_accumulators(r);
  any(r.mem);
  any(r.size);
  r.pc = r.vm->pc;
  r.fp = end.fp;
  if (WASM64_UNLIKELY(end.status != step::next)) return static_cast<std::uint32_t>(end.status);
  reload_memory(r);
  return step::next;
}

#undef WASM64_BODY

}  // namespace wasm64::exec
WASM64_HOT_END
