#pragma once

// function_validator: tests and casts of references (specification 3.4.3, 3.4.10).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

namespace detail {

/// What is left of a type when a branch has taken those of another one (specification 3.3.4).
constexpr val_type difference(val_type type, val_type taken) noexcept {
  return val_type::ref(type.heap, type.nullable && !taken.nullable);
}

}  // namespace detail

template <class Sink>
bool function_validator<Sink>::read_ref_type(bool nullable, val_type& type) {
  type = val_type::ref(read_heap_type(in_), nullable);
  return !in_.failed() && supported(type);
}

/// The operand may be anything of the target's hierarchy.
template <class Sink>
bool function_validator<Sink>::cast(op o) {
  val_type target;
  if (!read_ref_type(o == op::ref_test_null || o == op::ref_cast_null, target)) return false;
  const heap_type to = target.heap;
  const heap_type top = top_of(to.is_index() ? abstraction_of(module_.types[to.index()].kind) : to);
  if (!stacks_.pop_val(val_type::ref(top))) return false;
  const bool tests = o == op::ref_test || o == op::ref_test_null;
  if (reachable()) {
    if (tests) sink_->on_ref_test(target);
    else sink_->on_ref_cast(target);
  }
  stacks_.push_val(tests ? types::i32 : target);
  return true;
}

/// Flags: bit 0 the operand may be null, bit 1 the target may be.
template <class Sink>
bool function_validator<Sink>::br_on_cast(op o) {
  const std::uint64_t flags_at = in_.offset();
  const std::uint8_t flags = in_.u8();
  if (flags > 3) return in_.fail(errc::malformed_cast_flags, flags_at);
  std::uint32_t depth = 0;
  val_type from;
  val_type to;
  const control_frame* target = read_label(depth);
  if (target == nullptr || !read_ref_type((flags & 1) != 0, from) || !read_ref_type((flags & 2) != 0, to)) return false;
  if (!is_subtype(module_, to, from)) return fail(errc::type_mismatch, "the target of a cast is no subtype");
  const val_type rest = detail::difference(from, to);
  const bool on_success = o == op::br_on_cast;
  if (!stacks_.pop_val(from) || !pop_label_with_ref(*target, on_success ? to : rest)) return false;
  stacks_.push_val(on_success ? rest : to);
  if (reachable()) sink_->on_br_on_cast(o, depth, to);
  return true;
}

}  // namespace wasm64
