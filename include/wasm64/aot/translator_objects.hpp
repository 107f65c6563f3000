#pragma once

// translator: casts, structures and arrays (specification 4.6.3, 4.6.8, 4.6.9).

#include "wasm64/aot/translator.hpp"
#include "wasm64/lower/references.hpp"

namespace wasm64::aot {

template <code_emitter E>
typename E::value translator<E>::address_of_object(value reference) {
  trap_if(e_.binary(primitive::eq, reference, i64(0)), errc::trap_null_reference);
  return e_.unary(primitive::reinterpret, value_type::address, reference);
}

// Casts.

/// The lower half of the header of objects of a type.
template <code_emitter E>
typename E::value translator<E>::header_of_type(std::uint32_t type) {
  const value ids = load_context(context_, offsetof(context, type_ids), value_type::address, true);
  const value id = load_context(ids, std::uint64_t{type} * 4, value_type::i32, true, 2);
  const auto kind = module_.types[type].kind == comp_kind::array ? object::kind::array : object::kind::struct_;
  return e_.binary(primitive::or_, e_.binary(primitive::shl, id, i32(3)), i32(object::tag(kind, 0)));
}

/// A flag.
template <code_emitter E>
typename E::value translator<E>::is_of(value reference, val_type target) {
  const heap_type type = target.heap;
  if (type.is_index()) return is_of_defined(reference, target);
  if (type == top_of(type)) {
    if (target.nullable) return e_.constant(value_type::flag, 1);
    return e_.binary(primitive::ne, reference, i64(0));
  }
  if (type == heap::none || type == heap::nofunc || type == heap::noextern || type == heap::noexn) {
    if (!target.nullable) return e_.constant(value_type::flag, 0);
    return e_.binary(primitive::eq, reference, i64(0));
  }
  using namespace reference_set;
  std::uint32_t set = target.nullable ? null : 0;
  if (type == heap::eq) set |= i31 | struct_ | array;
  else if (type == heap::i31) set |= reference_set::i31;
  else set |= type == heap::array ? array : struct_;
  const std::int32_t slot = home(stack_.size());
  store_reference(slot, reference);
  const value at = e_.displaced(frame_, std::int64_t{slot} * 8);
  call_helper(helper::operate, at, budget(), i64(static_cast<std::uint32_t>(operation::ref_test_kind)), i64(set));
  return e_.binary(primitive::ne, load_slot(slot, value_type::i64), i64(0));
}

/// Most references that are asked are of the very type; the rest is up to the engine.
template <code_emitter E>
typename E::value translator<E>::is_of_defined(value reference, val_type target) {
  const std::uint32_t type = target.heap.index();
  const bool is_func = module_.types[type].kind == comp_kind::func;
  const variable holds = e_.new_variable(value_type::i32);
  const block addressed = e_.new_block(), looks = e_.new_block(), other = e_.new_block(true), behind = e_.new_block();
  e_.set(holds, i32(target.nullable ? 1 : 0));
  e_.branch(e_.binary(primitive::eq, reference, i64(0)), behind, addressed, likelihood::unknown);
  e_.begin(addressed);
  e_.set(holds, i32(0));
  const value tag_bits = e_.binary(primitive::and_, reference, i64(reference::tag_mask));
  e_.branch(e_.binary(primitive::ne, tag_bits, i64(0)), behind, looks, likelihood::unknown);
  e_.begin(looks);
  const value object = e_.unary(primitive::reinterpret, value_type::address, reference);
  const value ids = load_context(context_, offsetof(context, type_ids), value_type::address, true);
  const value wanted =
      is_func ? load_context(ids, std::uint64_t{type} * 4, value_type::i32, true, 2) : header_of_type(type);
  const value given = load_context(object, is_func ? layout::func_type_id : 0, value_type::i32, false, 2);
  e_.set(holds, i32(1));
  e_.branch(e_.binary(primitive::eq, given, wanted), behind, other, likelihood::unknown);
  e_.begin(other);
  const std::int32_t slot = home(stack_.size());
  store_reference(slot, reference);
  const value at = e_.displaced(frame_, std::int64_t{slot} * 8);
  call_helper(helper::operate, at, budget(), i64(static_cast<std::uint32_t>(operation::ref_test)), i64(type));
  e_.set(holds, load_slot(slot, value_type::i32));
  e_.jump(behind);
  e_.begin(behind);
  return e_.binary(primitive::ne, e_.get(holds), i32(0));
}

template <code_emitter E>
void translator<E>::on_ref_cast(val_type target) {
  settle_nulls(1);
  const value holds = is_of(use(stack_.back()), target);
  trap_if(e_.binary(primitive::xor_, holds, e_.constant(value_type::flag, 1)), errc::trap_cast_failure);
}

template <code_emitter E>
void translator<E>::on_br_on_cast(op o, std::uint32_t depth, val_type target) {
  settle_nulls(1);
  value holds = is_of(use(stack_.back()), target);
  if (o == op::br_on_cast_fail) holds = e_.binary(primitive::xor_, holds, e_.constant(value_type::flag, 1));
  branch_if(holds, depth);
}

template <code_emitter E>
void translator<E>::on_ref_op(op o) {
  switch (o) {
    case op::ref_eq: {
      const operand b = pop(), a = pop();
      const value first = reference_in_slot(a);
      return push(e_.binary(primitive::eq, first, use(b)), value_type::flag);
    }
    case op::ref_i31: {
      const value bits = e_.binary(primitive::shl, index_of(pop()), i64(33));
      const value number = e_.binary(primitive::shr_u, bits, i64(32));
      return push_made(e_.binary(primitive::or_, number, i64(reference::i31_bit)));
    }
    case op::i31_get_s:
    case op::i31_get_u: {
      const value reference = reference_in_slot(pop());
      trap_if(e_.binary(primitive::eq, reference, i64(0)), errc::trap_null_reference);
      const value bits = e_.unary(primitive::wrap, value_type::i32, reference);
      return push(e_.binary(o == op::i31_get_s ? primitive::shr_s : primitive::shr_u, bits, i32(1)), value_type::i32);
    }
    default: return;  // references of both hierarchies look alike
  }
}

// Fields and elements.

template <code_emitter E>
void translator<E>::get_stored(val_type storage, bool is_signed, value base, value index, std::uint64_t offset) {
  const val_type type = object::unpacked(storage);
  const access how{value_type_of(type), static_cast<std::uint8_t>(object::log2_size(storage)), is_signed,
                   region::context, false};
  const value v = e_.load(how, base, index, offset);
  if (type.is_ref()) push_made(v);
  else push(v, value_type_of(type));
}

template <code_emitter E>
void translator<E>::set_stored(val_type storage, value base, value index, std::uint64_t offset, value v) {
  const access how{value_type_of(object::unpacked(storage)), static_cast<std::uint8_t>(object::log2_size(storage)),
                   false, region::context, false};
  e_.store(how, base, index, offset, v);
}

/// The element's place behind the header, in bytes.
template <code_emitter E>
typename E::value translator<E>::element_index(value array, value index, unsigned log2) {
  const value length = load_context(array, object::length_shift / 8, value_type::i32, false, 2);
  trap_if(e_.binary(primitive::ge_u, index, e_.unary(primitive::extend_u, value_type::i64, length)),
          errc::trap_array_out_of_bounds);
  return log2 == 0 ? index : e_.binary(primitive::shl, index, i64(log2));
}

/// The engine makes an object out of the operands on top.
template <code_emitter E>
void translator<E>::make(operation o, std::uint64_t immediates, std::size_t operands, bool pays) {
  settle_nulls(operands);
  const std::int32_t slot = operate(o, immediates, operands, pays);
  push_made(load_slot(slot, value_type::i64));
}

/// Whole words from the first to the last, as the engine does it: a small value's upper part is written over by the
/// next.
template <code_emitter E>
void translator<E>::store_fields(value object, std::uint32_t type, std::uint32_t length, std::size_t first) {
  const object::layout& l = layout_of(type);
  const bool is_array = module_.types[type].kind == comp_kind::array;
  for (std::size_t i = 0; first + i < stack_.size(); ++i) {
    const operand& o = stack_[first + i];
    value v = visible(o);
    value_type t = o.type == value_type::flag ? value_type::i32 : o.type;
    if (t == value_type::f32) v = e_.unary(primitive::reinterpret, value_type::i32, v);
    if (t == value_type::f32 || t == value_type::i32) v = e_.unary(primitive::extend_u, value_type::i64, v);
    if (t != value_type::v128 && t != value_type::f64) t = value_type::i64;
    const std::uint64_t at = is_array ? object::header_size + (std::uint64_t{i} << l.log2_element) : l.offsets[i];
    e_.store({t, static_cast<std::uint8_t>(t == value_type::v128 ? 4 : 3), false, region::context, false}, object,
             value{}, at, v);
  }
  for (std::uint32_t at = object::header_size; first == stack_.size() && at < l.size && length == 0; at += 8) {
    e_.store({value_type::i64, 3, false, region::context, false}, object, value{}, at, i64(0));
  }
}

/// A small object out of the operands on top, or without any a structure of zeros: the common case is an addition and a
/// comparison.
template <code_emitter E>
void translator<E>::make_inline(operation o, std::uint32_t type, std::uint32_t length) {
  const object::layout& l = layout_of(type);
  const bool is_array = module_.types[type].kind == comp_kind::array;
  const std::size_t operands = o == operation::struct_new_default ? 0 : is_array ? length : l.types.size();
  const std::uint64_t size = is_array ? object::array_size(length, l.log2_element) : l.size;
  const std::uint64_t immediates = type | std::uint64_t{length} << 32;
  constexpr std::uint64_t most_bytes = 160;
  if (size > most_bytes) return make(o, immediates, operands, false);
  settle_nulls(operands);
  const variable made = e_.new_variable(value_type::i64);
  const block fits = e_.new_block(), full = e_.new_block(true), behind = e_.new_block();
  const value top = load_context(machine(), layout::machine_heap_top, value_type::i64, false);
  const value end = load_context(machine(), layout::machine_heap_end, value_type::i64, false);
  e_.branch(e_.binary(primitive::lt_u, e_.binary(primitive::sub, end, top), i64(size)), full, fits,
            likelihood::unlikely);
  e_.begin(fits);
  const access whole{value_type::i64, 3, false, region::context, false};
  e_.store(whole, machine(), value{}, layout::machine_heap_top, e_.binary(primitive::add, top, i64(size)));
  const value object = e_.unary(primitive::reinterpret, value_type::address, top);
  value header = e_.unary(primitive::extend_u, value_type::i64, header_of_type(type));
  if (is_array) header = e_.binary(primitive::or_, header, i64(std::uint64_t{length} << object::length_shift));
  e_.store(whole, object, value{}, 0, header);
  store_fields(object, type, length, stack_.size() - operands);
  e_.set(made, top);
  e_.jump(behind);
  e_.begin(full);
  e_.set(made, load_slot(operate(o, immediates, operands, false), value_type::i64));
  base_path_ = size_path_ = 0;  // what was loaded again was so here only
  e_.jump(behind);
  e_.begin(behind);
  push_made(e_.get(made));
}

template <code_emitter E>
void translator<E>::on_struct_op(op o, std::uint32_t type, std::uint32_t field) {
  const object::layout& l = layout_of(type);
  switch (o) {
    case op::struct_new: return make_inline(operation::struct_new, type, 0);
    case op::struct_new_default:
      add_cost(l.size >> 6);  // as lowering does
      return make_inline(operation::struct_new_default, type, 0);
    case op::struct_set: {
      const operand v = pop();
      const value stored = v.is_ref ? reference_in_slot(v) : visible(v);
      const value object = address_of_object(reference_in_slot(pop()));
      return set_stored(l.types[field], object, value{}, l.offsets[field], stored);
    }
    default: {
      const value object = address_of_object(reference_in_slot(pop()));
      return get_stored(l.types[field], o == op::struct_get_s, object, value{}, l.offsets[field]);
    }
  }
}

template <code_emitter E>
void translator<E>::on_array_op(op o, std::uint32_t type, std::uint32_t other) {
  if (o == op::array_len) {
    const value array = address_of_object(reference_in_slot(pop()));
    return push(load_context(array, object::length_shift / 8, value_type::i32, false, 2), value_type::i32);
  }
  const object::layout& l = layout_of(type);
  const std::uint64_t both = type | std::uint64_t{other} << 32;
  const auto act = [this](operation what, std::uint64_t immediates, std::size_t operands) {
    settle_nulls(operands);
    operate(what, immediates, operands, true);
  };
  switch (o) {
    case op::array_get:
    case op::array_get_s:
    case op::array_get_u: {
      const value index = index_of(pop());
      const value array = address_of_object(reference_in_slot(pop()));
      const value at = element_index(array, index, l.log2_element);
      return get_stored(l.types[0], o == op::array_get_s, array, at, object::header_size);
    }
    case op::array_set: {
      const operand v = pop();
      const value stored = v.is_ref ? reference_in_slot(v) : visible(v);
      const value index = index_of(pop());
      const value array = address_of_object(reference_in_slot(pop()));
      return set_stored(l.types[0], array, element_index(array, index, l.log2_element), object::header_size, stored);
    }
    case op::array_new: return make(operation::array_new, type, 2, true);
    case op::array_new_default: return make(operation::array_new_default, type, 1, true);
    case op::array_new_fixed: return make_inline(operation::array_new_fixed, type, other);
    case op::array_new_data: return make(operation::array_new_data, both, 2, true);
    case op::array_new_elem: return make(operation::array_new_elem, both, 2, true);
    case op::array_fill: return act(operation::array_fill, type, 4);
    case op::array_copy: return act(operation::array_copy, type, 5);
    case op::array_init_data: return act(operation::array_init_data, both, 4);
    default: return act(operation::array_init_elem, both, 4);
  }
}

}  // namespace wasm64::aot
