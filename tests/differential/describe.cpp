#include "describe.hpp"

#include "wasm64/base/messages.hpp"
#include "wasm64/valid/matching.hpp"

namespace differential {
namespace {

using wasm64::errc;
using wasm64::value;

std::string float_text(unsigned width, std::uint64_t bits) {
  const std::uint64_t infinity = width == 32 ? 0x7F80'0000 : 0x7FF0'0000'0000'0000;
  const std::uint64_t sign = std::uint64_t{1} << (width - 1);
  return (bits & ~sign) > infinity ? "nan" : hex(bits);
}

std::string vector_text(const value& v, lane_type lanes) {
  if (lanes == lane_type::bits) return "v128 " + hex(v.bits) + " " + hex(v.high);
  if (lanes == lane_type::f64) return "v128 " + float_text(64, v.bits) + " " + float_text(64, v.high);
  std::string text = "v128";
  for (const std::uint64_t half : {v.bits, v.high}) {
    text.append(" ").append(float_text(32, half & 0xffffffff)).append(" ").append(float_text(32, half >> 32));
  }
  return text;
}

}  // namespace

std::string hex(std::uint64_t bits) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), digits[bits & 15]);
    bits >>= 4;
  } while (bits != 0);
  return "0x" + text;
}

std::string describe(const value& v, lane_type lanes) {
  switch (v.type.code) {
    case wasm64::type_code::i32: return "i32 " + hex(v.bits);
    case wasm64::type_code::i64: return "i64 " + hex(v.bits);
    case wasm64::type_code::f32: return "f32 " + float_text(32, v.bits);
    case wasm64::type_code::f64: return "f64 " + float_text(64, v.bits);
    case wasm64::type_code::v128: return vector_text(v, lanes);
    default: break;
  }
  if (v.is_null()) return "null";
  const wasm64::heap_type top = wasm64::top_of(v.type.heap);
  if (top == wasm64::heap::func) return "func";
  if (top == wasm64::heap::exn) return "exception";
  switch (v.reference_form()) {
    case value::form::plain: return "extern " + std::to_string(v.bits - host_handle(0));
    case value::form::i31: return "i31 " + std::to_string(v.as_i31());
    default: return "object";
  }
}

std::string describe(const wasm64::error& e) {
  const std::string remark = " # " + to_string(e);
  switch (e.code) {
    case errc::trap_unreachable: return "trap unreachable";
    case errc::trap_memory_out_of_bounds: return "trap memory bounds";
    case errc::trap_table_out_of_bounds:
    case errc::trap_undefined_element: return "trap table bounds" + remark;
    case errc::trap_uninitialized_element:
    case errc::trap_indirect_call_mismatch: return "trap signature" + remark;
    case errc::trap_array_out_of_bounds: return "trap array bounds";
    case errc::trap_unaligned_atomic: return "trap unaligned";
    case errc::trap_cast_failure: return "trap cast";
    case errc::trap_integer_divide_by_zero: return "trap division by zero";
    case errc::trap_integer_overflow:
    case errc::trap_invalid_conversion: return "trap unrepresentable" + remark;
    case errc::trap_null_reference: return "trap null reference";
    case errc::trap_uncaught_exception: return "exception";
    case errc::trap_out_of_fuel: return "exhausted time";
    case errc::trap_call_stack_exhausted:
    case errc::trap_host_nesting: return "exhausted stack" + remark;
    case errc::trap_heap_exhausted:
    case errc::trap_out_of_memory:
    case errc::out_of_memory:
    case errc::limit_exceeded: return "exhausted memory" + remark;
    case errc::unknown_import:
    case errc::incompatible_import: return "unlinkable" + remark;
    default: return "failed" + remark;
  }
}

}  // namespace differential
