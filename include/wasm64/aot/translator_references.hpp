#pragma once

// translator: references. They are in the slots where the interpreter has them, all the time, and so are the places
// that hold none any more: the collector and suspension see what they would see there.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// Gives the frame the part of a header by which the collector finds it, and clears the slots it looks at. The
/// outermost compiled function has its caller there already.
template <code_emitter E>
void translator<E>::link_frame() {
  const std::int32_t first = map_ == nullptr ? 0 : map_->code.first_ref;
  const std::int32_t count = map_ == nullptr ? 0 : map_->code.ref_slots;
  constexpr std::int32_t few = 16;
  if (count <= few) {
    for (std::int32_t i = 0; i < count; ++i) store_slot(frame_, first + i, i64(0), value_type::i64);
  } else {
    const variable at = e_.new_variable(value_type::i64);
    const block again = e_.new_block(), behind = e_.new_block();
    e_.set(at, i64(0));
    e_.jump(again);
    e_.begin(again);
    const value now = e_.get(at);
    e_.store({value_type::i64, 3, false, region::frame, false}, frame_, e_.binary(primitive::shl, now, i64(3)),
             static_cast<std::uint64_t>(std::int64_t{first} * 8), i64(0));
    const value next = e_.binary(primitive::add, now, i64(1));
    e_.set(at, next);
    e_.branch(e_.binary(primitive::lt_u, next, i64(static_cast<std::uint32_t>(count))), again, behind,
              likelihood::unknown);
    e_.begin(behind);
  }
  const value instance_of = element(offsetof(context, funcs), function_);
  const value code = load_context(instance_of, layout::func_code_place, value_type::address, true);
  const access narrow{value_type::i32, 2, false, region::context, false};
  e_.store(narrow, code, value{}, layout::code_first_ref, i32(static_cast<std::uint32_t>(first)));
  e_.store(narrow, code, value{}, layout::code_ref_slots, i32(static_cast<std::uint32_t>(count)));
  store_slot(frame_, frame::function, e_.unary(primitive::reinterpret, value_type::i64, code), value_type::i64);
  const value own = e_.unary(primitive::reinterpret, value_type::i64, frame_);
  outer_frame_ = load_context(machine_, layout::machine_frame, value_type::i64, false);
  const value is_outermost = e_.binary(primitive::eq, outer_frame_, own);
  const value caller = e_.select(is_outermost, load_slot(frame::caller, value_type::i64), outer_frame_);
  store_slot(frame_, frame::caller, caller, value_type::i64);
  e_.store({value_type::i64, 3, false, region::context, false}, machine_, value{}, layout::machine_frame, own);
}

/// Wherever the function is left.
template <code_emitter E>
void translator<E>::unlink_frame() {
  if (!plan_->holds_references) return;
  e_.store({value_type::i64, 3, false, region::context, false}, machine_, value{}, layout::machine_frame, outer_frame_);
}

}  // namespace wasm64::aot
