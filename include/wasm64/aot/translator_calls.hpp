#pragma once

// translator: calls and throws.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

// Stack and budget. What calls nothing looks at neither: whoever calls it by its index has seen that the budget covers
// it, and has left native stack enough. Both are looked at once on every way to calls, where a block begins, in front
// of loops: that costs the less, the more a function does without calling. Where there is too little, the interpreter
// runs the rest of the function, which takes no native stack and knows where the budget ends.

/// What this function leaves of the call budget. Computed where it is needed, which is seldom where values are scarce.
template <code_emitter E>
typename E::value translator<E>::budget() {
  return e_.binary(primitive::sub, e_.budget(), i64(activation_charge(module_, t_.def(function_))));
}

/// Something is called here.
template <code_emitter E>
void translator<E>::need_guard() {
  if (guarded_) return;
  guarded_ = true;
  if constexpr (plans) {
    std::uint32_t leader = leader_;
    for (std::size_t i = controls_.size(); i-- > 0;) {
      if (controls_[i].kind == op::loop) leader = controls_[i].opened_in;
    }
    bool is_behind = false;
    for (control& c : controls_) c.is_guarded = is_behind = is_behind || c.opened_in == leader;
    if (plan_->guards.size() <= leader) plan_->guards.resize(leader + 1);
    plan_->guards[leader] = 1;
    plan_changed_ = true;
  } else {
    failed_ = true;
  }
}

template <code_emitter E>
void translator<E>::guard(std::uint32_t leader) {
  if (guarded_ || leader >= plan_->guards.size() || plan_->guards[leader] == 0) return;
  guarded_ = true;
  const map_point* const point = find_point(map_point::place::leader);
  const block is_short = e_.new_block(true), has_stack = e_.new_block();
  const value limit = load_context(context_, offsetof(context, native_limit), value_type::i64, true);
  e_.branch(e_.binary(primitive::lt_u, e_.stack_place(), limit), is_short, has_stack, likelihood::unlikely);
  e_.begin(has_stack);
  if (plan_->callee_charge != 0) {
    const block enough = e_.new_block();
    const std::uint64_t most = activation_charge(module_, t_.def(function_)) + plan_->callee_charge;
    e_.branch(is_exceeded(e_.binary(primitive::sub, e_.budget(), i64(most))), is_short, enough, likelihood::unlikely);
    e_.begin(enough);
  }
  const block behind = e_.new_block();
  e_.jump(behind);
  e_.begin(is_short);
  store_limits();
  suspend(i32(rest_interpreted), point);
  e_.begin(behind);
}

/// For the interpreter, which runs the rest of the function.
template <code_emitter E>
void translator<E>::store_limits() {
  store_fuel();
  const value vm = t_.metered ? machine_ : load_context(context_, offsetof(context, vm), value_type::address, true);
  e_.store({value_type::i64, 3, false, region::context, false}, vm, value{}, layout::machine_budget, budget());
}

template <code_emitter E>
typename E::value translator<E>::is_exceeded(value budget) {
  return e_.binary(primitive::ne, e_.binary(primitive::and_, budget, i64(0x8000000080000000)), i64(0));
}

template <code_emitter E>
void translator<E>::pop_arguments(const func_type& type, wasm64::vector<value>& arguments) {
  const std::size_t first = stack_.size() - type.params.size();
  work_ += type.params.size() + type.results.size();
  arguments.reserve(type.params.size());
  constexpr std::size_t few = 8;  // more are moved at once, from their homes
  if (type.params.size() > few && references_in({type.params.data(), type.params.size()}) != 0)
    settle_top(type.params.size());
  for (std::size_t i = first; i < stack_.size(); ++i) arguments.push_back(visible(stack_[i]));
  shrink(first);
}

template <code_emitter E>
void translator<E>::store_arguments(const func_type& type, const wasm64::vector<value>& arguments, std::int32_t area) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    store_slot(frame_, area, arguments[i], value_type_of(type.params[i]));
    area += static_cast<std::int32_t>(type.params[i].slots());
  }
}

/// Goes on behind a call with its results: the one that came in a register, or those in the slots from `area` on.
template <code_emitter E>
void translator<E>::returned(const func_type& type, value result, bool in_register, std::int32_t area,
                             const map_point* point) {
  reload_memory();
  const bool has_value = in_register && type.results.size() == 1;
  const value_type of_value = has_value ? value_type_of(type.results[0]) : value_type::none;
  look_behind_call(point, result, of_value);
  if (has_value) return push_value(result, type.results[0]);
  for (const val_type t : type.results) {
    push_value(load_slot(area, value_type_of(t)), t);
    area += static_cast<std::int32_t>(t.slots());
  }
}

template <code_emitter E>
void translator<E>::on_call(std::uint32_t function) {
  const func_type& type = module_.type_of_func(function);
  need_guard();
  if (plans && function >= module_.imported_funcs) {
    plan_->callee_charge = std::max(plan_->callee_charge, activation_charge(module_, t_.def(function)));
  }
  wasm64::vector<value> arguments;
  pop_arguments(type, arguments);
  const map_point* const point = find_point(map_point::place::call);
  const std::int32_t area = point == nullptr ? 0 : point->area;
  const value callee = e_.displaced(frame_, std::int64_t{area + area_of(type) + frame::header} * 8);
  if (t_.is_compiled(function)) {
    const call_result r = e_.call(function, signature_of(type), callee, budget(), fuel(), view_of(arguments));
    check_left(r.left, r.status, point);
    if (t_.metered) e_.set(fuel_, r.fuel);
    return returned(type, r.result, true, area, point);
  }
  store_arguments(type, arguments, area);
  store_fuel();
  const value status = call_helper(helper::call, callee, budget(), i64(function), i64(0));
  check_left(e_.binary(primitive::ne, status, i32(0)), status, point);
  reload_fuel();
  returned(type, value{}, false, area, point);
}

