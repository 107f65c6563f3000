#pragma once

// function_validator: references, null or not, and what they may be converted to (specification 3.4.3, 3.4.10, 3.4.11).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

template <class Sink>
bool function_validator<Sink>::ref_null() {
  const val_type type = val_type::ref(read_heap_type(in_));
  if (in_.failed() || !supported(type)) return false;
  if (reachable()) sink_->on_ref_null(type.heap);
  stacks_.push_val(type);
  return true;
}

template <class Sink>
bool function_validator<Sink>::ref_is_null() {
  val_type type;
  if (!stacks_.pop_ref(type)) return false;
  if (reachable()) sink_->on_ref_is_null();
  stacks_.push_num(types::i32);
  return true;
}

template <class Sink>
bool function_validator<Sink>::ref_func() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  if (!read_func(type, index)) return false;
  if (!is_declared(module_, index)) return fail(errc::undeclared_function_ref);
  if (reachable()) sink_->on_ref_func(index);
  stacks_.push_val(val_type::ref_to(module_.func_types[index], false));
  return true;
}

template <class Sink>
bool function_validator<Sink>::ref_as_non_null() {
  val_type type;
  if (!stacks_.pop_ref(type)) return false;
  if (reachable()) sink_->on_ref_as_non_null();
  stacks_.push_val(val_type::ref(type.heap, false));
  return true;
}

template <class Sink>
bool function_validator<Sink>::br_on_null() {
  std::uint32_t depth = 0;
  val_type type;
  const control_frame* target = read_label(depth);
  if (target == nullptr || !stacks_.pop_ref(type) || !stacks_.pop_push_vals(stacks_.label_types(*target))) return false;
  stacks_.push_val(val_type::ref(type.heap, false));
  if (reachable()) sink_->on_br_on_null(depth);
  return true;
}

/// The label of a branch that takes a reference along: what it takes besides, when the reference fits.
template <class Sink>
bool function_validator<Sink>::pop_label_with_ref(const control_frame& target, val_type taken) {
  const std::span<const val_type> wanted = stacks_.label_types(target);
  if (wanted.empty()) return fail(errc::type_mismatch, "label without a reference");
  if (!is_subtype(module_, taken, wanted.back())) return stacks_.mismatch(wanted.back(), taken);
  return stacks_.pop_push_vals(wanted.first(wanted.size() - 1));
}

template <class Sink>
bool function_validator<Sink>::br_on_non_null() {
  std::uint32_t depth = 0;
  val_type type;
  const control_frame* target = read_label(depth);
  if (target == nullptr || !stacks_.pop_ref(type)) return false;
  if (!pop_label_with_ref(*target, val_type::ref(type.heap, false))) return false;
  if (reachable()) sink_->on_br_on_non_null(depth);
  return true;
}

/// The immediate of the calls by reference; pops the reference and the arguments.
template <class Sink>
bool function_validator<Sink>::read_call_ref(const func_type*& type, std::uint32_t& index) {
  if (!read_type(index, comp_kind::func)) return false;
  type = &module_.types[index].func;
  return stacks_.pop_val(val_type::ref_to(index, true)) && stacks_.pop_vals(view_of(type->params));
}

template <class Sink>
bool function_validator<Sink>::call_ref() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  if (!read_call_ref(type, index)) return false;
  if (reachable()) sink_->on_call_ref(index);
  return stacks_.push_vals(view_of(type->results));
}

template <class Sink>
bool function_validator<Sink>::return_call_ref() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  if (!read_call_ref(type, index) || !same_results(*type)) return false;
  if (reachable()) sink_->on_return_call_ref(index);
  stacks_.unreachable();
  return true;
}

/// ref.eq, ref.i31, i31.get_s, i31.get_u.
template <class Sink>
bool function_validator<Sink>::ref_operation(op o) {
  const bool makes = o == op::ref_i31;
  if (o == op::ref_eq) {
    if (!stacks_.pop_val(val_type::ref(heap::eq)) || !stacks_.pop_val(val_type::ref(heap::eq))) return false;
  } else if (!stacks_.pop_val(makes ? types::i32 : val_type::ref(heap::i31))) {
    return false;
  }
  if (reachable()) sink_->on_ref_op(o);
  stacks_.push_val(makes ? val_type::ref(heap::i31, false) : types::i32);
  return true;
}

/// any.convert_extern, extern.convert_any. The result is null when the operand is.
template <class Sink>
bool function_validator<Sink>::ref_conversion(op o) {
  const bool to_any = o == op::any_convert_extern;
  const val_type wanted = val_type::ref(to_any ? heap::extern_ : heap::any);
  val_type type;
  if (!stacks_.pop_ref(type)) return false;
  if (!is_subtype(module_, type, wanted)) return stacks_.mismatch(wanted, type);
  if (reachable()) sink_->on_ref_op(o);
  stacks_.push_val(val_type::ref(to_any ? heap::any : heap::extern_, type.nullable));
  return true;
}

}  // namespace wasm64
