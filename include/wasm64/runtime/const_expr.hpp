#pragma once

#include "wasm64/binary/opcode.hpp"
#include "wasm64/binary/reader.hpp"
#include "wasm64/runtime/instance.hpp"

namespace wasm64 {

/// Evaluates a validated constant expression in an instance whose imports, functions and earlier globals are in place
/// (specification 4.6.16).
inline word evaluate(const instance& in, const_expr expr) {
  const bytes_view code = in.source->view(expr);
  reader from(code);
  small_vector<word, 8> stack;
  const auto arithmetic = [&stack](auto apply) {
    const word b = stack.back();
    stack.pop_back();
    stack.back() = apply(stack.back(), b);
  };
  for (;;) {
    const std::uint8_t opcode = from.u8();
    switch (find_op(0, opcode)) {
      case op::i32_const: stack.push_back(static_cast<std::uint32_t>(from.s32())); break;
      case op::i64_const: stack.push_back(static_cast<word>(from.s64())); break;
      case op::f32_const: stack.push_back(from.f32_bits()); break;
      case op::f64_const: stack.push_back(from.f64_bits()); break;
      case op::global_get: stack.push_back(in.globals[from.u32()]->bits); break;
      case op::ref_null:
        from.s33();
        stack.push_back(0);
        break;
      case op::ref_func: stack.push_back(reinterpret_cast<word>(in.funcs[from.u32()])); break;
      case op::i32_add: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a + b)}; }); break;
      case op::i32_sub: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a - b)}; }); break;
      case op::i32_mul: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a * b)}; }); break;
      case op::i64_add: arithmetic([](word a, word b) { return a + b; }); break;
      case op::i64_sub: arithmetic([](word a, word b) { return a - b; }); break;
      case op::i64_mul: arithmetic([](word a, word b) { return a * b; }); break;
      default: return stack.empty() ? 0 : stack.back();  // `end`: validation admits nothing else
    }
  }
}

/// The reference at this position of an element segment.
inline word element_of(const instance& in, const elem_segment& segment, std::uint32_t index) {
  if (segment.is_indices) return reinterpret_cast<word>(in.funcs[segment.indices[index]]);
  return evaluate(in, segment.exprs[index]);
}

}  // namespace wasm64