/// The function instance that a table has, which is not null and of the type.
template <code_emitter E>
typename E::value translator<E>::function_in(std::uint32_t table, value index, std::uint32_t type_index) {
  const place at = table_place(index, table, errc::trap_undefined_element);
  const value f = e_.load({value_type::i64, 3, false, region::context, false}, at.base, at.index, at.offset);
  trap_if(e_.binary(primitive::eq, f, i64(0)), errc::trap_uninitialized_element);
  const value function = e_.unary(primitive::reinterpret, value_type::address, f);

  const value ids = load_context(context_, offsetof(context, type_ids), value_type::address, true);
  const value wanted = load_context(ids, std::uint64_t{type_index} * 4, value_type::i32, true, 2);
  const value id = load_context(function, layout::func_type_id, value_type::i32, true, 2);
  const block other = e_.new_block(true), same = e_.new_block();
  e_.branch(e_.binary(primitive::ne, id, wanted), other, same, likelihood::unlikely);
  e_.begin(other);
  const value mismatch =
      call_helper(helper::check_type, frame_, budget(), f, e_.unary(primitive::extend_u, value_type::i64, wanted));
  trap_if(e_.binary(primitive::ne, mismatch, i32(0)), mismatch);
  e_.jump(same);
  e_.begin(same);
  return f;
}

template <code_emitter E>
void translator<E>::on_call_indirect(std::uint32_t type_index, std::uint32_t table) {
  const func_type& type = module_.types[type_index].func;
  need_guard();
  const value index = index_of(pop());
  wasm64::vector<value> arguments;
  pop_arguments(type, arguments);
  const map_point* const point = find_point(map_point::place::call);
  call_value(type, function_in(table, index, type_index), arguments, point);
}

/// Calls a function instance, which is not null: one of this instance that is compiled as such, everything else through
/// the engine.
template <code_emitter E>
void translator<E>::call_value(const func_type& type, value f, const wasm64::vector<value>& arguments,
                               const map_point* point) {
  const std::int32_t area = point == nullptr ? 0 : point->area;
  const value function = e_.unary(primitive::reinterpret, value_type::address, f);
  const signature s = signature_of(type);
  const value callee = e_.displaced(frame_, std::int64_t{area + area_of(type) + frame::header} * 8);
  const variable status = e_.new_variable(value_type::i32);
  const variable left = e_.new_variable(value_type::flag);
  const bool has_result = s.result != value_type::none;
  variable result{};
  if (has_result) result = e_.new_variable(s.result);
  const value owner = load_context(function, layout::func_native_context, value_type::i64, false);
  const value own = e_.unary(primitive::reinterpret, value_type::i64, context_);
  const block native = e_.new_block(), outside = e_.new_block(), behind = e_.new_block();
  e_.branch(e_.binary(primitive::eq, owner, own), native, outside, likelihood::likely);
  e_.begin(native);
  const value charge = load_context(function, layout::func_native_charge, value_type::i64, true);
  trap_if(is_exceeded(e_.binary(primitive::sub, budget(), charge)), errc::trap_call_stack_exhausted);
  const value body = load_context(function, layout::func_native, value_type::address, false);
  const call_result r = e_.call_body(body, s, callee, budget(), fuel(), view_of(arguments));
  if (t_.metered) e_.set(fuel_, r.fuel);
  e_.set(left, r.left);
  e_.set(status, r.status);
  if (has_result) e_.set(result, r.result);
  e_.jump(behind);
  e_.begin(outside);
  store_arguments(type, arguments, area);
  store_fuel();
  const value called = call_helper(helper::call_ref, callee, budget(), f, i64(0));
  reload_fuel();
  e_.set(left, e_.binary(primitive::ne, called, i32(0)));
  e_.set(status, called);
  if (has_result) e_.set(result, load_slot(area, s.result));
  e_.jump(behind);
  e_.begin(behind);
  check_left(e_.get(left), e_.get(status), point);
  returned(type, has_result ? e_.get(result) : value{}, true, area, point);
}

/// The payload is handed over where operands are.
template <code_emitter E>
void translator<E>::on_throw(std::uint32_t tag) {
  const func_type& type = module_.types[module_.tags[tag].type].func;
  const std::size_t first = stack_.size() - type.params.size();
  constexpr std::size_t few = 8;
  if (type.params.size() > few && references_in({type.params.data(), type.params.size()}) != 0)
    settle_top(type.params.size());
  const std::int32_t base = home(first);
  std::int32_t slot = base;
  for (std::size_t i = first; i < stack_.size(); ++i) {
    const value_type t = stack_[i].type == value_type::flag ? value_type::i32 : stack_[i].type;
    store_slot(frame_, slot, visible(stack_[i]), t);
    slot += slots_of(t);
  }
  shrink(first);
  store_fuel();
  const value at = e_.displaced(frame_, std::int64_t{base} * 8);
  const value status =
      call_helper(helper::operate, at, budget(), i64(static_cast<std::uint32_t>(operation::throw_)), i64(tag));
  thrown(status);
}

}  // namespace wasm64::aot
