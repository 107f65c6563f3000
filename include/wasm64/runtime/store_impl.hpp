#pragma once

#include <algorithm>

#include "wasm64/runtime/capture.hpp"
#include "wasm64/runtime/convert.hpp"
#include "wasm64/runtime/store.hpp"

namespace wasm64 {

WASM64_INLINE store_base::store_base(const store_backend& backend, const wasm64::limits& l)
    : backend_(backend), caller_(machine_) {
  constexpr std::uint32_t most = 1u << 30;
  machine_.limits = l;
  machine_.limits.call_depth = std::min(l.call_depth, most);
  machine_.limits.stack_values = std::min(l.stack_values, most);
  machine_.budget = call_budget::pack(machine_.limits.call_depth, machine_.limits.stack_values);
  // A frame takes at most three times its charge and a header (lower/operands.hpp: staging repeats references and
  // results), so the stack cannot run out before the budget. Entries of the host bring results of their own,
  // 1000 at most, of two slots each.
  constexpr std::uint64_t entry_words = 2048;
  machine_.stack_words = std::uint64_t{machine_.limits.stack_values} * 3 +
                         std::uint64_t{machine_.limits.call_depth} * frame::header +
                         (std::uint64_t{machine_.limits.host_nesting} + 2) * entry_words + frame::max_slot;
  stack_bytes_ = machine_.stack_words * sizeof(word);
  machine_.stack = reinterpret_cast<word*>(backend_.memory->reserve(stack_bytes_, stack_bytes_));
  if (machine_.stack == nullptr) std::abort();  // no address space: nothing can be reported to a constructor's caller
  machine_.top = machine_.stack;
  machine_.heap.configure(*backend_.memory, machine_.limits.heap_bytes, machine_.limits.heap_step_bytes);
  machine_.handlers = backend_.handlers;
  machine_.run = backend_.run;
  machine_.from = &caller_;
  cells_[0] = backend_.handlers[handler_id(ir::halt)];
  cells_[2] = backend_.handlers[handler_id(ir::restore_instance)];
  cells_[4] = backend_.handlers[handler_id(ir::lower_function)];
  machine_.halt = &cells_[0];
  machine_.restore = &cells_[2];
}

WASM64_INLINE result<void> store_base::call(const func_instance& f, std::span<const value> arguments,
                                            vector<value>& results) {
  const func_type& t = *f.type;
  if (arguments.size() != t.params.size()) return fail(errc::arity_mismatch);
  if (suspended_) return fail(errc::instance_busy);  // before its arguments are overwritten
  word* slots = call_area();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto put = put_value(machine_, arguments[i], canonical_in(machine_, f, true, i), slots);
    if (!put.has_value()) return fail(put.assume_error().code, "argument " + std::to_string(i));
  }
  const word* from = call_area();
  WASM64_CHECK(call_slots(f));
  take_results(machine_, f, from, results);
  return success();
}

/// Why a typed call is not made.
WASM64_INLINE error store_base::refusal(const func_type& t, std::size_t arguments, std::size_t results) const {
  if (t.params.size() != arguments || t.results.size() != results) return errc::arity_mismatch;
  return suspended_ ? errc::instance_busy : errc::argument_type_mismatch;
}

WASM64_INLINE error store_base::failure(std::uint32_t status, const entry_record& e) {
  return stopped(status, e).assume_error();
}

WASM64_INLINE std::uint32_t store_base::call_host_directly(const func_instance& f) {
  word* const base = machine_.top;
  word* const fp = machine_.fp;
  machine_.top = base + f.area;
  instance* const previous = machine_.current;
  machine_.enter(nullptr);
  // It counts as nesting: what it calls cannot be suspended either, and may come back here.
  ++machine_.nesting;
  const bool is_too_deep = machine_.nesting > machine_.limits.host_nesting;
  const bool done = is_too_deep ? caller_.fail(errc::trap_host_nesting) : f.host(f.environment, caller_, base);
  --machine_.nesting;
  machine_.enter(previous);
  machine_.top = base;
  machine_.fp = fp;
  if (done) return step::halted;
  const error e = std::exchange(machine_.host_failure, error());
  trap_ = trap();
  unresolved_.clear();
  trap_.code = is_trap(e.code) ? e.code : e.code == errc::pending ? errc::trap_cannot_suspend : errc::trap_host;
  trap_.detail = e.detail;
  return static_cast<std::uint32_t>(trap_.code);
}

WASM64_INLINE std::uint32_t store_base::spend_slices() {
  std::uint32_t status = step::suspended;
  while (status == step::suspended && machine_.withheld != 0) {
    status = machine_.next_slice() ? machine_.run(machine_, machine_.pc, machine_.fp) : step::suspended;
  }
  return status;
}

