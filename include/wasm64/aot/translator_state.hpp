#pragma once

// translator: values, locals, and what a function holds of the engine.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

template <code_emitter E>
void translator<E>::start(std::uint32_t function, function_plan& plan, const function_map* map) {
  function_ = function;
  plan_ = &plan;
  map_ = map;
  failed_ = plan_changed_ = false;
  work_ = 0;
  offset_ = t_.def(function).entry;
  controls_.clear();
  stack_.clear();
  locals_.clear();
  marks_.clear();
  checked_.clear();
  checked_next_ = 0;
  raw_.clear();
  raw_ways_ = 0;
  path_ = paths_ = 1;
  next_mark_ = 0;
  place_ = places_ = 0;
  leaders_ = leader_ = br_tables_ = sites_ = loops_ = repeat_from_ = 0;
  is_unasked_ = is_again_ = false;
  refs_ = 0;
  open_loops_ = 0;
  landings_.clear();
  regions_ = 0;
  guarded_ = false;
  trap_site_ = site::none;
  site_point_ = nullptr;
  for (exits* const kind : {&leaves_, &traps_, &suspends_}) kind->clear();
  base_path_ = size_path_ = 0;
  if constexpr (plans) {
    plan.costs.clear();
    plan.places.clear();
    plan.edges.clear();
    plan.back_edges.clear();
    plan.saved.clear();
    plan.tail_callees.clear();
    plan.tail_types.clear();
    plan.callee_charge = 0;
    plan.uses_memory = plan.leaves_suspended = false;
  }
}

template <code_emitter E>
typename E::value translator<E>::zero_of(value_type type) {
  return type == value_type::v128 ? e_.vector_constant(0, 0) : e_.constant(type, 0);
}

template <code_emitter E>
void translator<E>::push(operand o) {
  o.height = stack_.empty() ? 0 : stack_.back().height + slots_of(stack_.back());
  o.refs = refs_;
  if (o.is_ref) ++refs_;
  stack_.push_back(o);
}
template <code_emitter E>
void translator<E>::push(value v, value_type type, nan_bits nan) {
  operand o;
  o.v = v;
  o.type = type;
  o.nan = nan;
  push(o);
}
template <code_emitter E>
void translator<E>::push_constant(value_type type, std::uint64_t bits) {
  operand o;
  o.type = type;
  o.is_constant = true;
  o.bits = bits;
  if (type == value_type::f32 && (bits & 0x7fffffff) <= 0x7f800000) o.nan = nan_bits::canonical;
  if (type == value_type::f64 && (bits & 0x7fffffffffffffff) <= 0x7ff0000000000000) o.nan = nan_bits::canonical;
  push(o);
}

/// The operand as a value of its WebAssembly type.
template <code_emitter E>
typename E::value translator<E>::use(const operand& o) {
  if (o.is_constant) return e_.constant(o.type == value_type::flag ? value_type::i32 : o.type, o.bits);
  if (o.is_ref) return load_slot(o.slot, value_type::i64);
  return o.type == value_type::flag ? e_.unary(primitive::extend_u, value_type::i32, o.v) : o.v;
}

/// Whether an i32 is not 0.
template <code_emitter E>
typename E::value translator<E>::flag_of(const operand& o) {
  if (o.is_constant) return e_.constant(value_type::flag, o.bits != 0);
  return o.type == value_type::flag ? o.v : e_.binary(primitive::ne, o.v, i32(0));
}

/// An index or an address of either type as an i64.
template <code_emitter E>
typename E::value translator<E>::index_of(const operand& o) {
  if (o.is_constant) return i64(o.bits);
  return o.type == value_type::i64 ? o.v : e_.unary(primitive::extend_u, value_type::i64, o.v);
}

/// The operand where somebody can see its bits.
template <code_emitter E>
typename E::value translator<E>::visible(const operand& o) {
  const value v = use(o);
  return o.nan == nan_bits::open ? canonical(v, o.type) : v;
}

