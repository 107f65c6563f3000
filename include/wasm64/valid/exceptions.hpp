#pragma once

// function_validator: exceptions, standard and legacy (specification 3.4.4; legacy: the exception-handling proposal's
// document on legacy instructions).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

template <class Sink>
bool function_validator<Sink>::read_tag(std::uint32_t& tag, const func_type*& type) {
  tag = in_.u32();
  if (tag >= module_.tags.size()) return fail(errc::unknown_tag);
  type = &module_.types[module_.tags[tag].type].func;
  return true;
}

/// The values a clause pushes must be those its label takes.
template <class Sink>
bool function_validator<Sink>::check_catch(const catch_clause& clause) {
  const control_frame* target = stacks_.label(clause.depth);
  if (target == nullptr) return fail(errc::unknown_label_index);
  std::span<const val_type> pushed;
  if (clause.has_tag()) {
    if (clause.tag >= module_.tags.size()) return fail(errc::unknown_tag);
    pushed = view_of(module_.types[module_.tags[clause.tag].type].func.params);
  }
  const std::span<const val_type> wanted = stacks_.label_types(*target);
  if (pushed.size() + (clause.has_ref() ? 1 : 0) != wanted.size()) return fail(errc::type_mismatch, "catch clause");
  if (!stacks_.spend(wanted.size())) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const val_type given = i < pushed.size() ? pushed[i] : val_type::ref(heap::exn, false);
    if (!is_subtype(module_, given, wanted[i])) return fail(errc::type_mismatch, "catch clause");
  }
  return true;
}

template <class Sink>
bool function_validator<Sink>::try_table() {
  std::span<const val_type> params;
  std::span<const val_type> results;
  if (!read_block_signature(params, results)) return false;
  const std::uint32_t count = in_.u32();
  if (count > in_.remaining() / 2) return in_.fail(errc::length_out_of_bounds);
  catches_.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    const catch_clause clause = read_catch_clause(in_);
    if (in_.failed() || !check_catch(clause)) return false;
    catches_.push_back(clause);
  }
  if (!stacks_.pop_vals(params) || !stacks_.push_ctrl(op::try_table, params, results)) return false;
  sink_->on_try_table(view_of(catches_), params, results, reachable());
  return true;
}

/// Closes the body of a `try` or the catch body before.
template <class Sink>
const control_frame* function_validator<Sink>::leave_try_body(bool catches) {
  const op opcode = stacks_.label(0)->opcode;
  if (opcode != op::try_ && !(catches && opcode == op::catch_)) {
    return in_.fail(errc::illegal_opcode, at_), nullptr;
  }
  return stacks_.pop_ctrl();
}

template <class Sink>
bool function_validator<Sink>::catch_() {
  std::uint32_t tag = 0;
  const func_type* type = nullptr;
  const bool end_reachable = reachable();
  const control_frame* const closed = read_tag(tag, type) ? leave_try_body(true) : nullptr;
  if (closed == nullptr) return false;
  if (closed->entered && !end_reachable) sink_->at(op::catch_, at_);
  sink_->on_catch(tag, view_of(type->params), end_reachable);
  return stacks_.push_ctrl(op::catch_, view_of(type->params), closed->end_types);
}

template <class Sink>
bool function_validator<Sink>::catch_all() {
  const bool end_reachable = reachable();
  const control_frame* const closed = leave_try_body(true);
  if (closed == nullptr) return false;
  if (closed->entered && !end_reachable) sink_->at(op::catch_all, at_);
  sink_->on_catch_all(end_reachable);
  return stacks_.push_ctrl(op::catch_all, {}, closed->end_types);
}

template <class Sink>
bool function_validator<Sink>::delegate() {
  const bool end_reachable = reachable();
  const control_frame* const closed = leave_try_body(false);
  if (closed == nullptr) return false;
  std::uint32_t depth = 0;
  if (read_label(depth) == nullptr) return false;
  if (closed->entered && !end_reachable) sink_->at(op::delegate, at_);
  sink_->on_delegate(depth, end_reachable);
  return stacks_.push_vals(closed->end_types);
}

template <class Sink>
bool function_validator<Sink>::rethrow() {
  std::uint32_t depth = 0;
  const control_frame* target = read_label(depth);
  if (target == nullptr) return false;
  if (target->opcode != op::catch_ && target->opcode != op::catch_all) return fail(errc::invalid_rethrow_label);
  if (reachable()) sink_->on_rethrow(depth);
  stacks_.unreachable();
  return true;
}

template <class Sink>
bool function_validator<Sink>::throw_() {
  std::uint32_t tag = 0;
  const func_type* type = nullptr;
  if (!read_tag(tag, type) || !stacks_.pop_vals(view_of(type->params))) return false;
  if (reachable()) sink_->on_throw(tag);
  stacks_.unreachable();
  return true;
}

template <class Sink>
bool function_validator<Sink>::throw_ref() {
  if (!stacks_.pop_val(types::exnref)) return false;
  if (reachable()) sink_->on_throw_ref();
  stacks_.unreachable();
  return true;
}

}  // namespace wasm64
