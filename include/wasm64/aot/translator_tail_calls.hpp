#pragma once

// translator: calls whose results are this function's. The new activation takes the place of this one. Whether the call
// budget suffices is looked at here, so that the trap is this function's.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// What lowering says of this instruction; null where the plan is made.
template <code_emitter E>
const tail_call_point* translator<E>::find_tail_call() {
  if (map_ == nullptr) return nullptr;
  const wasm64::vector<tail_call_point>& points = map_->map.tail_calls;
  const auto p = std::lower_bound(points.begin(), points.end(), offset_,
                                  [](const tail_call_point& a, std::uint32_t offset) { return a.at.offset < offset; });
  if (p != points.end() && p->at.offset == offset_) return &*p;
  failed_ = true;
  return nullptr;
}

template <code_emitter E>
void translator<E>::check_tail_charge(value charge) {
  const value all = e_.binary(primitive::add, e_.budget(), i64(budget_in_hand));
  trap_if(is_exceeded(e_.binary(primitive::sub, all, charge)), errc::trap_call_stack_exhausted);
}

template <code_emitter E>
typename E::value translator<E>::tail_frame(const func_type& type) {
  return e_.displaced(frame_, std::int64_t{area_of(type) - area_of(*type_)} * 8);
}

/// The interpreter makes the call, of the function or table's index `what` that is in a slot then, if there is one.
template <code_emitter E>
void translator<E>::leave_tail_call(const func_type& type, const wasm64::vector<value>& arguments, value what) {
  const tail_call_point* const point = find_tail_call();
  const tail_call_point there = point == nullptr ? tail_call_point() : *point;
  store_arguments(type, arguments, there.area);
  if (!(what == value{})) store_slot(frame_, there.slot, what, value_type::i64);
  store_limits();
  unlink_frame();
  e_.set(status_, i32(rest_interpreted));
  e_.set(site_, i64(add_site(there.at.word)));
  e_.jump(way_out(leaves_));
}

template <code_emitter E>
void translator<E>::on_return_call(std::uint32_t function) {
  const func_type& type = module_.type_of_func(function);
  wasm64::vector<value> arguments;
  pop_arguments(type, arguments);
  if (function < module_.imported_funcs) {
    leave_tail_call(type, arguments, value{});
  } else {
    if constexpr (plans) plan_->tail_callees.push_back(function);
    check_tail_charge(i64(activation_charge(module_, t_.def(function))));
    unlink_frame();
    e_.tail_call(function, signature_of(type), tail_frame(type), e_.budget(), fuel(), view_of(arguments));
  }
  set_leader(new_leader());
}

template <code_emitter E>
void translator<E>::on_return_call_indirect(std::uint32_t type_index, std::uint32_t table) {
  const value index = index_of(pop());
  wasm64::vector<value> arguments;
  pop_arguments(module_.types[type_index].func, arguments);
  tail_call_value(type_index, element_of(table, index), arguments, index, false);
}

template <code_emitter E>
void translator<E>::on_return_call_ref(std::uint32_t type_index) {
  const value f = reference_in_slot(pop());
  wasm64::vector<value> arguments;
  pop_arguments(module_.types[type_index].func, arguments);
  trap_if(e_.binary(primitive::eq, f, i64(0)), errc::trap_null_reference);
  tail_call_value(type_index, f, arguments, f, true);
}

/// Calls a function instance as `call_value` does, but that the interpreter calls those of other types too.
template <code_emitter E>
void translator<E>::tail_call_value(std::uint32_t type_index, value f, const wasm64::vector<value>& arguments,
                                    value what, bool is_typed) {
  if constexpr (plans) plan_->tail_types.push_back(type_index);
  const func_type& type = module_.types[type_index].func;
  const value function = e_.unary(primitive::reinterpret, value_type::address, f);
  if (most_charge(type_index) != 0) {
    const block native = e_.new_block(), other = e_.new_block(true);
    e_.branch(is_native(function, type_index), native, other, likelihood::likely);
    e_.begin(native);
    check_tail_charge(load_context(function, layout::func_native_charge, value_type::i64, true));
    const value body = load_context(function, layout::func_native, value_type::address, false);
    unlink_frame();
    e_.tail_call_body(body, signature_of(type), tail_frame(type), e_.budget(), fuel(), view_of(arguments));
    e_.begin(other);
  }
  if (!is_typed) check_type(f, type_index);
  leave_tail_call(type, arguments, what);
  set_leader(new_leader());
}

}  // namespace wasm64::aot
