#pragma once

// translator: references. They are in the slots where the interpreter has them, all the time, and so are the places
// that hold none any more: the collector and suspension see what they would see there.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// Gives the frame the part of a header by which the collector finds it, and clears the slots it looks at.
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
  outer_frame_ = load_context(machine(), layout::machine_frame, value_type::i64, false);
  store_slot(frame_, frame::caller, outer_frame_, value_type::i64);
  e_.store({value_type::i64, 3, false, region::context, false}, machine(), value{}, layout::machine_frame, own);
}

/// Wherever the function is left.
template <code_emitter E>
void translator<E>::unlink_frame() {
  if (!plan_->holds_references) return;
  e_.store({value_type::i64, 3, false, region::context, false}, machine(), value{}, layout::machine_frame,
           outer_frame_);
}

// Operands. Everything here stores where and when `lowering` does (lower/operands.hpp).

template <code_emitter E>
std::size_t translator<E>::references_in(std::span<const val_type> types) noexcept {
  std::size_t count = 0;
  for (const val_type type : types) count += type.is_ref() ? 1 : 0;
  return count;
}

/// One that is in its home already.
template <code_emitter E>
void translator<E>::push_reference() {
  operand o;
  o.is_ref = true;
  o.slot = ref_home(refs_);
  push(o);
}

template <code_emitter E>
void translator<E>::push_null() {
  operand o;
  o.is_ref = o.is_constant = true;
  push(o);
}

/// What came from somewhere else.
template <code_emitter E>
void translator<E>::push_value(value v, val_type type) {
  if (!type.is_ref()) return push(v, value_type_of(type));
  store_reference(ref_home(refs_), v);
  push_reference();
}

/// The result of an instruction. Where a local or a label takes it lowering has put it there at once.
template <code_emitter E>
void translator<E>::push_made(value reference) {
  const std::int32_t slot = made_slot();
  store_reference(slot, reference);
  push_reference();
  stack_.back().slot = slot;
}

/// The destination of the instruction's last cell.
template <code_emitter E>
std::int32_t translator<E>::made_slot() {
  if (map_ == nullptr) return 0;
  auto p = std::upper_bound(map_->cells.begin(), map_->cells.end(), offset_,
                            [](std::uint32_t offset, const code_position& c) { return offset < c.offset; });
  if (p == map_->cells.begin() || (--p)->offset != offset_) {
    failed_ = true;
    return 0;
  }
  return static_cast<std::int16_t>(map_->code.words[p->word + 1]);
}

/// The reference, of which a cell reads the slot: null goes to its home.
template <code_emitter E>
typename E::value translator<E>::reference_in_slot(const operand& o) {
  const value v = use(o);
  if (o.is_constant) store_reference(ref_home(o.refs), v);
  return v;
}

/// Puts an entry of the stack into its home.
template <code_emitter E>
void translator<E>::settle(operand& o) {
  const std::int32_t home = ref_home(o.refs);
  if (!o.is_ref || (!o.is_constant && o.slot == home)) return;
  store_reference(home, use(o));
  o.is_constant = o.reads_local = false;
  o.slot = home;
}

/// Before control forks.
template <code_emitter E>
void translator<E>::settle_locals() {
  if (!plan_->holds_references) return;
  work_ += stack_.size();
  for (operand& o : stack_) {
    if (o.reads_local) settle(o);
  }
}

template <code_emitter E>
void translator<E>::settle_top(std::size_t count) {
  if (!plan_->holds_references) return;
  work_ += count;
  for (std::size_t i = stack_.size() - count; i < stack_.size(); ++i) settle(stack_[i]);
}

/// In front of an instruction that may stop for want of fuel.
template <code_emitter E>
void translator<E>::settle_nulls(std::size_t count) {
  for (std::size_t i = stack_.size() - count; i < stack_.size(); ++i) {
    if (stack_[i].is_constant) settle(stack_[i]);
  }
}

template <code_emitter E>
void translator<E>::set_reference(std::uint32_t index, const operand& o) {
  local_state& local = locals_[index];
  if (o.reads_local && o.local == index) return;
  if (o.is_constant && local.is_untouched && open_loops_ == 0) return;
  local.is_untouched = false;
  work_ += stack_.size();
  for (operand& below : stack_) {
    if (below.reads_local && below.local == index) settle(below);
  }
  if (o.is_constant || o.slot != local.slot || o.reads_local) store_reference(local.slot, use(o));
}

