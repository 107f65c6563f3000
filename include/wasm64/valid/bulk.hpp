#pragma once

// function_validator: memory and table instructions without a memarg (specification 3.4.7, 3.4.8).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

template <class Sink>
bool function_validator<Sink>::read_memory(std::uint32_t& index) {
  index = in_.u32();
  return index < module_.memories.size() || fail(errc::unknown_memory);
}

template <class Sink>
bool function_validator<Sink>::read_table(std::uint32_t& index) {
  index = in_.u32();
  return index < module_.tables.size() || fail(errc::unknown_table);
}

/// Data segments follow the code, so their number must have been announced.
template <class Sink>
bool function_validator<Sink>::read_data(std::uint32_t& index) {
  index = in_.u32();
  if (!in_.failed() && !module_.has_data_count) return in_.fail(errc::data_count_required, at_);
  return index < module_.datas.size() || fail(errc::unknown_data_segment);
}

template <class Sink>
bool function_validator<Sink>::read_elem(std::uint32_t& index) {
  index = in_.u32();
  return index < module_.elems.size() || fail(errc::unknown_elem_segment);
}

template <class Sink>
bool function_validator<Sink>::memory_instruction(op o) {
  std::uint32_t memory = 0;
  if (!read_memory(memory)) return false;
  const val_type address = module_.memories[memory].limits.address_type();
  if (o == op::memory_fill) {
    if (!stacks_.pop_val(address) || !stacks_.pop_num(type_code::i32)) return false;
  }
  if (o != op::memory_size && !stacks_.pop_val(address)) return false;
  if (reachable()) sink_->on_memory_op(o, memory, 0);
  if (o != op::memory_fill) stacks_.push_num(address);
  return true;
}

/// The length of a copy has the smaller of the two address types.
template <class Sink>
bool function_validator<Sink>::memory_copy() {
  std::uint32_t to = 0;
  std::uint32_t from = 0;
  if (!read_memory(to) || !read_memory(from)) return false;
  const limits_type& target = module_.memories[to].limits;
  const limits_type& source = module_.memories[from].limits;
  const val_type length = target.is_64 && source.is_64 ? types::i64 : types::i32;
  if (!stacks_.pop_val(length) || !stacks_.pop_val(source.address_type()) || !stacks_.pop_val(target.address_type())) {
    return false;
  }
  if (reachable()) sink_->on_memory_op(op::memory_copy, to, from);
  return true;
}

template <class Sink>
bool function_validator<Sink>::memory_init() {
  std::uint32_t data = 0;
  std::uint32_t memory = 0;
  if (!read_data(data) || !read_memory(memory)) return false;
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_num(type_code::i32) ||
      !stacks_.pop_val(module_.memories[memory].limits.address_type())) {
    return false;
  }
  if (reachable()) sink_->on_memory_op(op::memory_init, memory, data);
  return true;
}

template <class Sink>
bool function_validator<Sink>::data_drop() {
  std::uint32_t data = 0;
  if (!read_data(data)) return false;
  if (reachable()) sink_->on_memory_op(op::data_drop, data, 0);
  return true;
}

template <class Sink>
bool function_validator<Sink>::table_instruction(op o) {
  std::uint32_t table = 0;
  if (!read_table(table)) return false;
  const val_type element = module_.tables[table].type.element;
  const val_type address = module_.tables[table].type.limits.address_type();
  bool popped = true;
  switch (o) {
    case op::table_get: popped = stacks_.pop_val(address); break;
    case op::table_set: popped = stacks_.pop_val(element) && stacks_.pop_val(address); break;
    case op::table_grow: popped = stacks_.pop_val(address) && stacks_.pop_val(element); break;
    case op::table_fill:
      popped = stacks_.pop_val(address) && stacks_.pop_val(element) && stacks_.pop_val(address);
      break;
    default: break;
  }
  if (!popped) return false;
  if (reachable()) sink_->on_table_op(o, table, 0);
  if (o == op::table_get) stacks_.push_val(element);
  if (o == op::table_size || o == op::table_grow) stacks_.push_num(address);
  return true;
}

template <class Sink>
bool function_validator<Sink>::table_copy() {
  std::uint32_t to = 0;
  std::uint32_t from = 0;
  if (!read_table(to) || !read_table(from)) return false;
  const table_type& target = module_.tables[to].type;
  const table_type& source = module_.tables[from].type;
  if (!is_subtype(module_, source.element, target.element)) return fail(errc::type_mismatch, "table elements");
  const val_type length = target.limits.is_64 && source.limits.is_64 ? types::i64 : types::i32;
  if (!stacks_.pop_val(length) || !stacks_.pop_val(source.limits.address_type()) ||
      !stacks_.pop_val(target.limits.address_type())) {
    return false;
  }
  if (reachable()) sink_->on_table_op(op::table_copy, to, from);
  return true;
}

template <class Sink>
bool function_validator<Sink>::table_init() {
  std::uint32_t elem = 0;
  std::uint32_t table = 0;
  if (!read_elem(elem) || !read_table(table)) return false;
  const table_type& target = module_.tables[table].type;
  if (!is_subtype(module_, module_.elems[elem].type, target.element)) {
    return fail(errc::type_mismatch, "table elements");
  }
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_num(type_code::i32) ||
      !stacks_.pop_val(target.limits.address_type())) {
    return false;
  }
  if (reachable()) sink_->on_table_op(op::table_init, table, elem);
  return true;
}

template <class Sink>
bool function_validator<Sink>::elem_drop() {
  std::uint32_t elem = 0;
  if (!read_elem(elem)) return false;
  if (reachable()) sink_->on_table_op(op::elem_drop, elem, 0);
  return true;
}

}  // namespace wasm64
