#pragma once

#include "wasm64/binary/const_expr.hpp"
#include "wasm64/runtime/instance.hpp"

namespace wasm64 {

/// The value of a constant expression as slots hold it.
struct const_value {
  word bits = 0;
  word high = 0;  ///< upper half of a v128
};

/// Evaluates a validated constant expression in an instance whose imports, functions and earlier globals are in place
/// (specification 4.6.16).
inline const_value evaluate_value(const instance& in, const_expr expr) {
  const bytes_view code = in.source->view(expr);
  reader from(code);
  small_vector<const_value, 8> stack;
  const auto arithmetic = [&stack](auto apply) {
    const word b = stack.back().bits;
    stack.pop_back();
    stack.back().bits = apply(stack.back().bits, b);
  };
  for (;;) {
    const const_instruction i = read_const_instruction(from);
    switch (i.opcode) {
      case op::i32_const:
      case op::i64_const:
      case op::f32_const:
      case op::f64_const:
      case op::v128_const:
      case op::ref_null: stack.push_back({i.bits, i.high}); break;
      case op::global_get: stack.push_back({in.globals[i.bits]->bits, in.globals[i.bits]->high}); break;
      case op::ref_func: stack.push_back({reinterpret_cast<word>(in.funcs[i.bits]), 0}); break;
      case op::i32_add: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a + b)}; }); break;
      case op::i32_sub: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a - b)}; }); break;
      case op::i32_mul: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a * b)}; }); break;
      case op::i64_add: arithmetic([](word a, word b) { return a + b; }); break;
      case op::i64_sub: arithmetic([](word a, word b) { return a - b; }); break;
      case op::i64_mul: arithmetic([](word a, word b) { return a * b; }); break;
      default: return stack.empty() ? const_value{} : stack.back();  // `end`: validation admits nothing else
    }
  }
}

/// The same where the type takes one slot.
inline word evaluate(const instance& in, const_expr expr) { return evaluate_value(in, expr).bits; }

/// The reference at this position of an element segment.
inline word element_of(const instance& in, const elem_segment& segment, std::uint32_t index) {
  if (segment.is_indices) return reinterpret_cast<word>(in.funcs[segment.indices[index]]);
  return evaluate(in, segment.exprs[index]);
}

}  // namespace wasm64
