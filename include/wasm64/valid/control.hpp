#pragma once

// function_validator: blocks, branches and calls (specification 3.4.3, 3.4.4).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

template <class Sink>
bool function_validator<Sink>::read_block_signature(std::span<const val_type>& params,
                                                    std::span<const val_type>& results) {
  const block_type type = read_block_type(in_);
  if (in_.failed()) return false;
  if (type.kind == block_type::form::single) {
    if (!supported(type.result)) return false;
    results = single_types_.view(type.result);
  } else if (type.kind == block_type::form::index) {
    if (type.type >= module_.types.size() || module_.types[type.type].kind != comp_kind::func) {
      return fail(errc::unknown_type);
    }
    params = view_of(module_.types[type.type].func.params);
    results = view_of(module_.types[type.type].func.results);
  }
  return true;
}

template <class Sink>
bool function_validator<Sink>::block(op kind) {
  std::span<const val_type> params;
  std::span<const val_type> results;
  if (WASM64_LIKELY(in_.peek() == 0x40)) in_.skip(1);
  else if (!read_block_signature(params, results)) return false;
  if (kind == op::if_ && !stacks_.pop_num(type_code::i32)) return false;
  if (!stacks_.pop_vals(params) || !stacks_.push_ctrl(kind, params, results)) return false;
  sink_->on_block(kind, params, results, reachable());
  return true;
}

template <class Sink>
bool function_validator<Sink>::else_block() {
  if (stacks_.label(0)->opcode != op::if_) return in_.fail(errc::illegal_opcode, at_);
  const bool end_reachable = reachable();
  const control_frame* const closed = stacks_.pop_ctrl();
  if (closed == nullptr) return false;
  if (closed->entered && !end_reachable) sink_->at(op::else_, at_);
  sink_->on_else(end_reachable);
  return stacks_.push_ctrl(op::else_, closed->start_types, closed->end_types);
}

template <class Sink>
bool function_validator<Sink>::end() {
  const bool end_reachable = reachable();
  const control_frame* const closed = stacks_.pop_ctrl();
  if (closed == nullptr) return false;
  const bool has_types = !closed->start_types.empty() || !closed->end_types.empty();
  if (WASM64_UNLIKELY(has_types) && closed->opcode == op::if_) {
    // The missing `else` passes the parameters on as results.
    const bool same_size = closed->start_types.size() == closed->end_types.size();
    for (std::size_t i = 0; same_size && i < closed->start_types.size(); ++i) {
      if (!is_subtype(module_, closed->start_types[i], closed->end_types[i])) return fail(errc::type_mismatch);
    }
    if (!same_size) return fail(errc::type_mismatch, "if without else");
  }
  if (closed->entered && !end_reachable) sink_->at(op::end, at_);
  sink_->on_end(end_reachable);
  if constexpr (repeating_sink<Sink>) {
    repeat_from_ = sink_->repeat_from();
    if (repeat_from_ != 0) return stacks_.push_vals(closed->start_types);
  }
  return stacks_.nesting() == 0 || stacks_.push_vals(closed->end_types);
}

template <class Sink>
WASM64_ALWAYS_INLINE control_frame* function_validator<Sink>::read_label(std::uint32_t& depth) {
  depth = in_.u32();
  control_frame* frame = stacks_.label(depth);
  if (frame == nullptr) fail(errc::unknown_label_index);
  return frame;
}

template <class Sink>
bool function_validator<Sink>::br() {
  std::uint32_t depth = 0;
  const control_frame* target = read_label(depth);
  if (target == nullptr || !stacks_.pop_vals(stacks_.label_types(*target))) return false;
  if (reachable()) sink_->on_br(depth);
  stacks_.unreachable();
  return true;
}

template <class Sink>
bool function_validator<Sink>::br_if() {
  std::uint32_t depth = 0;
  const control_frame* target = read_label(depth);
  if (target == nullptr || !stacks_.pop_num(type_code::i32)) return false;
  if (!stacks_.pop_push_vals(stacks_.label_types(*target))) return false;
  if (reachable()) sink_->on_br_if(depth);
  return true;
}