WASM64_INLINE result<void> store_base::stopped(std::uint32_t status, const entry_record& e) {
  if (e.func == nullptr) return fail(trap_.code, trap_.detail);  // a host function that was called directly
  if (status == step::suspended && machine_.nesting == 1) {
    suspended_ = true;
    pending_ = e;
    const func_instance* const import = machine_.awaited.function;
    trap_ = capture_trap(machine_, import != nullptr ? errc::pending : errc::trap_out_of_fuel, unresolved_);
    if (import != nullptr) trap_.detail = import->name;
    return fail(trap_.code, trap_.detail);
  }
  // Native frames of a host function are in between: such a call cannot be continued.
  const errc code = status == step::suspended ? errc::trap_out_of_fuel : static_cast<errc>(status);
  trap_ = capture_trap(machine_, code, unresolved_);
  machine_.host_detail.clear();
  if (code == errc::trap_uncaught_exception && trap_.detail.empty() && machine_.thrown != 0) {
    const word header = object_heap::header_of(machine_.thrown);
    trap_.detail = machine_.all_tags[object::number_of(header)]->name;
  }
  leave(machine_, e);
  return fail(code, trap_.detail);
}

WASM64_INLINE const trap& store_base::last_trap() {
  if (!unresolved_.empty()) resolve(trap_, machine_.handlers, unresolved_);
  return trap_;
}

WASM64_INLINE result<void> store_base::go_on(vector<value>& results) {
  running_again();
  machine_.hand_out(fuel());
  const entry_record e = pending_;
  const std::uint32_t status = machine_.run(machine_, machine_.pc, machine_.fp);
  if (status != step::halted) {
    result<void> outcome = stopped(status, e);
    if (!suspended_) starting_ = nullptr;
    return outcome;
  }
  starting_ = nullptr;
  leave(machine_, e);
  take_results(machine_, *e.func, e.base, results);
  return success();
}

WASM64_INLINE result<void> store_base::resume(vector<value>& results) {
  if (!suspended_) return fail(errc::not_suspended);
  if (machine_.awaited.function != nullptr) return fail(errc::pending, machine_.awaited.function->name);
  if (fuel() < 0) return fail(errc::trap_out_of_fuel);
  machine_.hand_out(fuel());
  return go_on(results);
}

WASM64_INLINE void store_base::awaited_arguments(vector<value>& arguments) {
  arguments.clear();
  const func_instance* const f = awaited();
  if (f == nullptr) return;
  const word* from = machine_.awaited.arguments;
  for (std::size_t i = 0; i < f->type->params.size(); ++i) {
    const val_type type = canonical_in(machine_, *f, true, i);
    arguments.push_back(to_value(machine_, type, from[0], type.is_vec() ? from[1] : 0));
    from += type.slots();
  }
}

WASM64_INLINE result<void> store_base::resume(std::span<const value> answer, vector<value>& results) {
  const func_instance* const f = awaited();
  if (f == nullptr) return fail(errc::not_suspended);
  if (answer.size() != f->type->results.size()) return fail(errc::arity_mismatch);
  // First all of them are checked: the arguments are where the results go.
  small_vector<word, 16> slots;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    word halves[2] = {};
    word* to = halves;
    const auto put = put_value(machine_, answer[i], canonical_in(machine_, *f, false, i), to);
    if (!put.has_value()) return fail(put.assume_error().code, "result " + std::to_string(i));
    for (const word* half = halves; half != to; ++half) slots.push_back(*half);
  }
  const awaited_call from = machine_.awaited;
  std::copy(slots.begin(), slots.end(), from.results);
  machine_.budget += from.charge;
  machine_.pc = from.pc;
  machine_.fp = from.fp;
  return go_on(results);
}

WASM64_INLINE result<void> store_base::resume_failed(const error& why) {
  const func_instance* const f = awaited();
  if (f == nullptr) return fail(errc::not_suspended);
  running_again();
  starting_ = nullptr;
  machine_.host_detail = why.detail.empty() ? f->name : why.detail;
  return stopped(static_cast<std::uint32_t>(is_trap(why.code) ? why.code : errc::trap_host), pending_);
}

WASM64_INLINE func_instance* store_base::make_func(const host_function& f, std::string name) {
  return make_func(f, std::move(name), machine_.types.add(f.type));
}

