#pragma once

#include <cstdint>

#include "wasm64/binary/opcode.hpp"
#include "wasm64/binary/types.hpp"

namespace wasm64 {

/// One instruction of a constant expression with its immediate.
struct const_instruction {
  op opcode = op::end;
  std::uint64_t bits = 0;   ///< a constant (i32 and f32 zero-extended), or the index of a global, function or type
  std::uint64_t high = 0;   ///< upper half of a v128
  heap_type heap{};         ///< of `ref.null`
  std::uint32_t count = 0;  ///< operands of `array.new_fixed`
};

/// Reads one instruction that specification 3.4.18 lets a constant expression contain, or the `end` behind it. Fails
/// with `illegal_opcode`, or with `constant_expression_required` for every other instruction.
inline const_instruction read_const_instruction(reader& in) noexcept {
  const std::uint64_t at = in.offset();
  const std::uint8_t byte = in.u8();
  const std::uint8_t prefix = is_op_prefix(byte) ? byte : std::uint8_t{0};
  const_instruction read;
  read.opcode = find_op(prefix, prefix != 0 ? in.u32() : byte);
  if (in.failed()) return read;
  switch (read.opcode) {
    case op::end:
    case op::i32_add:
    case op::i32_sub:
    case op::i32_mul:
    case op::i64_add:
    case op::i64_sub:
    case op::i64_mul:
    case op::ref_i31:
    case op::any_convert_extern:
    case op::extern_convert_any: break;
    case op::i32_const: read.bits = static_cast<std::uint32_t>(in.s32()); break;
    case op::i64_const: read.bits = static_cast<std::uint64_t>(in.s64()); break;
    case op::f32_const: read.bits = in.f32_bits(); break;
    case op::f64_const: read.bits = in.f64_bits(); break;
    case op::v128_const:
      read.bits = in.f64_bits();
      read.high = in.f64_bits();
      break;
    case op::ref_null: read.heap = read_heap_type(in); break;
    case op::ref_func:
    case op::global_get:
    case op::struct_new:
    case op::struct_new_default:
    case op::array_new:
    case op::array_new_default: read.bits = in.u32(); break;
    case op::array_new_fixed:
      read.bits = in.u32();
      read.count = in.u32();
      break;
    case op::count_: in.fail(errc::illegal_opcode, at); break;
    default: in.fail(errc::constant_expression_required, at);
  }
  return read;
}

}  // namespace wasm64
