#pragma once

#include <array>
#include <cstdint>

#include "wasm64/binary/opcode.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64::detail {

/// How the validator treats a byte in the place of an opcode. `prefix` stands for all bytes that are no whole opcode.
enum class form : std::uint8_t { prefix, numeric, access, by_hand };

constexpr std::uint8_t byte_of(op o) noexcept { return static_cast<std::uint8_t>(info(o).code); }

/// Operand and result types of a one-byte opcode, and what validation does with it; derived from opcode.def.
struct alignas(8) shape {
  op opcode = op::count_;
  form how = form::prefix;
  std::uint8_t operands = 0;
  std::uint8_t results = 0;
  type_code first = type_code::none;  ///< type of the first operand; none for an address
  type_code last = type_code::none;   ///< of the last, which may be the first
  type_code result = type_code::none;
};

constexpr type_code type_of_letter(char letter) noexcept {
  switch (letter) {
    case 'i': return type_code::i32;
    case 'I': return type_code::i64;
    case 'f': return type_code::f32;
    case 'F': return type_code::f64;
    case 'v': return type_code::v128;
    default: return type_code::none;
  }
}

constexpr shape shape_of(op o) noexcept {
  shape s;
  s.opcode = o;
  s.how = form::by_hand;
  const op_info& row = info(o);
  s.results = row.results[0] != '\0' && o != op::local_set;
  s.result = type_of_letter(row.results[0]);
  if (row.params[0] == '*' || row.params[0] == '\0') return s;
  if (row.imm == immediate_kind::none) s.how = form::numeric;
  if (row.imm == immediate_kind::memarg) s.how = form::access;
  s.operands = row.params[1] == '\0' ? 1 : 2;
  s.first = type_of_letter(row.params[0]);
  s.last = type_of_letter(row.params[s.operands - 1]);
  return s;
}

constexpr std::array<shape, 256> make_shapes() noexcept {
  std::array<shape, 256> shapes{};
  for (std::uint32_t code = 0; code < 256; ++code) {
    if (const op o = find_op(0, code); o != op::count_) shapes[code] = shape_of(o);
  }
  return shapes;
}

/// By the opcode's byte.
inline constexpr std::array<shape, 256> shapes = make_shapes();

}  // namespace wasm64::detail