WASM64_INLINE func_instance* store_base::make_func(const host_function& f, std::string name, std::uint32_t type_id) {
  host_types_.push_back(std::make_shared<const func_type>(f.type));
  auto made = std::make_unique<func_instance>();
  made->type = host_types_.back().get();
  made->type_id = type_id;
  made->area = std::max(slot_count(f.type.params), slot_count(f.type.results));
  made->host = f.entry;
  made->environment = f.environment.get();
  made->keep_alive = f.environment;
  made->name = std::move(name);
  made->index = static_cast<std::uint32_t>(machine_.all_host_funcs.size());
  machine_.all_host_funcs.push_back(made.get());
  funcs_.push_back(std::move(made));
  return funcs_.back().get();
}

WASM64_INLINE result<table_instance*> store_base::make_table(const table_type& type, word init) {
  if (type.limits.min > machine_.limits.table_elements - machine_.table_elements) {
    return fail(errc::limit_exceeded, "table");
  }
  machine_.table_elements += type.limits.min;
  auto made = std::make_unique<table_instance>();
  made->type = type;
  made->max_elements =
      type.limits.has_max ? std::min(type.limits.max, machine_.limits.table_elements) : machine_.limits.table_elements;
  if (!type.limits.is_64) made->max_elements = std::min<std::uint64_t>(made->max_elements, 0xffffffff);
  made->elements.resize(type.limits.min, init);
  machine_.all_tables.push_back(made.get());
  tables_.push_back(std::move(made));
  return tables_.back().get();
}

WASM64_INLINE result<memory_instance*> store_base::make_memory(const memory_type& type) {
  auto made = std::make_unique<memory_instance>(type, *backend_.memory);
  WASM64_CHECK(made->allocate(machine_.limits.memory_bytes));
  machine_.all_memories.push_back(made.get());
  memories_.push_back(std::move(made));
  return memories_.back().get();
}

WASM64_INLINE global_instance* store_base::make_global(const global_type& type, word bits, word high) {
  auto made = std::make_unique<global_instance>();
  made->type = type;
  made->bits = bits;
  made->high = high;
  machine_.all_globals.push_back(made.get());
  globals_.push_back(std::move(made));
  return globals_.back().get();
}

WASM64_INLINE tag_instance* store_base::make_tag(const func_type& type, std::string name) {
  tag_instance* const made = make_tag(type, machine_.types.add(type));
  made->name = std::move(name);
  return made;
}

WASM64_INLINE tag_instance* store_base::make_tag(const func_type& type, std::uint32_t type_id) {
  host_types_.push_back(std::make_shared<const func_type>(type));
  auto made = std::make_unique<tag_instance>();
  made->type = host_types_.back().get();
  made->type_id = type_id;
  made->number = static_cast<std::uint32_t>(machine_.all_tags.size());
  machine_.heap.tags.push_back(object::lay_out(machine_.types.type(type_id).func, made->number));
  machine_.all_tags.push_back(made.get());
  tags_.push_back(std::move(made));
  return tags_.back().get();
}

WASM64_INLINE value store_base::last_exception() { return to_value(machine_, types::exnref, machine_.thrown); }

WASM64_INLINE value store_base::get(const global_instance& g) {
  return to_value(machine_, g.type.type, g.bits, g.high);
}

WASM64_INLINE result<void> store_base::set(global_instance& g, const value& v) {
  word slots[2] = {0, 0};
  word* to = slots;
  WASM64_CHECK(put_value(machine_, v, g.type.type, to));
  g.bits = slots[0];
  g.high = slots[1];
  return success();
}

WASM64_INLINE result<value> store_base::get(const table_instance& t, std::uint64_t index) {
  if (index >= t.elements.size()) return fail(errc::out_of_bounds);
  return to_value(machine_, t.type.element, t.elements[index]);
}

WASM64_INLINE result<void> store_base::set(table_instance& t, std::uint64_t index, const value& v) {
  if (index >= t.elements.size()) return fail(errc::out_of_bounds);
  WASM64_TRY(t.elements[index], to_reference(machine_, v, t.type.element));
  return success();
}

WASM64_INLINE module_code& store_base::code_of(const std::shared_ptr<const module>& m,
                                               const vector<std::uint32_t>& ids) {
  for (const auto& known : codes_) {
    if (known->source == m) return *known;
  }
  auto made = std::make_unique<module_code>();
  made->source = m;
  made->metered = backend_.metered;
  made->layouts = &machine_.heap.types;
  made->type_ids = ids;
  prepare(*made, &cells_[4]);
  codes_.push_back(std::move(made));
  return *codes_.back();
}

WASM64_INLINE result<void> store_base::lower_all(instance& in) {
  for (func_code& f : in.code->funcs) {
    if (!f.words.empty()) continue;
    WASM64_CHECK(lower_function(machine_.handlers, *in.code, f));
    f.open();
  }
  return success();
}

}  // namespace wasm64
