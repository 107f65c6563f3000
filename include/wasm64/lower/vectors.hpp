#pragma once

#include <cstdint>

#include "wasm64/lower/values.hpp"

namespace wasm64 {

/// The instruction that does the same as a vector instruction, maybe with the operands exchanged. Relaxed instructions
/// have the results of the deterministic profile (exec/simd.hpp).
struct vector_form {
  op instruction;
  bool exchanged = false;
};

constexpr vector_form form_of(op o) noexcept {
  switch (o) {
    case op::i8x16_relaxed_swizzle: return {op::i8x16_swizzle};
    case op::i32x4_relaxed_trunc_f32x4_s: return {op::i32x4_trunc_sat_f32x4_s};
    case op::i32x4_relaxed_trunc_f32x4_u: return {op::i32x4_trunc_sat_f32x4_u};
    case op::i32x4_relaxed_trunc_f64x2_s_zero: return {op::i32x4_trunc_sat_f64x2_s_zero};
    case op::i32x4_relaxed_trunc_f64x2_u_zero: return {op::i32x4_trunc_sat_f64x2_u_zero};
    case op::i8x16_relaxed_laneselect:
    case op::i16x8_relaxed_laneselect:
    case op::i32x4_relaxed_laneselect:
    case op::i64x2_relaxed_laneselect: return {op::v128_bitselect};
    case op::f32x4_relaxed_min: return {op::f32x4_min};
    case op::f32x4_relaxed_max: return {op::f32x4_max};
    case op::f64x2_relaxed_min: return {op::f64x2_min};
    case op::f64x2_relaxed_max: return {op::f64x2_max};
    case op::i16x8_relaxed_q15mulr_s: return {op::i16x8_q15mulr_sat_s};
    case op::f32x4_splat: return {op::i32x4_splat};  // bits are bits
    case op::f64x2_splat: return {op::i64x2_splat};
    case op::f32x4_replace_lane: return {op::i32x4_replace_lane};
    case op::f64x2_replace_lane: return {op::i64x2_replace_lane};
#define WASM64_MIRROR(P, s)                         \
  case op::P##_gt##s: return {op::P##_lt##s, true}; \
  case op::P##_ge##s: return {op::P##_le##s, true};
      WASM64_MIRROR(i8x16, _s)
      WASM64_MIRROR(i8x16, _u)
      WASM64_MIRROR(i16x8, _s)
      WASM64_MIRROR(i16x8, _u)
      WASM64_MIRROR(i32x4, _s)
      WASM64_MIRROR(i32x4, _u)
      WASM64_MIRROR(i64x2, _s)
      WASM64_MIRROR(f32x4, )
      WASM64_MIRROR(f64x2, )
#undef WASM64_MIRROR
    default: return {o};
  }
}

/// Lowers the vector instructions. A v128 is two slots, and its constants are computed.
class vector_lowering : public value_lowering {
 public:
  using value_lowering::value_lowering;

  void on_numeric(op o) {
    if (!is_vector(o)) return value_lowering::on_numeric(o);
    const op_info& row = info(o);
    const vector_form form = form_of(o);
    const ir operation = ir_of(form.instruction);
    const type_code result = type_of(row.results[0]);
    const std::int32_t third = row.params[1] != 0 && row.params[2] != 0 ? in_slot(pop()) : 0;
    if (row.params[1] == 0) return compute(operation, {}, in_slot(pop()), 0, result);
    const operand b = pop();
    const operand a = pop();
    if (shape_of(operation) == shape::vector_shift && b.where == operand::place::constant) {
      // Counts are taken modulo the width, so that the low bits are enough.
      const auto count = static_cast<std::int32_t>(b.bits & 63);
      return compute(operation, {register_of(a), kind::immediate}, a.slot, halves(count, 0), result);
    }
    const std::int32_t right = in_slot(b);
    const std::int32_t left = in_slot(a);
    kind_pair kinds;
    if (shape_of(operation) == shape::vector_pair) {
      kinds = {register_of(form.exchanged ? b : a), register_of(form.exchanged ? a : b)};
      if (kinds.a != kind::slot) kinds.b = kind::slot;
    }
    compute(operation, kinds, form.exchanged ? right : left, halves(form.exchanged ? left : right, third), result);
  }

  void on_v128_const(std::uint64_t low, std::uint64_t high) {
    const std::int32_t home = push(type_code::v128).home;
    with_bytes(ir::v128_const, home, 0, 0, low, high);
  }
  void on_shuffle(std::uint64_t low, std::uint64_t high) {
    const operand b = pop();
    const operand a = pop();
    const std::int32_t home = push(type_code::v128).home;
    // Most shuffles move whole words, which need no instruction for bytes.
    word places[2] = {};
    const word numbers[2] = {low, high};
    bool words = true;
    for (unsigned i = 0; i < 4; ++i) {
      const auto four = static_cast<std::uint32_t>(numbers[i / 2] >> i % 2 * 32);
      const std::uint32_t first = four & 31;
      words = words && first % 4 == 0 && four == first * 0x01010101u + 0x03020100u;
      const std::int32_t place = (first < 16 ? a.slot : b.slot) * 8 + static_cast<std::int32_t>(first % 16);
      places[i / 2] |= word{static_cast<std::uint32_t>(place)} << i % 2 * 32;
    }
    if (words) return with_bytes(ir::i32x4_shuffle, home, 0, 0, places[0], places[1]);
    with_bytes(ir::i8x16_shuffle, home, a.slot, halves(b.slot, 0), low, high);
  }
  void on_lane_op(op o, std::uint8_t lane) {
    const op_info& row = info(o);
    if (row.params[1] == 0) {
      compute(ir_of(o), {}, pop().slot, lane, type_of(row.results[0]));
    } else {
      const std::int32_t scalar = in_slot(pop());
      replace_lane(o, pop(), scalar, lane);
    }
  }