/// Whether what a branch takes along is where the label has it; on the stack it is at home.
template <code_emitter E>
bool translator<E>::in_place(const control& to) const noexcept {
  const auto count = static_cast<std::int32_t>(references_in(label_types(to)));
  return count == 0 || refs_ - count == to.refs;
}

/// Moves the references on top to where the label has them. That is never above them.
template <code_emitter E>
void translator<E>::place_references(control& to) {
  const std::span<const val_type> types = label_types(to);
  if (references_in(types) == 0) return;
  constexpr std::size_t few = 8;  // more are moved at once, from their homes
  if (types.size() > few) settle_top(types.size());
  std::int32_t slot = ref_home(to.refs);
  for (std::size_t i = stack_.size() - types.size(); i < stack_.size(); ++i) {
    const operand& o = stack_[i];
    if (!o.is_ref) continue;
    if (o.is_constant || o.slot != slot) store_reference(slot, use(o));
    ++slot;
  }
}

// Instructions.

template <code_emitter E>
void translator<E>::on_ref_null(heap_type) {
  push_null();
}

template <code_emitter E>
void translator<E>::on_ref_is_null() {
  push(e_.binary(primitive::eq, reference_in_slot(pop()), i64(0)), value_type::flag);
}

template <code_emitter E>
void translator<E>::on_ref_func(std::uint32_t function) {
  const value f = element(offsetof(context, funcs), function);
  push_made(e_.unary(primitive::reinterpret, value_type::i64, f));
}

template <code_emitter E>
void translator<E>::on_ref_as_non_null() {
  settle_nulls(1);
  trap_if(e_.binary(primitive::eq, use(stack_.back()), i64(0)), errc::trap_null_reference);
}

template <code_emitter E>
void translator<E>::on_br_on_null(std::uint32_t depth) {
  operand o = pop();
  branch_if(e_.binary(primitive::eq, reference_in_slot(o), i64(0)), depth);
  if (!o.reads_local) return push_reference();
  push(o);
}

template <code_emitter E>
void translator<E>::on_br_on_non_null(std::uint32_t depth) {
  settle_nulls(1);
  branch_if(e_.binary(primitive::ne, use(stack_.back()), i64(0)), depth);
  pop();
}

template <code_emitter E>
void translator<E>::on_call_ref(std::uint32_t type_index) {
  need_guard();
  const value f = reference_in_slot(pop());
  wasm64::vector<value> arguments;
  pop_arguments(module_.types[type_index].func, arguments);
  const map_point* const point = find_point(map_point::place::call);
  trap_if(e_.binary(primitive::eq, f, i64(0)), errc::trap_null_reference);
  call_value(type_index, f, arguments, point, true);
}

/// Where an element is, having trapped if there is none.
template <code_emitter E>
typename translator<E>::place translator<E>::table_place(value index, std::uint32_t table, errc outside) {
  const limits_type& l = module_.tables[table].type.limits;
  const value object = table == 0 ? load_context(context_, offsetof(context, table), value_type::address, true)
                                  : element(offsetof(context, tables), table);
  const auto trap_beyond = [&](value size) { trap_if(e_.binary(primitive::ge_u, index, size), outside); };
  const auto load_size = [&] { return load_context(object, layout::table_size, value_type::i64, false); };
  if (l.has_max && l.max == l.min) {
    trap_beyond(i64(l.min));
  } else if (l.min == 0) {
    trap_beyond(load_size());
  } else {  // tables only grow
    const block beyond = e_.new_block(true), within = e_.new_block();
    e_.branch(e_.binary(primitive::lt_u, index, i64(l.min)), within, beyond, likelihood::likely);
    e_.begin(beyond);
    trap_beyond(load_size());
    e_.jump(within);
    e_.begin(within);
  }
  const value elements = load_context(object, layout::table_data, value_type::address, false);
  return {elements, e_.binary(primitive::shl, index, i64(3)), 0};
}

template <code_emitter E>
void translator<E>::table_access(op o, std::uint32_t table) {
  value v{};
  if (o == op::table_set) v = reference_in_slot(pop());
  const place at = table_place(index_of(pop()), table, errc::trap_table_out_of_bounds);
  const access how{value_type::i64, 3, false, region::context, false};
  if (o == op::table_set) e_.store(how, at.base, at.index, at.offset, v);
  else push_made(e_.load(how, at.base, at.index, at.offset));
}

}  // namespace wasm64::aot