/// A branch and not a selection: it is foreseen, and nothing waits for the comparison. But loops without branches may
/// become loops over vectors.
template <code_emitter E>
typename E::value translator<E>::canonical(value v, value_type type) {
  if (!is_float(type)) return v;
  const value nan = e_.constant(type, type == value_type::f32 ? 0x7fc00000 : 0x7ff8000000000000);
  if (is_unasked_) return e_.select(e_.binary(primitive::feq, v, v), v, nan);
  const variable result = e_.new_variable(type);
  const block is_nan = e_.new_block(true), behind = e_.new_block();
  e_.set(result, v);
  e_.branch(e_.binary(primitive::fne, v, v), is_nan, behind, likelihood::unlikely);
  e_.begin(is_nan);
  e_.set(result, nan);
  e_.jump(behind);
  e_.begin(behind);
  return e_.get(result);
}

/// Control may come here from several places: nothing is known any more.
template <code_emitter E>
void translator<E>::join() {
  path_ = ++paths_;
  checked_.clear();
  checked_next_ = 0;
}

template <code_emitter E>
typename E::value translator<E>::load_context(value base, std::uint64_t offset, value_type type, bool is_invariant,
                                              std::uint8_t log2) {
  return e_.load({type, log2, false, region::context, is_invariant}, base, value{}, offset);
}

/// i32 and f32 are in the lower half of their slot.
template <code_emitter E>
typename E::value translator<E>::load_slot(std::int32_t slot, value_type type) {
  const bool half = type == value_type::i32 || type == value_type::f32;
  const std::uint8_t log2 = half ? 2 : type == value_type::v128 ? 4 : 3;
  return e_.load({type, log2, false, region::frame, false}, frame_, value{},
                 static_cast<std::uint64_t>(std::int64_t{slot} * 8));
}
/// i32 and f32 fill their slot with zeros.
template <code_emitter E>
void translator<E>::store_slot(value frame, std::int32_t slot, value v, value_type type) {
  if (type == value_type::f32) v = e_.unary(primitive::reinterpret, value_type::i32, v);
  if (type == value_type::f32 || type == value_type::i32) {
    v = e_.unary(primitive::extend_u, value_type::i64, v);
    type = value_type::i64;
  }
  const std::uint8_t log2 = type == value_type::v128 ? 4 : 3;
  e_.store({type, log2, false, region::frame, false}, frame, value{},
           static_cast<std::uint64_t>(std::int64_t{slot} * 8), v);
}

/// An entry of one of the context's lists, by the list's offset there.
template <code_emitter E>
typename E::value translator<E>::element(std::uint64_t list, std::uint32_t index) {
  const value entries = load_context(context_, list, value_type::address, true);
  return load_context(entries, std::uint64_t{index} * 8, value_type::address, true);
}

/// Loaded where it is used, which is on ways that are hardly ever taken.
template <code_emitter E>
typename E::value translator<E>::machine() {
  return load_context(context_, offsetof(context, vm), value_type::address, true);
}
template <code_emitter E>
typename E::value translator<E>::helper_address(helper h) {
  return element(offsetof(context, helpers), static_cast<std::uint32_t>(h));
}
template <code_emitter E>
typename E::value translator<E>::call_helper(helper h, value frame, value budget, value a, value b) {
  return e_.call_helper(helper_address(h), frame, budget, a, b);
}

/// Behind everything that may have changed what the function holds in variables.
template <code_emitter E>
void translator<E>::reload() {
  reload_fuel();
  reload_memory();
}
template <code_emitter E>
void translator<E>::reload_fuel() {
  if (t_.metered) e_.set(fuel_, load_context(machine(), layout::machine_fuel, value_type::i64, false));
}
template <code_emitter E>
void translator<E>::reload_memory() {
  if (!plan_->uses_memory) return;
  base_value_ = load_context(memory_, layout::memory_base, value_type::address, false);
  size_value_ = load_context(memory_, layout::memory_size, value_type::i64, false);
  base_path_ = size_path_ = path_;
  e_.set(base_, base_value_);
  e_.set(size_, size_value_);
}
template <code_emitter E>
void translator<E>::store_fuel() {
  if (!t_.metered) return;
  e_.store({value_type::i64, 3, false, region::context, false}, machine(), value{}, layout::machine_fuel,
           e_.get(fuel_));
}

