#pragma once

// translator: v128. An emitter gets the instructions that `form_of` leaves, and of those only what is not put together
// from others here.

#include "wasm64/aot/translator.hpp"
#include "wasm64/lower/vectors.hpp"

namespace wasm64::aot {

namespace detail {

/// Whether NaNs of the result are arithmetic's.
constexpr bool is_vector_arithmetic(op o) noexcept {
  switch (o) {
#define WASM64_ARITHMETIC(P) \
  case op::P##_add:          \
  case op::P##_sub:          \
  case op::P##_mul:          \
  case op::P##_div:          \
  case op::P##_sqrt:         \
  case op::P##_ceil:         \
  case op::P##_floor:        \
  case op::P##_trunc:        \
  case op::P##_nearest:
    WASM64_ARITHMETIC(f32x4)
    WASM64_ARITHMETIC(f64x2)
#undef WASM64_ARITHMETIC
    case op::f32x4_demote_f64x2_zero:
    case op::f64x2_promote_low_f32x4: return true;
    default: return false;
  }
}
constexpr bool has_doubles(op o) noexcept { return std::string_view(info(o).text).substr(0, 5) == "f64x2"; }

/// What an emitter is asked for on account of an instruction; `op::count_` where nothing.
constexpr op asked_for(op o) noexcept {
  switch (o) {
    case op::v128_load:
    case op::v128_store:
    case op::v128_const: return op::count_;
    case op::v128_load8x8_s: return op::i16x8_extend_low_i8x16_s;
    case op::v128_load8x8_u: return op::i16x8_extend_low_i8x16_u;
    case op::v128_load16x4_s: return op::i32x4_extend_low_i16x8_s;
    case op::v128_load16x4_u: return op::i32x4_extend_low_i16x8_u;
    case op::v128_load32x2_s: return op::i64x2_extend_low_i32x4_s;
    case op::v128_load32x2_u: return op::i64x2_extend_low_i32x4_u;
    case op::v128_load8_splat: return op::i8x16_splat;
    case op::v128_load16_splat: return op::i16x8_splat;
    case op::v128_load32_splat: return op::i32x4_splat;
    case op::v128_load64_splat: return op::i64x2_splat;
    case op::v128_load32_zero: return op::i32x4_replace_lane;
    case op::v128_load64_zero: return op::i64x2_replace_lane;
    case op::v128_load8_lane: return op::i8x16_replace_lane;
    case op::v128_load16_lane: return op::i16x8_replace_lane;
    case op::v128_load32_lane: return op::i32x4_replace_lane;
    case op::v128_load64_lane: return op::i64x2_replace_lane;
    case op::v128_store8_lane: return op::i8x16_extract_lane_u;
    case op::v128_store16_lane: return op::i16x8_extract_lane_u;
    case op::v128_store32_lane:
    case op::f32x4_extract_lane: return op::i32x4_extract_lane;
    case op::v128_store64_lane:
    case op::f64x2_extract_lane: return op::i64x2_extract_lane;
    case op::f32x4_relaxed_madd:
    case op::f32x4_relaxed_nmadd: return op::f32x4_mul;
    case op::f64x2_relaxed_madd:
    case op::f64x2_relaxed_nmadd: return op::f64x2_mul;
    case op::f32x4_relaxed_min:
    case op::f32x4_min: return op::f32x4_pmin;
    case op::f32x4_relaxed_max:
    case op::f32x4_max: return op::f32x4_pmax;
    case op::f64x2_relaxed_min:
    case op::f64x2_min: return op::f64x2_pmin;
    case op::f64x2_relaxed_max:
    case op::f64x2_max: return op::f64x2_pmax;
    default: return form_of(o).instruction;
  }
}
/// What an emitter has to know besides, to be asked for any of them.
inline constexpr op always_asked_for[] = {op::v128_bitselect, op::v128_or,   op::v128_and,  op::f32x4_eq, op::f64x2_eq,
                                          op::f32x4_add,      op::f64x2_add, op::f32x4_neg, op::f64x2_neg};

}  // namespace detail

template <code_emitter E>
typename E::value translator<E>::vector(op o, std::initializer_list<value> operands, std::uint64_t low,
                                        std::uint64_t high) {
  return e_.vector(o, detail::type_of_letter(info(o).results[0]), {operands.begin(), operands.size()}, low, high);
}

/// `v` in lanes where the mask has ones, canonical NaNs elsewhere.
template <code_emitter E>
typename E::value translator<E>::numbers_or_nan(bool doubles, value mask, value v) {
  const std::uint64_t nan = doubles ? 0x7ff8000000000000 : 0x7fc000007fc00000;
  return vector(op::v128_bitselect, {v, e_.vector_constant(nan, nan), mask});
}
template <code_emitter E>
typename E::value translator<E>::canonical_lanes(bool doubles, value v) {
  return numbers_or_nan(doubles, vector(doubles ? op::f64x2_eq : op::f32x4_eq, {v, v}), v);
}

/// As `minimum` of exec/simd_floats.hpp.
template <code_emitter E>
void translator<E>::vector_minimum(op o) {
  const bool doubles = detail::has_doubles(o);
  const bool is_max = o == op::f32x4_max || o == op::f64x2_max;
  const value b = use(pop()), a = use(pop());
  const op pick = detail::asked_for(o), equal = doubles ? op::f64x2_eq : op::f32x4_eq;
  const value x = vector(pick, {a, b});
  const value y = vector(pick, {b, a});
  const value both = vector(is_max ? op::v128_and : op::v128_or, {x, y});
  const value a_is = vector(equal, {a, a});
  const value b_is = vector(equal, {b, b});
  push(numbers_or_nan(doubles, vector(op::v128_and, {a_is, b_is}), both), value_type::v128);
}

template <code_emitter E>
void translator<E>::vector_multiply_add(op o) {
  const bool doubles = detail::has_doubles(o);
  const value c = use(pop()), b = use(pop());
  value a = use(pop());
  if (o == op::f32x4_relaxed_nmadd || o == op::f64x2_relaxed_nmadd) {
    a = vector(doubles ? op::f64x2_neg : op::f32x4_neg, {a});
  }
  const value product = canonical_lanes(doubles, vector(doubles ? op::f64x2_mul : op::f32x4_mul, {a, b}));
  push(canonical_lanes(doubles, vector(doubles ? op::f64x2_add : op::f32x4_add, {product, c})), value_type::v128);
}

template <code_emitter E>
void translator<E>::vector_op(op o) {
  const vector_form form = form_of(o);
  const op_info& row = info(form.instruction);
  switch (form.instruction) {
    case op::f32x4_min:
    case op::f32x4_max:
    case op::f64x2_min:
    case op::f64x2_max: return vector_minimum(form.instruction);
    case op::f32x4_relaxed_madd:
    case op::f32x4_relaxed_nmadd:
    case op::f64x2_relaxed_madd:
    case op::f64x2_relaxed_nmadd: return vector_multiply_add(o);
    default: break;
  }
  value operands[3];
  const std::size_t count = std::string_view(row.params).size();
  for (std::size_t i = count; i-- > 0;) {
    const operand from = pop();
    operands[i] = visible(from);
    if (is_float(from.type)) {  // bits are bits
      const value_type bits = from.type == value_type::f32 ? value_type::i32 : value_type::i64;
      operands[i] = e_.unary(primitive::reinterpret, bits, operands[i]);
    }
  }
  if (form.exchanged) std::swap(operands[0], operands[1]);
  const value_type result = detail::type_of_letter(row.results[0]);
  value v = e_.vector(form.instruction, result, {operands, count}, 0, 0);
  if (detail::is_vector_arithmetic(form.instruction)) v = canonical_lanes(detail::has_doubles(form.instruction), v);
  push(v, result);
}

template <code_emitter E>
void translator<E>::on_v128_const(std::uint64_t low, std::uint64_t high) {
  push(e_.vector_constant(low, high), value_type::v128);
}

template <code_emitter E>
void translator<E>::on_shuffle(std::uint64_t low, std::uint64_t high) {
  const value b = use(pop()), a = use(pop());
  push(vector(op::i8x16_shuffle, {a, b}, low, high), value_type::v128);
}

template <code_emitter E>
void translator<E>::on_lane_op(op o, std::uint8_t lane) {
  if (info(o).params[1] == '\0') {
    const value from = use(pop());
    if (o == op::f32x4_extract_lane) {
      const value bits = vector(op::i32x4_extract_lane, {from}, lane);
      return push(e_.unary(primitive::reinterpret, value_type::f32, bits), value_type::f32);
    }
    if (o == op::f64x2_extract_lane) {
      const value bits = vector(op::i64x2_extract_lane, {from}, lane);
      return push(e_.unary(primitive::reinterpret, value_type::f64, bits), value_type::f64);
    }
    return push(vector(o, {from}, lane), detail::type_of_letter(info(o).results[0]));
  }
  const operand scalar = pop();
  value v = visible(scalar);
  if (scalar.type == value_type::f32) v = e_.unary(primitive::reinterpret, value_type::i32, v);
  if (scalar.type == value_type::f64) v = e_.unary(primitive::reinterpret, value_type::i64, v);
  const value into = use(pop());
  push(vector(form_of(o).instruction, {into, v}, lane), value_type::v128);
}

template <code_emitter E>
void translator<E>::on_lane_access(op o, const memarg& arg, std::uint8_t lane) {
  const value vec = use(pop());
  const operand address = pop();
  const std::uint8_t log2 = access_log2(o);
  const access how{log2 == 3 ? value_type::i64 : value_type::i32, log2};
  const place at = effective(address, arg.offset, 1u << log2, arg.memory);
  if (info(o).results[0] == '\0') {
    return e_.store(how, at.base, at.index, at.offset, vector(detail::asked_for(o), {vec}, lane));
  }
  const value scalar = e_.load(how, at.base, at.index, at.offset);
  push(vector(detail::asked_for(o), {vec, scalar}, lane), value_type::v128);
}

/// Loads of a whole vector, of half of one that is extended, and of a scalar that fills one or its lowest lane.
template <code_emitter E>
void translator<E>::vector_load(op o, const memarg& arg) {
  const operand address = pop();
  const std::uint8_t log2 = access_log2(o);
  const value_type type = log2 == 4 ? value_type::v128 : log2 == 3 ? value_type::i64 : value_type::i32;
  const place at = effective(address, arg.offset, 1u << log2, arg.memory);
  const value loaded = e_.load({type, log2, false, region::memory, false}, at.base, at.index, at.offset);
  if (o == op::v128_load) return push(loaded, type);
  const op make = detail::asked_for(o);
  if (o == op::v128_load32_zero || o == op::v128_load64_zero) {
    return push(vector(make, {e_.vector_constant(0, 0), loaded}, 0), value_type::v128);
  }
  if (info(make).params[0] != 'v') return push(vector(make, {loaded}), value_type::v128);
  const value low = vector(op::i64x2_replace_lane, {e_.vector_constant(0, 0), loaded}, 0);
  push(vector(make, {low}), value_type::v128);
}

}  // namespace wasm64::aot
