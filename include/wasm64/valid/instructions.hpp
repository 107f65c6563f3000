#pragma once

// function_validator: numeric, memory access, variable and parametric instructions
// (specification 3.4.1, 3.4.2, 3.4.5 to 3.4.7).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::numeric(const detail::shape& s) {
  if (!stacks_.apply(s, s.first, s.last)) return false;
  if (reachable()) sink_->on_numeric(s.opcode);
  return true;
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::read_memory_access(op o, reader& in, memarg& arg) {
  arg = read_memarg(in);
  if (in.failed()) return false;
  if (WASM64_UNLIKELY(arg.memory >= module_.memories.size())) return fail(errc::unknown_memory);
  if (WASM64_UNLIKELY(arg.align_log2 > access_log2(o))) return fail(errc::alignment_too_large);
  if (WASM64_UNLIKELY(arg.offset > 0xFFFF'FFFF && !module_.memories[arg.memory].limits.is_64)) {
    return fail(errc::offset_out_of_range);
  }
  return true;
}

/// Loads have the address alone, stores the value behind it.
template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::access(const detail::shape& s, reader& in) {
  memarg arg;
  if (!read_memory_access(s.opcode, in, arg)) return false;
  const type_code address = module_.memories[arg.memory].limits.address_type().code;
  if (!stacks_.apply(s, address, s.last == type_code::none ? address : s.last)) return false;
  if (reachable()) s.results != 0 ? sink_->on_load(s.opcode, arg) : sink_->on_store(s.opcode, arg);
  return true;
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::constant(const val_type& type, std::uint64_t bits) {
  if (reachable()) sink_->on_const(type, bits);
  stacks_.push_num(type);
  return true;
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::integer_constant(const detail::shape& s, reader& in) {
  const bool is_32 = s.result == type_code::i32;
  std::int64_t value = 0;
  if (WASM64_UNLIKELY(!in.small_signed(value))) value = is_32 ? in.s32() : in.s64();
  const std::uint64_t used = is_32 ? 0xFFFF'FFFF : ~std::uint64_t{0};
  return constant(val_type{s.result}, static_cast<std::uint64_t>(value) & used);
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::read_local(reader& in, std::uint32_t& index) {
  index = in.u32();
  return WASM64_LIKELY(index < locals_.size()) || fail(errc::unknown_local);
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::local_get(reader& in) {
  std::uint32_t index = 0;
  if (!read_local(in, index)) return false;
  const val_type& type = locals_[index];
  if (WASM64_UNLIKELY(type.is_ref() && !stacks_.inits.is_set(index))) return fail(errc::uninitialized_local);
  if (reachable()) sink_->on_local_get(index, type);
  stacks_.push_val(type);
  return true;
}

template <class Sink>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::local_set(const detail::shape& s, reader& in) {
  std::uint32_t index = 0;
  if (!read_local(in, index)) return false;
  const val_type& type = locals_[index];
  if (WASM64_UNLIKELY(!stacks_.pop_or_keep_num(type.code, s.results))) {
    if (!stacks_.pop_val(type)) return false;
    if (s.results != 0) stacks_.push_val(type);
    if (type.is_ref()) stacks_.inits.set(index);
  }
  if (reachable()) s.results != 0 ? sink_->on_local_tee(index, type) : sink_->on_local_set(index, type);
  return true;
}

template <class Sink>
bool function_validator<Sink>::global_get() {
  const std::uint32_t index = in_.u32();
  if (index >= module_.globals.size()) return fail(errc::unknown_global);
  const val_type type = module_.globals[index].type.type;
  if (reachable()) sink_->on_global_get(index, type);
  stacks_.push_val(type);
  return true;
}

template <class Sink>
bool function_validator<Sink>::global_set() {
  const std::uint32_t index = in_.u32();
  if (index >= module_.globals.size()) return fail(errc::unknown_global);
  const global_type& global = module_.globals[index].type;
  if (!global.is_mutable) return fail(errc::immutable_global);
  if (!stacks_.pop_val(global.type)) return false;
  if (reachable()) sink_->on_global_set(index, global.type);
  return true;
}

template <class Sink>
bool function_validator<Sink>::drop() {
  val_type type;
  if (!stacks_.pop_val_any(type)) return false;
  if (reachable()) sink_->on_drop(type);
  return true;
}

/// Without types, `select` takes numbers only, so that references need no least upper bound.
template <class Sink>
bool function_validator<Sink>::select() {
  val_type second;
  val_type first;
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_val_any(second) || !stacks_.pop_val_any(first)) return false;
  if (first.is_ref() || second.is_ref()) return fail(errc::type_mismatch, "select of references needs a type");
  if (first != second && first != types::bottom && second != types::bottom) return fail(errc::type_mismatch, "select");
  if (reachable()) sink_->on_select(first);
  stacks_.push_val(first == types::bottom ? second : first);
  return true;
}

template <class Sink>
bool function_validator<Sink>::select_typed() {
  const std::uint32_t count = in_.u32();
  if (count > in_.remaining()) return in_.fail(errc::length_out_of_bounds);
  val_type type;
  for (std::uint32_t i = 0; i < count && !in_.failed(); ++i) type = read_val_type(in_);
  if (in_.failed()) return false;
  if (count != 1) return fail(errc::invalid_result_arity);
  if (!supported(type)) return false;
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_val(type) || !stacks_.pop_val(type)) return false;
  if (reachable()) sink_->on_select(type);
  stacks_.push_val(type);
  return true;
}

/// Pops what the instruction's row of opcode.def spells; `a` stands for `address`.
template <class Sink>
bool function_validator<Sink>::pop_letters(op o, val_type address) {
  const char* const letters = info(o).params;
  std::size_t count = 0;
  while (letters[count] != '\0') ++count;
  while (count-- > 0) {
    const type_code type = letters[count] == 'a' ? address.code : detail::type_of_letter(letters[count]);
    if (!stacks_.pop_val(val_type{type})) return false;
  }
  return true;
}

template <class Sink>
void function_validator<Sink>::push_letters(op o) {
  for (const char* letter = info(o).results; *letter != '\0'; ++letter) {
    stacks_.push_val(val_type{detail::type_of_letter(*letter)});
  }
}

/// An instruction without immediates.
template <class Sink>
bool function_validator<Sink>::spelled(op o) {
  if (!pop_letters(o, {})) return false;
  if (reachable()) sink_->on_numeric(o);
  push_letters(o);
  return true;
}

}  // namespace wasm64