// Locals.

template <code_emitter E>
void translator<E>::set_local(std::uint32_t index, const operand& o) {
  local_state& local = locals_[index];
  operand known = o;
  if (local.mark < 0 && o.nan == nan_bits::open) {
    known.v = canonical(o.v, o.type);
    known.nan = nan_bits::exact;
  }
  if (local.mark >= 0) marks_[static_cast<std::size_t>(local.mark)] = o.nan;
  const value v = use(known);
  e_.set(local.place, v);
  if (known.type == value_type::flag && !known.is_constant) known = {v, value_type::i32};
  local.known = known;
  local.path = path_;
}

template <code_emitter E>
typename translator<E>::operand translator<E>::get_local(std::uint32_t index) {
  local_state& local = locals_[index];
  if (local.path != path_) {
    local.known = {e_.get(local.place), local.type};
    local.path = path_;
  }
  local.known.nan = local.mark < 0 ? nan_bits::exact : marks_[static_cast<std::size_t>(local.mark)];
  return local.known;
}

template <code_emitter E>
void translator<E>::on_local_get(std::uint32_t index, val_type) {
  if (!locals_[index].is_ref) return push(get_local(index));
  operand o;
  o.is_ref = o.reads_local = true;
  o.local = index;
  o.slot = locals_[index].slot;
  push(o);
}
template <code_emitter E>
void translator<E>::on_local_set(std::uint32_t index, val_type) {
  if (locals_[index].is_ref) return set_reference(index, pop());
  set_local(index, pop());
}
template <code_emitter E>
void translator<E>::on_local_tee(std::uint32_t index, val_type type) {
  on_local_set(index, type);
  on_local_get(index, type);
}

// Entering and returning.

template <code_emitter E>
void translator<E>::begin(const func_type& type, std::span<const val_type> locals) {
  type_ = &type;
  const std::uint32_t leader = new_leader();
  set_leader(leader);
  prologue(type, locals);
  control& body = open(op::nop, {}, {type.results.data(), type.results.size()});
  body.is_function = true;
  begin_block(leader, true, {});
}

template <code_emitter E>
void translator<E>::prologue(const func_type& type, std::span<const val_type> locals) {
  e_.begin_body(function_, signature_of(type));
  context_ = e_.context();
  frame_ = e_.frame();
  if (plan_->uses_memory) {
    memory_ = load_context(context_, offsetof(context, memory), value_type::address, true);
    base_ = e_.new_variable(value_type::address);
    size_ = e_.new_variable(value_type::i64);
  }
  if (t_.metered) fuel_ = e_.new_variable(value_type::i64);
  status_ = e_.new_variable(value_type::i32);
  site_ = e_.new_variable(value_type::i64);
  if (plan_->holds_references) link_frame();
  if (t_.metered) e_.set(fuel_, e_.fuel());
  reload_memory();

  locals_.resize(locals.size());
  ref_temporaries_ = map_ == nullptr ? 0 : map_->code.first_ref;
  for (std::uint32_t i = 0; i < locals.size(); ++i) {
    local_state& local = locals_[i];
    const bool is_param = i < type.params.size();
    local.type = value_type_of(locals[i]);
    local.is_ref = locals[i].is_ref();
    if (local.is_ref) {
      local.is_untouched = !is_param;
      local.slot = map_ == nullptr ? 0 : map_->map.local_slots[i];
      if (is_param) store_reference(local.slot, e_.param(i));
      else ++ref_temporaries_;
      continue;
    }
    local.place = e_.new_variable(local.type);
    if (is_float(local.type) && !plan_->is_eager) {
      local.mark = static_cast<std::int32_t>(marks_.size());
      marks_.push_back(is_param ? nan_bits::exact : nan_bits::canonical);
    }
    operand first;
    first.type = local.type;
    if (is_param) first.v = e_.param(i);
    else if (local.type == value_type::v128) first.v = zero_of(local.type);
    else first.is_constant = true;
    local.known = first;
    local.path = path_;
    e_.set(local.place, use(first));
  }
  if constexpr (plans) plan_->saved.assign(marks_.size(), 0);
}

