#pragma once

#include <array>
#include <cstdint>

#include "wasm64/binary/opcode.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64::detail {

/// How the validator treats a byte in the place of an opcode. `prefix` stands for all bytes that are no whole opcode.
enum class form : std::uint8_t {
  prefix,
  unary,
  binary,
  load,
  store,
  local_get,
  local_set,
  local_tee,
  i32_const,
  i64_const,
  by_hand
};

/// Operand and result types of a one-byte opcode, and what validation does with it; derived from opcode.def.
struct alignas(8) shape {
  op opcode = op::count_;
  form how = form::prefix;
  type_code first = type_code::none;  ///< the only operand of an unary instruction; of a store, the value
  type_code second = type_code::none;
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
  if (o == op::local_get) s.how = form::local_get;
  if (o == op::local_set) s.how = form::local_set;
  if (o == op::local_tee) s.how = form::local_tee;
  if (o == op::i32_const) s.how = form::i32_const;
  if (o == op::i64_const) s.how = form::i64_const;
  const op_info& row = info(o);
  if (row.params[0] == '*' || row.params[0] == '\0') return s;
  if (row.imm == immediate_kind::none) {
    s.first = type_of_letter(row.params[0]);
    s.how = row.params[1] == '\0' ? form::unary : form::binary;
    s.second = type_of_letter(row.params[1]);
    s.result = type_of_letter(row.results[0]);
  } else if (row.imm == immediate_kind::memarg) {
    s.how = row.results[0] == '\0' ? form::store : form::load;
    s.first = type_of_letter(row.params[1]);
    s.result = type_of_letter(row.results[0]);
  }
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