  void on_load(op o, const memarg& arg) {
    switch (o) {
      case op::v128_load8x8_s: return load_then(op::i64_load, arg, op::i16x8_extend_low_i8x16_s);
      case op::v128_load8x8_u: return load_then(op::i64_load, arg, op::i16x8_extend_low_i8x16_u);
      case op::v128_load16x4_s: return load_then(op::i64_load, arg, op::i32x4_extend_low_i16x8_s);
      case op::v128_load16x4_u: return load_then(op::i64_load, arg, op::i32x4_extend_low_i16x8_u);
      case op::v128_load32x2_s: return load_then(op::i64_load, arg, op::i64x2_extend_low_i32x4_s);
      case op::v128_load32x2_u: return load_then(op::i64_load, arg, op::i64x2_extend_low_i32x4_u);
      case op::v128_load8_splat: return load_then(op::i32_load8_u, arg, op::i8x16_splat);
      case op::v128_load16_splat: return load_then(op::i32_load16_u, arg, op::i16x8_splat);
      case op::v128_load32_splat: return load_then(op::i32_load, arg, op::i32x4_splat);
      case op::v128_load64_splat: return load_then(op::i64_load, arg, op::i64x2_splat);
      case op::v128_load32_zero: return load_zero(op::i32_load, arg);
      case op::v128_load64_zero: return load_zero(op::i64_load, arg);
      default: return value_lowering::on_load(o, arg);
    }
  }

  void on_lane_access(op o, const memarg& arg, std::uint8_t lane) {
    switch (o) {
      case op::v128_load8_lane: return load_lane(op::i32_load8_u, arg, op::i8x16_replace_lane, lane);
      case op::v128_load16_lane: return load_lane(op::i32_load16_u, arg, op::i16x8_replace_lane, lane);
      case op::v128_load32_lane: return load_lane(op::i32_load, arg, op::i32x4_replace_lane, lane);
      case op::v128_load64_lane: return load_lane(op::i64_load, arg, op::i64x2_replace_lane, lane);
      case op::v128_store8_lane: return store_lane(op::i32_store8, arg, op::i8x16_extract_lane_u, lane);
      case op::v128_store16_lane: return store_lane(op::i32_store16, arg, op::i16x8_extract_lane_u, lane);
      case op::v128_store32_lane: return store_lane(op::i32_store, arg, op::i32x4_extract_lane, lane);
      default: return store_lane(op::i64_store, arg, op::i64x2_extract_lane, lane);
    }
  }

  void on_select(val_type type) {
    if (!type.is_vec()) return value_lowering::on_select(type);
    const operand condition = pop();
    const operand b = pop();
    const operand a = pop();
    const kind k = in_accumulator(condition) ? kind::accumulator : kind::slot;
    compute(ir::select_v128, {k, kind::slot}, a.slot, halves(b.slot, in_slot(condition)), type.code);
  }
  void on_global_get(std::uint32_t index, val_type type) {
    if (!type.is_vec()) return value_lowering::on_global_get(index, type);
    compute(ir::global_load_v128, {}, 0, index, type.code);
  }
  void on_global_set(std::uint32_t index, val_type type) {
    if (!type.is_vec()) return value_lowering::on_global_set(index, type);
    emit(ir::global_store_v128, {}, 0, pop().slot, index);
  }

 private:
  static constexpr bool is_vector(op o) noexcept { return info(o).prefix == 0xFD; }

  /// A cell with 16 bytes behind it.
  void with_bytes(ir operation, std::int32_t home, std::int32_t a, std::uint32_t imm, word low, word high) {
    const std::uint32_t at = emit_wide(operation, {}, home, a, imm, low);
    append(high);
    value_written(home, type_code::v128);
    slot_computed(home, value_class::v128);
    produced(at, operation, {});
  }
  void replace_lane(op o, const operand& vector, std::int32_t scalar, std::uint8_t lane) {
    compute(ir_of(form_of(o).instruction), {}, vector.slot, halves(scalar, lane), type_code::v128);
  }

  /// Loads a scalar to where its address was, and makes a vector of it there.
  void load_then(op load, const memarg& arg, op make) {
    value_lowering::on_load(load, arg);
    compute(ir_of(make), {}, pop().slot, 0, type_code::v128);
  }
  void load_zero(op load, const memarg& arg) {
    value_lowering::on_load(load, arg);
    compute(ir::v128_from_low, {}, pop().slot, 0, type_code::v128);
  }
  /// The vector stays where it is, above the address: the scalar overwrites nothing of it.
  void load_lane(op load, const memarg& arg, op replace, std::uint8_t lane) {
    const operand vector = pop();
    value_lowering::on_load(load, arg);
    const std::int32_t scalar = pop().slot;
    replace_lane(replace, vector, scalar, lane);
  }
  void store_lane(op store, const memarg& arg, op extract, std::uint8_t lane) {
    compute(ir_of(extract), {}, pop().slot, lane, type_of(info(extract).results[0]));
    value_lowering::on_store(store, arg);
  }
};

}  // namespace wasm64