template <class Sink>
bool function_validator<Sink>::br_table() {
  const std::uint32_t count = in_.u32();
  if (count > in_.remaining()) return in_.fail(errc::length_out_of_bounds);
  if (!stacks_.pop_num(type_code::i32)) return false;
  depths_.clear();
  std::size_t arity = 0;
  ++tables_;
  for (std::uint32_t i = 0; i <= count; ++i) {
    std::uint32_t depth = 0;
    control_frame* target = read_label(depth);
    if (target == nullptr) return false;
    depths_.push_back(depth);
    if (target->checked_by == tables_) continue;  // a target of one byte may have a thousand types
    target->checked_by = tables_;
    const std::span<const val_type> wanted = stacks_.label_types(*target);
    if (i == 0) arity = wanted.size();
    if (wanted.size() != arity) return fail(errc::type_mismatch, "labels of different arity");
    if (!stacks_.check_top(wanted)) return false;
  }
  if (reachable()) sink_->on_br_table(view_of(depths_));
  stacks_.unreachable();
  return true;
}

template <class Sink>
bool function_validator<Sink>::return_() {
  if (!stacks_.pop_vals(view_of(type_->results))) return false;
  if (reachable()) sink_->on_return();
  stacks_.unreachable();
  return true;
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::read_func(const func_type*& type, std::uint32_t& index) {
  index = in_.u32();
  if (index >= module_.func_types.size()) return fail(errc::unknown_function);
  type = &module_.type_of_func(index);
  return true;
}

/// The immediates of the indirect calls; pops the table index.
template <class Sink>
bool function_validator<Sink>::read_indirect(const func_type*& type, std::uint32_t& type_index, std::uint32_t& table) {
  type_index = in_.u32();
  if (!read_table(table)) return false;
  const table_type& of = module_.tables[table].type;
  if (!is_subtype(module_, of.element, types::funcref)) return fail(errc::type_mismatch, "table of functions");
  if (type_index >= module_.types.size() || module_.types[type_index].kind != comp_kind::func) {
    return fail(errc::unknown_type);
  }
  type = &module_.types[type_index].func;
  return stacks_.pop_val(of.limits.address_type());
}

template <class Sink>
bool function_validator<Sink>::call() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  if (!read_func(type, index) || !stacks_.pop_vals(view_of(type->params))) return false;
  if (reachable()) sink_->on_call(index);
  return stacks_.push_vals(view_of(type->results));
}

template <class Sink>
bool function_validator<Sink>::call_indirect() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  std::uint32_t table = 0;
  if (!read_indirect(type, index, table) || !stacks_.pop_vals(view_of(type->params))) return false;
  if (reachable()) sink_->on_call_indirect(index, table);
  return stacks_.push_vals(view_of(type->results));
}

/// A tail call returns the callee's results as the function's own.
template <class Sink>
bool function_validator<Sink>::same_results(const func_type& callee) {
  if (callee.results.size() != type_->results.size()) return fail(errc::type_mismatch, "results of a tail call");
  for (std::size_t i = 0; i < callee.results.size(); ++i) {
    if (!is_subtype(module_, callee.results[i], type_->results[i])) {
      return fail(errc::type_mismatch, "results of a tail call");
    }
  }
  return true;
}

template <class Sink>
bool function_validator<Sink>::return_call() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  if (!read_func(type, index) || !stacks_.pop_vals(view_of(type->params)) || !same_results(*type)) return false;
  if (reachable()) sink_->on_return_call(index);
  stacks_.unreachable();
  return true;
}

template <class Sink>
bool function_validator<Sink>::return_call_indirect() {
  const func_type* type = nullptr;
  std::uint32_t index = 0;
  std::uint32_t table = 0;
  if (!read_indirect(type, index, table) || !stacks_.pop_vals(view_of(type->params)) || !same_results(*type))
    return false;
  if (reachable()) sink_->on_return_call_indirect(index, table);
  stacks_.unreachable();
  return true;
}

}  // namespace wasm64
