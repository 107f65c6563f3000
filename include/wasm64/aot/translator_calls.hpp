#pragma once

// translator: calls and throws.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

// Stack and budget. What calls nothing looks at neither: whoever calls it by its index has seen that the budget covers
// it, and has left native stack enough. Both are looked at once on every way to calls, where a block begins, in front
// of loops: that costs the less, the more a function does without calling. Where there is too little, the interpreter
// runs the rest of the function, which takes no native stack and knows where the budget ends.

/// What this function leaves of the call budget, but for `budget_in_hand`. Computed where it is needed, which is seldom
/// where values are scarce.
template <code_emitter E>
typename E::value translator<E>::budget() {
  return e_.binary(primitive::sub, e_.budget(), i64(activation_charge(module_, t_.def(function_))));
}

/// What a callee leaves that takes so much of it. All of it: helpers are told without `budget_in_hand`.
template <code_emitter E>
typename E::value translator<E>::budget_behind(value charge) {
  return e_.binary(primitive::sub, e_.binary(primitive::add, budget(), i64(budget_in_hand)), charge);
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
    const bool is_ordinary =
        static_cast<std::uint32_t>(plan_->callee_charge) <= static_cast<std::uint32_t>(budget_in_hand);
    const value left = is_ordinary ? budget() : budget_behind(i64(plan_->callee_charge));
    e_.branch(is_exceeded(left), is_short, enough, likelihood::unlikely);
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
  e_.store({value_type::i64, 3, false, region::context, false}, machine(), value{}, layout::machine_budget,
           budget_behind(i64(0)));
}

