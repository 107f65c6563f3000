#pragma once

// function_validator: the loop over a body and its dispatch.

#include "wasm64/valid/function.hpp"

namespace wasm64 {

template <class Sink>
result<body_facts> function_validator<Sink>::run(std::uint32_t defined_index, Sink& sink) {
  const func_def& def = module_.funcs[defined_index];
  sink_ = &sink;
  type_ = &module_.types[def.type].func;
  in_ = reader(view_of(module_.bytes), def.body.offset, def.body.size);
  stacks_.reset();
  single_types_.clear();
  tables_ = 0;
  at_ = def.body.offset;
  if (!declare_locals(def, *type_)) return wasm64::fail(first_error());
  sink.begin(*type_, view_of(locals_));
  if (!stacks_.push_ctrl(op::block, {}, view_of(type_->results)) || !body()) return wasm64::fail(first_error());
  if (!in_.at_end()) return wasm64::fail(errc::end_opcode_expected, in_.offset());
  return stacks_.facts();
}

template <class Sink>
bool function_validator<Sink>::declare_locals(const func_def& def, const func_type& type) {
  locals_.assign(type.params.begin(), type.params.end());
  for (const local_run& run : def.locals) {
    if (!supported(run.type)) return false;
    if (!run.type.has_default()) stacks_.inits.declare(locals_.size(), run.count);
    locals_.resize(locals_.size() + run.count, run.type);
  }
  return true;
}

/// A step that reads from `in_` what is left of `in`.
template <class Sink>
template <class Step>
WASM64_ALWAYS_INLINE bool function_validator<Sink>::from(reader& in, Step step) {
  in_.seek(in);
  const bool good = step();
  in.seek(in_);
  return good;
}

/// Instructions up to the `end` of the function. The frequent ones read from a copy of `in_` that lives in registers.
template <class Sink>
bool function_validator<Sink>::body() {
  reader in = in_;
  bool good = true;
  // A reader that fails stands at the end, so malformed bytes end the loop too.
  while (WASM64_LIKELY(good && !in.at_end())) {
    at_ = static_cast<std::uint32_t>(in.offset());
    const std::uint8_t byte = in.u8();
    const detail::shape& s = detail::shapes[byte];
    if (reachable() && s.how != detail::form::prefix) sink_->at(s.opcode, at_);
    // By the byte, not by `s.how`: where the jump is not foreseen, one load less has to be waited for.
    switch (byte) {
      case detail::byte_of(op::local_get): good = local_get(in); break;
      case detail::byte_of(op::local_set):
      case detail::byte_of(op::local_tee): good = local_set(s, in); break;
      case detail::byte_of(op::i32_const):
      case detail::byte_of(op::i64_const): good = integer_constant(s, in); break;
      case detail::byte_of(op::end):
        good = end();
        if constexpr (repeating_sink<Sink>) {
          if (repeat_from_ != 0)
            in = reader(view_of(module_.bytes), repeat_from_, in.offset() + in.remaining() - repeat_from_);
        }
        if (stacks_.nesting() != 0) break;
        in_.seek(in);
        return good;
      case detail::byte_of(op::block):
      case detail::byte_of(op::loop):
      case detail::byte_of(op::if_): good = from(in, [&] { return block(s.opcode); }); break;
      case detail::byte_of(op::br): good = from(in, [&] { return br(); }); break;
      case detail::byte_of(op::br_if): good = from(in, [&] { return br_if(); }); break;
      case detail::byte_of(op::call): good = from(in, [&] { return call(); }); break;
      default:
        if (s.how == detail::form::numeric) {
          good = numeric(s);
        } else if (s.how == detail::form::access) {
          good = access(s, in);
        } else {
          good = from(in, [&] { return s.how == detail::form::by_hand ? by_hand(s.opcode) : prefixed(byte); });
        }
    }
  }
  in_.seek(in);
  if (in.failed()) return in_.fail(in.failure(), in.failure_offset());
  return good && in_.fail(errc::unexpected_end);
}

template <class Sink>
[[gnu::noinline]] bool function_validator<Sink>::by_hand(op o) {
  switch (o) {
    case op::nop: return true;
    case op::else_: return else_block();
    case op::br_table: return br_table();
    case op::return_: return return_();
    case op::unreachable:
      if (reachable()) sink_->on_unreachable();
      stacks_.unreachable();
      return true;
    case op::call_indirect: return call_indirect();
    case op::return_call: return supported(o) && return_call();
    case op::return_call_indirect: return supported(o) && return_call_indirect();

    case op::try_: return supported(o) && block(o);
    case op::catch_: return supported(o) && catch_();
    case op::catch_all: return supported(o) && catch_all();
    case op::delegate: return supported(o) && delegate();
    case op::rethrow: return supported(o) && rethrow();
    case op::throw_: return supported(o) && throw_();
    case op::throw_ref: return supported(o) && throw_ref();
    case op::try_table: return supported(o) && try_table();

    case op::drop: return drop();
    case op::select: return select();
    case op::select_t: return supported(o) && select_typed();
    case op::global_get: return global_get();
    case op::global_set: return global_set();
    case op::f32_const: return constant(types::f32, in_.f32_bits());
    case op::f64_const: return constant(types::f64, in_.f64_bits());
    case op::ref_null: return supported(o) && ref_null();
    case op::ref_is_null: return supported(o) && ref_is_null();
    case op::ref_func: return supported(o) && ref_func();
    case op::ref_as_non_null: return supported(o) && ref_as_non_null();
    case op::ref_eq: return supported(o) && gc_instruction(o);
    case op::br_on_null: return supported(o) && br_on_null();
    case op::br_on_non_null: return supported(o) && br_on_non_null();
    case op::call_ref: return supported(o) && call_ref();
    case op::return_call_ref: return supported(o) && return_call_ref();

    case op::memory_size:
    case op::memory_grow:
    case op::memory_fill: return memory_instruction(o);
    case op::memory_copy: return memory_copy();
    case op::memory_init: return memory_init();
    case op::data_drop: return data_drop();
    case op::table_get:
    case op::table_set:
    case op::table_size:
    case op::table_grow:
    case op::table_fill: return supported(o) && table_instruction(o);
    case op::table_copy: return table_copy();
    case op::table_init: return table_init();
    case op::elem_drop: return elem_drop();
    case op::atomic_fence: return supported(o) && atomic_fence();
    default: return supported(o) && other(o);
  }
}

/// Instructions that need no more than their row of opcode.def.
template <class Sink>
bool function_validator<Sink>::other(op o) {
  switch (info(o).feature) {
    case op_feature::threads: return atomic(o);
    case op_feature::wide_arithmetic: return spelled(o);
    default: return fail(errc::unsupported_feature, info(o).text);
  }
}

/// Opcodes of more than one byte, and bytes that are no opcode.
template <class Sink>
[[gnu::noinline]] bool function_validator<Sink>::prefixed(std::uint8_t prefix) {
  if (in_.failed()) return false;
  if (!is_op_prefix(prefix)) return in_.fail(errc::illegal_opcode, at_);
  const std::uint32_t code = in_.u32();
  if (in_.failed()) return false;
  const op o = find_op(prefix, code);
  if (o == op::count_) return in_.fail(errc::illegal_opcode, at_);
  if (reachable()) sink_->at(o, at_);
  if (prefix == 0xFD) return vector_instruction(o);
  const detail::shape s = detail::shape_of(o);
  if (info(o).feature == op_feature::gc) return supported(o) && gc_instruction(o);
  return info(o).feature == op_feature::saturating ? numeric(s) : by_hand(o);
}

template <class Sink>
bool function_validator<Sink>::supported(op o) {
  const char* missing = missing_feature(o, features_);
  return missing == nullptr || fail(errc::unsupported_feature, missing);
}

template <class Sink>
bool function_validator<Sink>::supported(val_type type) {
  if (type.is_ref() && type.heap.is_index() && type.heap.index() >= module_.types.size())
    return fail(errc::unknown_type);
  const char* missing = missing_feature(type, features_);
  return missing == nullptr || fail(errc::unsupported_feature, missing);
}

/// Malformed bytes come before whatever the validator made of them.
template <class Sink>
error function_validator<Sink>::first_error() const {
  if (in_.failed()) return in_.failure_as_error();
  return {stacks_.failure(), at_, stacks_.failure_detail()};
}

}  // namespace wasm64
