#pragma once

#include <utility>

#include "wasm64/aot/operate_impl.hpp"
#include "wasm64/aot/runtime.hpp"
#include "wasm64/exec/calls.hpp"
#include "wasm64/exec/lower_on_call.hpp"
#include "wasm64/runtime/capture.hpp"

namespace wasm64::aot {

/// Says where the frame that was written last returns to. A run of the interpreter began it with a return to `halt`,
/// which calls into other instances may have put into a crossing.
inline void link_callee(machine& vm, const word* back, word* caller) noexcept {
  const native_frames& native = vm.native;
  word* const fp = native.callee;
  const word* const now = native.has_ended ? vm.awaited.pc : return_pc_of(fp);
  if (native.has_header && now == vm.restore) {
    // Of two crossings in a row the latter has nothing to come back to.
    const auto at = vm.crossings.begin() + static_cast<std::ptrdiff_t>(native.crossings);
    if (back == vm.restore) vm.crossings.erase(at);
    else at->return_pc = back;
    back = vm.restore;
  }
  if (native.has_ended) {
    vm.awaited.pc = back;
    vm.awaited.fp = caller;
  } else {
    fp[frame::return_pc] = reinterpret_cast<word>(back);
    fp[frame::caller] = reinterpret_cast<word>(caller);
  }
}

/// A run of the interpreter is suspended that began in a frame of this caller. Tail calls have put others in its place.
inline void note_outermost(machine& vm, word* caller, std::size_t crossings) noexcept {
  native_frames& native = vm.native;
  word* fp = vm.awaited.function != nullptr ? vm.awaited.fp : vm.fp;
  native.has_ended = fp == caller;
  while (!native.has_ended && caller_of(fp) != caller) fp = caller_of(fp);
  native.callee = fp;
  native.crossings = crossings;
  native.has_header = true;
}

/// Runs the interpreter from `pc` on in a frame whose call is paid for, until the function returns. The machine is then
/// in the instance `home` again, unless the run is suspended.
inline call_status run_interpreter(machine& vm, instance* home, const func_code& f, const word* pc, word* fp,
                                   std::size_t crossings) {
  // A frame that the collector looks at has its caller already.
  if (fp != vm.native.frame) fp[frame::caller] = reinterpret_cast<word>(vm.native.frame);
  fp[frame::function] = reinterpret_cast<word>(&f);
  word* const caller = caller_of(fp);
  const std::uint32_t ended = vm.run(vm, pc, fp);
  if (WASM64_LIKELY(ended == step::halted)) return 0;
  if (ended == step::suspended) {
    note_outermost(vm, caller, crossings);
    return ended;
  }
  leave_frames(vm);
  vm.crossings.resize(crossings);
  vm.enter(home);
  return ended;
}

inline call_status call_function(context* ctx, word* fp, std::uint64_t budget, const func_instance& f) {
  machine& vm = *ctx->vm;
  vm.budget = budget + budget_in_hand;
  if (f.code == nullptr) {
    word* const arguments = fp - frame::header - f.area;
    vm.pc = nullptr;
    vm.fp = vm.native.frame;
    if (WASM64_LIKELY(exec::slow::call_host(vm, f, fp, arguments))) return 0;
    const error e = std::exchange(vm.host_failure, error());
    if (e.code == errc::trap_uncaught_exception && vm.thrown != 0) return static_cast<call_status>(e.code);
    if (e.code == errc::pending && vm.nesting == 1) {
      vm.awaited = {&f, arguments, arguments, nullptr, nullptr, 0};
      vm.native.callee = nullptr;
      return step::suspended;
    }
    return exec::slow::refused_by_host(vm, f, e);
  }
  vm.budget -= f.code->charge;
  if (call_budget::exceeded(vm.budget)) return static_cast<call_status>(errc::trap_call_stack_exhausted);
  const std::size_t crossings = vm.crossings.size();
  fp[frame::return_pc] = reinterpret_cast<word>(vm.halt);
  if (f.owner != ctx->in) {
    vm.crossings.push_back({ctx->in, vm.halt});
    fp[frame::return_pc] = reinterpret_cast<word>(vm.restore);
    vm.enter(f.owner);
  }
  return run_interpreter(vm, ctx->in, *f.code, f.code->entry, fp, crossings);
}

inline call_status help_call(context* ctx, word* fp, std::uint64_t budget, std::uint64_t index, std::uint64_t) {
  return call_function(ctx, fp, budget, *ctx->funcs[index]);
}
inline call_status help_call_ref(context* ctx, word* fp, std::uint64_t budget, std::uint64_t f, std::uint64_t) {
  return call_function(ctx, fp, budget, *reinterpret_cast<const func_instance*>(f));
}
inline call_status help_check_type(context* ctx, word*, std::uint64_t, std::uint64_t f, std::uint64_t type) {
  const auto& given = *reinterpret_cast<const func_instance*>(f);
  const bool fits = ctx->vm->types.is_subtype(given.type_id, static_cast<std::uint32_t>(type));
  return fits ? 0 : static_cast<call_status>(errc::trap_indirect_call_mismatch);
}

/// The words of a function, which has been lowered before: the generator asked where it can stop.
inline result<void> lower(machine& vm, func_code& f) {
  if (!f.words.empty()) return success();
  return lower_function(vm.handlers, *f.owner, f);
}

inline call_status help_interpret(context* ctx, word* fp, std::uint64_t budget, std::uint64_t index, std::uint64_t) {
  machine& vm = *ctx->vm;
  func_code& f = ctx->in->code->funcs[index - ctx->in->source->imported_funcs];
  if (!lower(vm, f).has_value()) return static_cast<call_status>(errc::trap_unsupported);
  vm.budget = budget + budget_in_hand - f.charge;
  if (call_budget::exceeded(vm.budget)) return static_cast<call_status>(errc::trap_call_stack_exhausted);
  fp[frame::return_pc] = reinterpret_cast<word>(vm.halt);
  return run_interpreter(vm, ctx->in, f, f.words.data(), fp, vm.crossings.size());
}

inline call_status help_operate(context* ctx, word* slots, std::uint64_t budget, std::uint64_t o,
                                std::uint64_t immediates) {
  machine& vm = *ctx->vm;
  const auto reserve = static_cast<std::int64_t>(o >> 32);
  vm.budget = budget + budget_in_hand;
  if (vm.fuel < reserve) {  // whatever it costs
    vm.native.callee = nullptr;
    return interpreted;
  }
  vm.fuel -= reserve;
  const call_status ended = operate(ctx, slots, static_cast<operation>(static_cast<std::uint32_t>(o)), immediates);
  vm.fuel += reserve;
  if (ended != step::suspended) return ended;
  vm.native.callee = nullptr;
  return interpreted;
}

inline call_status help_out_of_fuel(context* ctx, word*, std::uint64_t budget, std::uint64_t needed, std::uint64_t) {
  machine& vm = *ctx->vm;
  vm.budget = budget + budget_in_hand;
  // Below a host function a call cannot be suspended, so that it takes further slices at once.
  while (vm.nesting > 1 && vm.withheld != 0) {
    if (vm.next_slice(static_cast<std::int64_t>(needed))) return 0;
  }
  vm.native.callee = nullptr;
  return vm.fuel < 0 ? step::suspended : interpreted;
}

inline call_status help_leave(context* ctx, word* fp, std::uint64_t, std::uint64_t number, std::uint64_t ended) {
  machine& vm = *ctx->vm;
  native_frames& native = vm.native;
  const site& s = static_cast<const code_view*>(ctx->in->code->native_image.get())->sites[number];
  func_code& f = ctx->in->code->funcs[s.function - ctx->in->source->imported_funcs];
  if (ended != step::suspended && ended != interpreted && ended != rest_interpreted) {
    ++native.left_depth;
    if (native.left.size() < trap::max_frames) native.left.push_back({&f, s.offset, true});
    return static_cast<call_status>(ended);
  }
  if (!lower(vm, f).has_value()) std::abort();  // lowering is deterministic, and it was done to compile the function
  const word* const next = f.words.data() + s.word;
  if (ended == rest_interpreted) {
    fp[frame::return_pc] = reinterpret_cast<word>(vm.halt);
    return run_interpreter(vm, ctx->in, f, next, fp, vm.crossings.size());
  }
  fp[frame::function] = reinterpret_cast<word>(&f);
  if (native.callee != nullptr) {
    link_callee(vm, next, fp);
  } else {
    vm.enter(ctx->in);
    vm.fp = fp;
    vm.pc = next;
    if (vm.awaited.function != nullptr) {
      vm.awaited.pc = next;
      vm.awaited.fp = fp;
      vm.pc = f.words.data() + s.cell;  // for stack traces
    }
  }
  native.callee = fp;
  native.has_header = native.has_ended = false;
  return static_cast<call_status>(ended);
}

inline call_status help_caught(context* ctx, word* fp, std::uint64_t, std::uint64_t tag, std::uint64_t slots) {
  machine& vm = *ctx->vm;
  const auto* const thrown = reinterpret_cast<const word*>(vm.thrown);
  if (thrown == nullptr) return 0;  // a host function's failure looks the same
  if (tag != any_tag) {
    const std::uint32_t number = object::number_of(*thrown);
    if (ctx->in->tags[tag]->number != number) return 0;
    word* payload = fp + static_cast<std::int16_t>(slots);
    word* references = fp + static_cast<std::int16_t>(slots >> 16);
    const word* from = thrown + 1;
    for (const val_type type : vm.heap.tags[number].types) {
      word*& to = type.is_ref() ? references : payload;
      for (std::uint32_t s = 0; s < type.slots(); ++s) *to++ = *from++;
    }
  }
  if (const auto exception = static_cast<std::int16_t>(slots >> 32); exception >= 0) fp[exception] = vm.thrown;
  vm.native.forget_left();
  vm.thrown = 0;
  return 1;
}

inline constexpr helper_entry helper_table[] = {help_call,    help_call_ref,    help_check_type, help_interpret,
                                                help_operate, help_out_of_fuel, help_leave,      help_caught};
static_assert(sizeof helper_table / sizeof *helper_table == static_cast<std::size_t>(helper::count_));

// Clang's sanitizer of calls looks for a type in front of the function, where there may be no memory.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
inline call_status call_entry(const func_code& f, context* ctx, word* fp, std::uint64_t budget) {
  return reinterpret_cast<entry>(reinterpret_cast<word>(f.native))(ctx, fp, budget);
}

/// What the interpreter goes on with behind a function that it has entered.
struct native_entry {
  const word* back;
  word* caller;
  std::uint64_t budget;  ///< before the call
};

/// Native stack is short: the interpreter runs the function.
[[gnu::noinline, gnu::cold]] inline native_end interpret_instead(machine& vm, word* fp) {
  auto& f = *reinterpret_cast<func_code*>(fp[frame::function]);
  if (!lower(vm, f).has_value()) return {fp, static_cast<call_status>(errc::trap_unsupported)};
  vm.pc = f.words.data();
  return {fp, step::next};
}

/// A function that the interpreter has entered was left otherwise than by returning.
[[gnu::noinline, gnu::cold]] inline std::uint32_t leave_entry(machine& vm, word* fp, const func_code& f,
                                                              native_entry from, call_status ended) {
  if (ended == step::suspended || ended == interpreted) {
    link_callee(vm, from.back, from.caller);
    return ended == interpreted ? step::next : ended;
  }
  // The activation is in the trace already, if it was one.
  vm.budget = from.budget;
  vm.pc = nullptr;
  vm.fp = fp;
  fp[frame::return_pc] = reinterpret_cast<word>(from.back);
  fp[frame::caller] = reinterpret_cast<word>(from.caller);
  fp[frame::function] = reinterpret_cast<word>(&f);
  vm.native.left_innermost = true;
  if (ended != static_cast<call_status>(errc::trap_uncaught_exception) || vm.thrown == 0) return ended;
  frame_walk walk(vm, nullptr, fp);
  return walk.up() ? exec::unwind(vm, vm.thrown, walk) : ended;
}

/// Where compiled functions are entered by the interpreter, with the call paid for. Leaves where to go on in the
/// machine, and answers in which frame.
[[gnu::noinline]] inline native_end enter_native(machine& vm, word* fp) {
  auto& f = *reinterpret_cast<func_code*>(fp[frame::function]);
  native_frames& native = vm.native;
  const auto here = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
  const std::uint64_t outer_limit = native.limit;
  std::uint64_t limit = outer_limit;
  if (outer_limit == 0) limit = here - std::min(here - 1, vm.limits.native_stack_bytes);
  if (WASM64_UNLIKELY(here < limit)) return interpret_instead(vm, fp);
  native_entry from{return_pc_of(fp), caller_of(fp), vm.budget + f.charge};
  // Both have just been stored, one after the other: a load of both at once would wait for the stores.
  __asm__("" : "+r"(from.back));
  // Not this frame: a tail call may put another in its place. The function adds it if the collector has to look at it.
  word* const outer = std::exchange(native.frame, from.caller);
  auto* const ctx = static_cast<context*>(vm.current->native.get());
  ctx->native_limit = native.limit = limit;
  const call_status ended = call_entry(f, ctx, fp, from.budget - budget_in_hand);
  native.limit = outer_limit;
  native.frame = outer;
  if (WASM64_UNLIKELY(ended != 0)) {
    const std::uint32_t status = leave_entry(vm, fp, f, from, ended);
    return {vm.fp, status};
  }
  vm.budget = from.budget;
  vm.pc = from.back;
  return {from.caller, step::next};
}

/// Makes the functions of an instance call the module's compiled code.
inline void bind_native(instance& in) {
  const auto& view = *static_cast<const code_view*>(in.code->native_image.get());
  const wasm64::vector<std::uint32_t>& types = in.source->type_ids;
  const std::size_t words = (sizeof(context) + types.size()) / sizeof(word) + 1;
  const std::shared_ptr<word[]> room(new word[words]);
  auto* const made = new (room.get()) context{in.vm,
                                              helper_table,
                                              &in,
                                              in.funcs.data(),
                                              in.memories.data(),
                                              in.globals.data(),
                                              in.tables.data(),
                                              in.type_ids.data(),
                                              0,
                                              call_budget::end_bits,
                                              in.memories.empty() ? nullptr : in.memories[0],
                                              in.tables.empty() ? nullptr : in.tables[0]};
  for (std::size_t i = in.source->imported_funcs; i < in.funcs.size(); ++i) {
    const std::uint32_t body = view.bodies[i - in.source->imported_funcs];
    if (body == 0) continue;
    in.funcs[i]->native = view.code + (body - 1);
    in.funcs[i]->native_key = native_key(made, types[in.source->funcs[i - in.source->imported_funcs].type]);
    in.funcs[i]->native_context = made;
    in.funcs[i]->native_charge = in.funcs[i]->code->charge;
  }
  in.native = std::shared_ptr<void>(room, made);
}

WASM64_AOT_INLINE result<void> attach(store_base& to, const std::shared_ptr<const module>& m, code_view code) {
  if (to.suspended() || to.vm().nesting != 0) return fail(errc::instance_busy);
  return attach_running(to, m, std::move(code));
}

WASM64_AOT_INLINE result<void> attach_running(store_base& to, const std::shared_ptr<const module>& m, code_view code) {
  machine& vm = to.machine_;
  if (code.entries.size() != m->funcs.size() || code.bodies.size() != m->funcs.size()) return fail(errc::aot_mismatch);
  const vector<std::uint32_t> ids = vm.types.add(m->types);
  vm.lay_out_types();
  module_code& of = to.code_of(m, ids);
  if (of.native_image != nullptr) return fail(errc::aot_mismatch, "the module has compiled code");
  of.native_cell[0] = vm.handlers[handler_id(ir::enter_native)];
  of.native_cell[2] = reinterpret_cast<word>(&enter_native);
  for (std::size_t i = 0; i < code.entries.size(); ++i) {
    if (code.entries[i] == 0) continue;
    func_code& f = of.funcs[i];
    f.native = code.code + (code.entries[i] - 1);
    f.entry = f.body = of.native_cell;
    f.zeroed = f.cost = 0;
  }
  of.native_image = std::make_shared<const code_view>(std::move(code));
  of.bind_native = &bind_native;
  for (const auto& in : to.instances_) {
    if (in->code == &of) bind_native(*in);
  }
  return success();
}

WASM64_AOT_INLINE std::uint32_t compiled_functions(const module_code& code) noexcept {
  std::uint32_t count = 0;
  for (const func_code& f : code.funcs) count += f.native != nullptr;
  return count;
}

}  // namespace wasm64::aot
