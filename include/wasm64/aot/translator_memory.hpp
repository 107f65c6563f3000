#pragma once

// translator: linear memory, globals, tables, atomics.

#include "wasm64/aot/translator.hpp"
#include "wasm64/lower/atomics.hpp"

namespace wasm64::aot {

template <code_emitter E>
typename E::value translator<E>::memory_object(std::uint32_t index) {
  if (index != 0) return element(offsetof(context, memories), index);
  if constexpr (plans) plan_->uses_memory = true;
  return memory_;
}
template <code_emitter E>
typename E::value translator<E>::memory_base(std::uint32_t index) {
  const value object = memory_object(index);
  if (index != 0) return load_context(object, layout::memory_base, value_type::address, false);
  if (base_path_ != path_) base_value_ = e_.get(base_);
  base_path_ = path_;
  return base_value_;
}
template <code_emitter E>
typename E::value translator<E>::memory_bytes(std::uint32_t index) {
  const value object = memory_object(index);
  if (index != 0) return load_context(object, layout::memory_size, value_type::i64, false);
  if (size_path_ != path_) size_value_ = e_.get(size_);
  size_path_ = path_;
  return size_value_;
}

/// Where an access goes, having trapped if it is out of bounds. Memories never shrink, so what was in bounds stays so.
template <code_emitter E>
typename translator<E>::place translator<E>::effective(const operand& address, std::uint64_t offset,
                                                       std::uint32_t width, std::uint32_t memory) {
  const std::uint64_t smallest = min_bytes(module_.memories[memory]);
  std::uint64_t reach = 0;
  const bool wraps = __builtin_add_overflow(offset, width, &reach);
  std::uint64_t end = 0;
  if (address.is_constant && !wraps && !__builtin_add_overflow(address.bits, reach, &end) && end <= smallest) {
    return {memory_base(memory), value{}, address.bits + offset};
  }
  const value index = index_of(address);
  if (is_unasked_ && plan_->is_covered(offset_)) return {memory_base(memory), index, offset};
  const value known_as = address.is_constant ? index : address.v;
  checked_address* known = nullptr;
  for (checked_address& c : checked_) {
    if (c.address == known_as && c.memory == memory) known = &c;
  }
  if (wraps) trap_if(e_.constant(value_type::flag, 1), errc::trap_memory_out_of_bounds);
  if (!wraps && (known == nullptr || known->reach < reach)) {
    const value size = memory_bytes(memory);
    if (reach > smallest) trap_if(e_.binary(primitive::gt_u, i64(reach), size), errc::trap_memory_out_of_bounds);
    const value last = e_.binary(primitive::sub, size, i64(reach));
    trap_if(e_.binary(primitive::gt_u, index, last), errc::trap_memory_out_of_bounds);
    constexpr std::size_t most = 8;  // more are seldom of use again
    if (known != nullptr) known->reach = reach;
    else if (checked_.size() < most) checked_.push_back({known_as, memory, reach});
    else checked_[checked_next_++ % most] = {known_as, memory, reach};
  }
  return {memory_base(memory), index, offset};
}

namespace detail {

constexpr bool is_signed_load(op o) noexcept {
  const std::string_view text = info(o).text;
  return text.size() > 2 && text.substr(text.size() - 2) == "_s";
}
constexpr value_type type_of_letter(char letter) noexcept {
  switch (letter) {
    case 'i': return value_type::i32;
    case 'I': return value_type::i64;
    case 'f': return value_type::f32;
    case 'F': return value_type::f64;
    default: return value_type::v128;
  }
}

}  // namespace detail

template <code_emitter E>
void translator<E>::on_load(op o, const memarg& arg) {
  if (info(o).feature == op_feature::simd) return vector_load(o, arg);
  const access how{detail::type_of_letter(info(o).results[0]), access_log2(o), detail::is_signed_load(o)};
  const operand address = pop();
  const place at = effective(address, arg.offset, 1u << how.log2, arg.memory);
  settle_for(extent_of(address, arg.offset, 1u << how.log2, arg.memory));
  push(e_.load(how, at.base, at.index, at.offset), how.type);
}

template <code_emitter E>
void translator<E>::on_store(op o, const memarg& arg) {
  const operand stored = pop(), address = pop();
  const access how{detail::type_of_letter(info(o).params[1]), access_log2(o)};
  // Loops that do not ask may become loops over vectors, which branch nowhere.
  const bool is_raw = stored.nan == nan_bits::open && is_float(stored.type) && !is_unasked_;
  const value v = is_raw ? use(stored) : visible(stored);
  const place at = effective(address, arg.offset, 1u << how.log2, arg.memory);
  const extent to = extent_of(address, arg.offset, 1u << how.log2, arg.memory);
  settle_for(to);
  if (is_raw) store_raw(how, at, to, v);
  else e_.store(how, at.base, at.index, at.offset, v);
}

// Globals.

template <code_emitter E>
void translator<E>::on_global_get(std::uint32_t index, val_type type) {
  static_assert(layout::global_high == layout::global_bits + 8);
  const value_type t = value_type_of(type);
  const bool half = t == value_type::i32 || t == value_type::f32;
  const std::uint8_t log2 = half ? 2 : t == value_type::v128 ? 4 : 3;
  const value object = element(offsetof(context, globals), index);
  // The collector moves objects, so that none of them is at the same place all the time.
  const bool is_invariant = !module_.globals[index].type.is_mutable && !type.is_ref();
  const value v = load_context(object, layout::global_bits, t, is_invariant, log2);
  if (type.is_ref()) push_made(v);
  else push(v, t);
}

template <code_emitter E>
void translator<E>::on_global_set(std::uint32_t index, val_type type) {
  value_type t = value_type_of(type);
  const operand o = pop();
  value v = o.is_ref ? reference_in_slot(o) : visible(o);
  if (t == value_type::f32) v = e_.unary(primitive::reinterpret, value_type::i32, v);
  if (t == value_type::f32 || t == value_type::i32) {
    v = e_.unary(primitive::extend_u, value_type::i64, v);
    t = value_type::i64;
  }
  const value object = element(offsetof(context, globals), index);
  const std::uint8_t log2 = t == value_type::v128 ? 4 : 3;
  e_.store({t, log2, false, region::context, false}, object, value{}, layout::global_bits, v);
}

// What the engine does itself.

/// `helper::operate` on the operands on top, which are popped; a result is left to be read from their first slot. What
/// pays by size has a point in front of it, and has to leave enough fuel for the ways behind it.
template <code_emitter E>
std::int32_t translator<E>::operate(operation o, std::uint64_t immediates, std::size_t operands, bool pays) {
  const map_point* const point = pays ? find_point(map_point::place::instruction) : nullptr;
  const std::size_t first = stack_.size() - operands;
  const std::int32_t base = home(first);
  std::int32_t slot = base;
  for (std::size_t i = first; i < stack_.size(); ++i) {
    const value_type type = stack_[i].type == value_type::flag ? value_type::i32 : stack_[i].type;
    store_slot(frame_, slot, visible(stack_[i]), type);
    slot += slots_of(type);
  }
  std::uint64_t which = static_cast<std::uint32_t>(o);
  if (t_.metered && pays)
    which |= std::uint64_t{plan_->places[begin_place(function_plan::none, true, {})].reserve} << 32;
  store_fuel();
  const value status =
      call_helper(helper::operate, e_.displaced(frame_, std::int64_t{base} * 8), budget(), i64(which), i64(immediates));
  const block stopped = e_.new_block(true), done = e_.new_block();
  e_.branch(e_.binary(primitive::ne, status, i32(0)), stopped, done, likelihood::unlikely);
  e_.begin(stopped);
  suspend(status, point);
  e_.begin(done);
  shrink(first);
  reload();
  return base;
}

template <code_emitter E>
void translator<E>::on_memory_op(op o, std::uint32_t a, std::uint32_t b) {
  const std::uint64_t both = a | std::uint64_t{b} << 32;
  switch (o) {
    case op::memory_size: {
      value pages = memory_bytes(a);
      const std::uint8_t log2 = module_.memories[a].page_size_log2;
      if (log2 != 0) pages = e_.binary(primitive::shr_u, pages, i64(log2));
      const value_type type = address_type(a);
      return push(type == value_type::i32 ? e_.unary(primitive::wrap, type, pages) : pages, type);
    }
    case op::memory_grow: {
      const std::int32_t slot = operate(operation::memory_grow, a, 1, false);
      return push(load_slot(slot, address_type(a)), address_type(a));
    }
    case op::memory_fill: operate(operation::memory_fill, a, 3, true); return;
    case op::memory_copy: operate(operation::memory_copy, both, 3, true); return;
    case op::memory_init: operate(operation::memory_init, both, 3, true); return;
    default: operate(operation::data_drop, a, 0, false); return;
  }
}

template <code_emitter E>
void translator<E>::on_table_op(op o, std::uint32_t a, std::uint32_t b) {
  const std::uint64_t both = a | std::uint64_t{b} << 32;
  switch (o) {
    case op::table_size: {
      const value object = element(offsetof(context, tables), a);
      const value size = load_context(object, layout::table_size, value_type::i64, false);
      const value_type type = value_type_of(module_.tables[a].type.limits.address_type());
      return push(type == value_type::i32 ? e_.unary(primitive::wrap, type, size) : size, type);
    }
    case op::table_get:
    case op::table_set: return table_access(o, a);
    case op::table_grow: {
      settle_nulls(2);
      const value_type type = value_type_of(module_.tables[a].type.limits.address_type());
      const std::int32_t slot = operate(operation::table_grow, a, 2, true);
      return push(load_slot(slot, type), type);
    }
    case op::table_fill:
      settle_nulls(3);
      operate(operation::table_fill, a, 3, true);
      return;
    case op::table_copy: operate(operation::table_copy, both, 3, true); return;
    case op::table_init: operate(operation::table_init, both, 3, true); return;
    default: operate(operation::elem_drop, a, 0, false); return;
  }
}

/// A store is a single agent (exec/atomics.hpp). Alignment comes before bounds.
template <code_emitter E>
void translator<E>::on_atomic(op o, const memarg& arg) {
  if (o == op::atomic_fence) return;
  const op_info& row = info(o);
  const atomic_kind kind = kind_of_atomic(o);
  const bool has_second = row.params[1] != '\0' && row.params[2] != '\0';
  operand second, first;
  if (has_second) second = pop();
  if (row.params[1] != '\0') first = pop();
  const operand address = pop();
  const std::uint32_t width = 1u << access_log2(o);
  if (width > 1) {
    const value sum = e_.binary(primitive::add, index_of(address), i64(arg.offset));
    const value low = e_.binary(primitive::and_, sum, i64(width - 1));
    trap_if(e_.binary(primitive::ne, low, i64(0)), errc::trap_unaligned_atomic);
  }
  if (kind == atomic_kind::wait && !module_.memories[arg.memory].limits.is_shared) {
    trap_if(e_.constant(value_type::flag, 1), errc::trap_expected_shared_memory);
  }
  const place at = effective(address, arg.offset, width, arg.memory);
  if (kind == atomic_kind::notify) return push_constant(value_type::i32, 0);
  // Waiting gives an i32, whatever it looks at.
  const char letter = kind == atomic_kind::wait || row.results[0] == '\0' ? row.params[1] : row.results[0];
  const access how{detail::type_of_letter(letter), access_log2(o)};
  const auto write = [&](value v) { e_.store(how, at.base, at.index, at.offset, v); };
  if (kind == atomic_kind::store) return write(use(first));
  const value old = e_.load(how, at.base, at.index, at.offset);
  if (kind == atomic_kind::load) return push(old, how.type);
  const value v = use(first);
  if (kind == atomic_kind::wait) {
    const value equal = e_.binary(primitive::eq, old, v);
    const value endless = e_.binary(primitive::lt_s, use(second), i64(0));
    trap_if(e_.binary(primitive::and_, equal, endless), errc::trap_endless_wait);
    return push(e_.select(equal, i32(2), i32(1)), value_type::i32);
  }
  switch (kind) {
    case atomic_kind::add: write(e_.binary(primitive::add, old, v)); break;
    case atomic_kind::sub: write(e_.binary(primitive::sub, old, v)); break;
    case atomic_kind::and_: write(e_.binary(primitive::and_, old, v)); break;
    case atomic_kind::or_: write(e_.binary(primitive::or_, old, v)); break;
    case atomic_kind::xor_: write(e_.binary(primitive::xor_, old, v)); break;
    case atomic_kind::xchg: write(v); break;
    default: {  // compare and exchange
      const value is_expected = e_.binary(primitive::eq, old, v);
      write(e_.select(is_expected, use(second), old));
      break;
    }
  }
  push(old, how.type);
}

}  // namespace wasm64::aot
