#pragma once

#include "wasm64/binary/instruction.hpp"

namespace wasm64 {

namespace detail {

/// Reads `count` items once to check them, and leaves a reader that stands on the first.
template <class Read>
void read_items(reader& in, instruction& out, Read read) noexcept {
  out.items = in;
  if (out.count > in.remaining()) in.fail(errc::unexpected_end);
  for (std::uint32_t i = 0; i < out.count && !in.failed(); ++i) read(in);
}

WASM64_INLINE op read_opcode(reader& in) noexcept {
  const std::uint64_t at = in.offset();
  const std::uint8_t byte = in.u8();
  const op code = is_op_prefix(byte) ? find_op(byte, in.u32()) : find_op(0, byte);
  if (code == op::count_) in.fail(errc::illegal_opcode, at);
  return code;
}

/// Flags, label, source and target (specification 5.4.1).
WASM64_INLINE void read_br_on_cast(reader& in, instruction& out) noexcept {
  const std::uint64_t at = in.offset();
  const std::uint8_t flags = in.u8();
  if (flags > 3) in.fail(errc::malformed_cast_flags, at);
  out.first = in.u32();
  out.from = val_type::ref(read_heap_type(in), (flags & 1) != 0);
  out.to = val_type::ref(read_heap_type(in), (flags & 2) != 0);
}

}  // namespace detail

WASM64_INLINE instruction read_instruction(reader& in) noexcept {
  instruction out;
  out.offset = in.offset();
  out.code = detail::read_opcode(in);
  if (in.failed()) return out;
  switch (info(out.code).imm) {
    case immediate_kind::none: break;
    case immediate_kind::block_type: out.block = read_block_type(in); break;
    case immediate_kind::try_table:
      out.block = read_block_type(in);
      out.count = in.u32();
      detail::read_items(in, out, read_catch_clause);
      break;
    case immediate_kind::label_table:
      out.count = in.u32();
      detail::read_items(in, out, [](reader& r) { return r.u32(); });
      out.first = in.u32();
      break;
    case immediate_kind::select_types:
      out.count = in.u32();
      detail::read_items(in, out, read_val_type);
      break;
    case immediate_kind::shuffle:
      out.count = 16;
      detail::read_items(in, out, [](reader& r) { return r.u8(); });
      break;
    case immediate_kind::label:
    case immediate_kind::func:
    case immediate_kind::type:
    case immediate_kind::local:
    case immediate_kind::global:
    case immediate_kind::table:
    case immediate_kind::elem:
    case immediate_kind::memory:
    case immediate_kind::data:
    case immediate_kind::tag: out.first = in.u32(); break;
    case immediate_kind::call_indirect:
    case immediate_kind::table_table:
    case immediate_kind::elem_table:
    case immediate_kind::memory_memory:
    case immediate_kind::data_memory:
    case immediate_kind::struct_field:
    case immediate_kind::array_fixed:
    case immediate_kind::type_data:
    case immediate_kind::type_elem:
    case immediate_kind::type_type:
      out.first = in.u32();
      out.second = in.u32();
      break;
    case immediate_kind::memarg: out.memory = read_memarg(in); break;
    case immediate_kind::memarg_lane:
      out.memory = read_memarg(in);
      out.first = in.u8();
      break;
    case immediate_kind::lane: out.first = in.u8(); break;
    case immediate_kind::i32: out.bits = static_cast<std::uint32_t>(in.s32()); break;
    case immediate_kind::i64: out.bits = static_cast<std::uint64_t>(in.s64()); break;
    case immediate_kind::f32: out.bits = in.f32_bits(); break;
    case immediate_kind::f64: out.bits = in.f64_bits(); break;
    case immediate_kind::v128:
      out.bits = in.f64_bits();
      out.high_bits = in.f64_bits();
      break;
    case immediate_kind::heap_type: out.heap = read_heap_type(in); break;
    case immediate_kind::br_on_cast: detail::read_br_on_cast(in, out); break;
    case immediate_kind::zero: {
      const std::uint64_t at = in.offset();
      if (in.u8() != 0) in.fail(errc::zero_byte_expected, at);
      break;
    }
  }
  return out;
}

}  // namespace wasm64