template <code_emitter E>
typename E::value translator<E>::is_exceeded(value budget) {
  const value ends = load_context(context_, offsetof(context, budget_ends), value_type::i64, true);
  return e_.binary(primitive::ne, e_.binary(primitive::and_, budget, ends), i64(0));
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

/// Behind a call: what follows goes on where it has returned with as much fuel as is needed up to the next place that
/// looks. A result comes in a register, unless the type is none.
template <code_emitter E>
typename translator<E>::call_end translator<E>::begin_end(value_type result, const map_point* point) {
  call_end end;
  end.point = point;
  end.type = result;
  end.status = e_.new_variable(value_type::i32);
  if (result != value_type::none) end.result = e_.new_variable(result);
  if (t_.metered) end.needed = plan_->places[begin_place(function_plan::none, true, {})].reserve;
  end.looks = t_.metered && (plans || end.needed != 0);
  end.left = e_.new_block(true);
  if (end.looks) end.low = e_.new_block(true);
  end.behind = e_.new_block();
  return end;
}

/// Compiled code has come back. That it was left and that fuel is low is one question: either is hardly ever so.
template <code_emitter E>
void translator<E>::came_back(const call_end& end, const call_result& r) {
  if (t_.metered) e_.set(fuel_, r.fuel);
  e_.set(end.status, r.status);
  if (end.type != value_type::none) e_.set(end.result, r.result);
  if (!end.looks) return e_.branch(r.left, end.left, end.behind, likelihood::unlikely);
  const block rare = e_.new_block(true);
  e_.branch(e_.binary(primitive::lt_s, r.fuel, i64(end.needed)), rare, end.behind, likelihood::unlikely);
  e_.begin(rare);
  e_.branch(r.left, end.left, end.low, likelihood::unknown);
}

/// The engine has come back, with results in the slots from `area` on.
template <code_emitter E>
void translator<E>::came_back(const call_end& end, value status, std::int32_t area) {
  e_.set(end.status, status);
  const block returned = e_.new_block();
  e_.branch(e_.binary(primitive::ne, status, i32(0)), end.left, returned, likelihood::unlikely);
  e_.begin(returned);
  reload_fuel();
  if (end.type != value_type::none) e_.set(end.result, load_slot(area, end.type));
  if (!end.looks) return e_.jump(end.behind);
  e_.branch(e_.binary(primitive::lt_s, e_.get(fuel_), i64(end.needed)), end.low, end.behind, likelihood::unlikely);
}

/// Goes on with the results: the one that came in a register, or those in the slots from `area` on.
template <code_emitter E>
void translator<E>::finish_call(const call_end& end, const func_type& type, std::int32_t area) {
  e_.begin(end.left);
  const value status = e_.get(end.status);
  dispatch_exception(status, new_site(end.point));
  suspend(status, end.point);
  const auto result = [&] { return end.type == value_type::none ? value{} : e_.get(end.result); };
  if (end.looks) {
    e_.begin(end.low);
    take_fuel(end.point, end.needed, result(), end.type, end.behind);
  }
  e_.begin(end.behind);
  reload_memory();
  if (end.type != value_type::none) return push_value(result(), type.results[0]);
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
  const signature as = signature_of(type);
  if (t_.is_compiled(function)) {
    const call_end end = begin_end(as.result, point);
    came_back(end, e_.call(function, as, callee, budget(), fuel(), view_of(arguments)));
    return finish_call(end, type, area);
  }
  const call_end end = begin_end(value_type::none, point);
  store_arguments(type, arguments, area);
  store_fuel();
  came_back(end, call_helper(helper::call, callee, budget(), i64(function), i64(0)), area);
  finish_call(end, type, area);
}

template <code_emitter E>
void translator<E>::on_call_indirect(std::uint32_t type_index, std::uint32_t table) {
  need_guard();
  const value index = index_of(pop());
  wasm64::vector<value> arguments;
  pop_arguments(module_.types[type_index].func, arguments);
  const map_point* const point = find_point(map_point::place::call);
  call_value(type_index, element_of(table, index), arguments, point, false);
}

/// The function instance that a table has at this index, having trapped if there is none.
template <code_emitter E>
typename E::value translator<E>::element_of(std::uint32_t table, value index) {
  const place at = table_place(index, table, errc::trap_undefined_element);
  const value f = e_.load({value_type::i64, 3, false, region::context, false}, at.base, at.index, at.offset);
  trap_if(e_.binary(primitive::eq, f, i64(0)), errc::trap_uninitialized_element);
  return f;
}

/// Most that a compiled function of the very type takes of the call budget; 0 if there is none.
template <code_emitter E>
std::uint64_t translator<E>::most_charge(std::uint32_t type_index) const noexcept {
  return t_.type_charges[module_.type_ids[type_index]];
}

/// Whether a function instance is a compiled one of this instance and of the very type.
template <code_emitter E>
typename E::value translator<E>::is_native(value function, std::uint32_t type_index) {
  const value key = load_context(function, layout::func_native_key, value_type::i64, false);
  const value own = e_.unary(primitive::reinterpret, value_type::i64, context_);
  return e_.binary(primitive::eq, key, e_.binary(primitive::add, own, i64(module_.type_ids[type_index])));
}

/// Traps where a function instance is of another type, and not of a subtype either.
template <code_emitter E>
void translator<E>::check_type(value f, std::uint32_t type_index) {
  const value ids = load_context(context_, offsetof(context, type_ids), value_type::address, true);
  const value wanted = load_context(ids, std::uint64_t{type_index} * 4, value_type::i32, true, 2);
  const value mismatch =
      call_helper(helper::check_type, frame_, budget(), f, e_.unary(primitive::extend_u, value_type::i64, wanted));
  trap_if(e_.binary(primitive::ne, mismatch, i32(0)), mismatch);
}

/// Calls a function instance, which is not null, and of that type if `is_typed`. A compiled function of this instance
/// is called as one: one comparison tells those of the very type, for which the guard has seen that the budget covers
/// them. Everything else is called by the engine.
template <code_emitter E>
void translator<E>::call_value(std::uint32_t type_index, value f, const wasm64::vector<value>& arguments,
                               const map_point* point, bool is_typed) {
  const func_type& type = module_.types[type_index].func;
  const signature as = signature_of(type);
  const std::int32_t area = point == nullptr ? 0 : point->area;
  const value callee = e_.displaced(frame_, std::int64_t{area + area_of(type) + frame::header} * 8);
  const value function = e_.unary(primitive::reinterpret, value_type::address, f);
  const call_end end = begin_end(as.result, point);
  const auto call_body = [&] {
    const value body = load_context(function, layout::func_native, value_type::address, false);
    came_back(end, e_.call_body(body, as, callee, budget(), fuel(), view_of(arguments)));
  };

  if (const std::uint64_t charge = most_charge(type_index); charge != 0) {
    if constexpr (plans) plan_->callee_charge = std::max(plan_->callee_charge, charge);
    const block native = e_.new_block(), other = e_.new_block(true);
    e_.branch(is_native(function, type_index), native, other, likelihood::likely);
    e_.begin(native);
    call_body();
    e_.begin(other);
  }
  if (!is_typed) check_type(f, type_index);
  if (!module_.types[type_index].is_final) {
    const value own = e_.unary(primitive::reinterpret, value_type::i64, context_);
    const value owner = load_context(function, layout::func_native_context, value_type::i64, false);
    const block native = e_.new_block(), outside = e_.new_block(true);
    e_.branch(e_.binary(primitive::eq, owner, own), native, outside, likelihood::likely);
    e_.begin(native);
    const value charge = load_context(function, layout::func_native_charge, value_type::i64, true);
    trap_if(is_exceeded(budget_behind(charge)), errc::trap_call_stack_exhausted);
    call_body();
    e_.begin(outside);
  }
  store_arguments(type, arguments, area);
  store_fuel();
  came_back(end, call_helper(helper::call_ref, callee, budget(), f, i64(0)), area);
  finish_call(end, type, area);
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