template <code_emitter E>
void translator<E>::run_interpreter(const func_type& type) {
  if (t_.metered) {
    e_.store({value_type::i64, 3, false, region::context, false}, machine(), value{}, layout::machine_fuel, e_.fuel());
  }
  const std::int32_t first = -frame::header - area_of(type);
  std::int32_t slot = first;
  for (std::uint32_t i = 0; i < type.params.size(); ++i) {
    store_slot(frame_, slot, e_.param(i), value_type_of(type.params[i]));
    slot += static_cast<std::int32_t>(type.params[i].slots());
  }
  const value status = call_helper(helper::interpret, frame_, e_.budget(), i64(function_), i64(0));
  const block stopped = e_.new_block(true), done = e_.new_block(true);
  e_.branch(e_.binary(primitive::ne, status, i32(0)), stopped, done, likelihood::unlikely);
  e_.begin(stopped);
  e_.return_status(status);
  e_.begin(done);
  const value result = type.results.size() == 1 ? load_slot(first, value_type_of(type.results[0])) : value{};
  value left{};
  if (t_.metered) left = load_context(machine(), layout::machine_fuel, value_type::i64, false);
  e_.return_result(result, left);
}

/// Returns the operands from `first` on.
template <code_emitter E>
void translator<E>::return_values(std::span<const val_type> results, std::size_t first) {
  value result{};
  if (results.size() == 1) {
    result = visible(stack_[first]);
  } else {
    std::int32_t slot = -frame::header - area_of(*type_);
    wasm64::vector<value> values;  // all of them first: references may be in parameters, which are where results go
    values.reserve(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) values.push_back(visible(stack_[first + i]));
    for (std::size_t i = 0; i < results.size(); ++i) {
      const value_type type = value_type_of(results[i]);
      store_slot(frame_, slot, values[i], type);
      slot += slots_of(type);
    }
  }
  work_ += results.size();
  unlink_frame();
  e_.return_result(result, fuel());
}

template <code_emitter E>
void translator<E>::write_detour(std::uint32_t function) {
  const func_type& type = module_.type_of_func(function);
  e_.begin_body(function, signature_of(type));
  function_ = function;
  context_ = e_.context();
  frame_ = e_.frame();
  run_interpreter(type);
  e_.end_function();
}

template <code_emitter E>
void translator<E>::write_entry(std::uint32_t function) {
  const func_type& type = module_.type_of_func(function);
  const signature s = signature_of(type);
  e_.begin_entry(function);
  context_ = e_.context();
  frame_ = e_.frame();
  const std::int32_t first = -frame::header - area_of(type);
  std::int32_t slot = first;
  wasm64::vector<value> arguments;
  arguments.reserve(s.params.size());
  for (const value_type t : s.params) {
    arguments.push_back(load_slot(slot, t));
    slot += slots_of(t);
  }
  value fuel{};
  if (t_.metered) {
    fuel = load_context(machine(), layout::machine_fuel, value_type::i64, false);
  }
  const call_result r = e_.call(function, s, frame_, e_.budget(), fuel, view_of(arguments));
  const block left = e_.new_block(true), returned = e_.new_block();
  e_.branch(r.left, left, returned, likelihood::unlikely);
  e_.begin(left);
  e_.return_status(r.status);
  e_.begin(returned);
  if (s.result != value_type::none) store_slot(frame_, first, r.result, s.result);
  if (t_.metered) {
    e_.store({value_type::i64, 3, false, region::context, false}, machine(), value{}, layout::machine_fuel, r.fuel);
  }
  e_.return_status(i32(0));
  e_.end_function();
}

}  // namespace wasm64::aot
