#pragma once

#include "wasm64/aot/llvm_unit.hpp"
#include "wasm64/binary/opcode.hpp"

// The instructions of v128 by LLVM's vectors (specification 4.3.5). Relaxed ones are those of the deterministic
// profile.

namespace wasm64::aot::llvm {

/// How the lanes of a vector are seen.
enum class shape : std::uint8_t { v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

constexpr unsigned lane_bits(shape s) noexcept {
  constexpr std::uint8_t bits[] = {64, 8, 16, 32, 64, 32, 64};
  return bits[static_cast<std::size_t>(s)];
}
constexpr unsigned lane_count(shape s) noexcept { return 128 / lane_bits(s); }

/// What is done with lanes. `detail` of a row says which.
enum class vector_form : std::uint8_t {
  none,
  binary,              ///< opcode
  compare,             ///< int_predicate
  compare_floats,      ///< real_predicate
  least,               ///< int_predicate: a where it holds, else b
  intrinsic,           ///< index of the name, with one or two operands
  shift,               ///< opcode
  not_,
  andnot,
  bitselect,
  any_true,
  all_true,
  bitmask,
  splat,
  extract_s,
  extract_u,
  replace,
  shuffle,
  swizzle,
  neg,
  abs,
  average,
  narrow_s,
  narrow_u,  ///< to these lanes, from twice the width
  extend_low,
  extend_high,
  multiply_low,
  multiply_high,  ///< to these lanes, from half the width; detail: zext or sext
  add_pairwise,        ///< the same
  dot,
  byte_dot,
  byte_dot_add,
  q15,
  float_min,
  float_max,
  pseudo_min,
  pseudo_max,
  float_neg,
  madd,
  nmadd,
  truncate_s,
  truncate_u,
  truncate_low_s,
  truncate_low_u,
  convert,             ///< sitofp or uitofp
  convert_low,         ///< the same
  demote,
  promote,
};

struct vector_row {
  vector_form form = vector_form::none;
  shape lanes = shape::v128;
  int detail = 0;
};

inline constexpr std::string_view vector_intrinsics[] = {
    "llvm.ctpop", "llvm.sadd.sat", "llvm.uadd.sat", "llvm.ssub.sat", "llvm.usub.sat", "llvm.fabs",
    "llvm.sqrt",  "llvm.ceil",     "llvm.floor",    "llvm.trunc",    "llvm.rint"};

constexpr int intrinsic_number(std::string_view name) noexcept {
  for (int i = 0;; ++i) {
    if (vector_intrinsics[i].substr(5) == name) return i;
  }
}

constexpr vector_row row_of(op o) noexcept {
  using f = vector_form;
  using s = shape;
  switch (o) {
    case op::v128_not: return {f::not_};
    case op::v128_and: return {f::binary, s::v128, and_};
    case op::v128_or: return {f::binary, s::v128, or_};
    case op::v128_xor: return {f::binary, s::v128, xor_};
    case op::v128_andnot: return {f::andnot};
    case op::i8x16_relaxed_laneselect:
    case op::i16x8_relaxed_laneselect:
    case op::i32x4_relaxed_laneselect:
    case op::i64x2_relaxed_laneselect:
    case op::v128_bitselect: return {f::bitselect};
    case op::v128_any_true: return {f::any_true};
    case op::i8x16_shuffle: return {f::shuffle, s::i8x16};
    case op::i8x16_relaxed_swizzle:
    case op::i8x16_swizzle: return {f::swizzle, s::i8x16};
    case op::i8x16_popcnt: return {f::intrinsic, s::i8x16, intrinsic_number("ctpop")};
    case op::i16x8_mul: return {f::binary, s::i16x8, mul};
    case op::i32x4_mul: return {f::binary, s::i32x4, mul};
    case op::i64x2_mul: return {f::binary, s::i64x2, mul};
    case op::i32x4_dot_i16x8_s: return {f::dot, s::i32x4};
    case op::i16x8_relaxed_dot_i8x16_i7x16_s: return {f::byte_dot, s::i16x8};
    case op::i32x4_relaxed_dot_i8x16_i7x16_add_s: return {f::byte_dot_add, s::i32x4};
    case op::i16x8_relaxed_q15mulr_s:
    case op::i16x8_q15mulr_sat_s: return {f::q15, s::i16x8};
    case op::i32x4_relaxed_trunc_f32x4_s:
    case op::i32x4_trunc_sat_f32x4_s: return {f::truncate_s, s::f32x4};
    case op::i32x4_relaxed_trunc_f32x4_u:
    case op::i32x4_trunc_sat_f32x4_u: return {f::truncate_u, s::f32x4};
    case op::i32x4_relaxed_trunc_f64x2_s_zero:
    case op::i32x4_trunc_sat_f64x2_s_zero: return {f::truncate_low_s, s::f64x2};
    case op::i32x4_relaxed_trunc_f64x2_u_zero:
    case op::i32x4_trunc_sat_f64x2_u_zero: return {f::truncate_low_u, s::f64x2};
    case op::f32x4_convert_i32x4_s: return {f::convert, s::i32x4, sitofp};
    case op::f32x4_convert_i32x4_u: return {f::convert, s::i32x4, uitofp};
    case op::f64x2_convert_low_i32x4_s: return {f::convert_low, s::i32x4, sitofp};
    case op::f64x2_convert_low_i32x4_u: return {f::convert_low, s::i32x4, uitofp};
    case op::f32x4_demote_f64x2_zero: return {f::demote, s::f64x2};
    case op::f64x2_promote_low_f32x4: return {f::promote, s::f32x4};

#define WASM64_INTEGERS(P)                              \
  case op::P##_splat: return {f::splat, s::P};          \
  case op::P##_replace_lane: return {f::replace, s::P}; \
  case op::P##_add: return {f::binary, s::P, add};      \
  case op::P##_sub: return {f::binary, s::P, sub};      \
  case op::P##_neg: return {f::neg, s::P};              \
  case op::P##_abs: return {f::abs, s::P};              \
  case op::P##_shl: return {f::shift, s::P, shl};       \
  case op::P##_shr_s: return {f::shift, s::P, ashr};    \
  case op::P##_shr_u: return {f::shift, s::P, lshr};    \
  case op::P##_all_true: return {f::all_true, s::P};    \
  case op::P##_bitmask: return {f::bitmask, s::P};      \
  case op::P##_eq: return {f::compare, s::P, eq};       \
  case op::P##_ne: return {f::compare, s::P, ne};       \
  case op::P##_lt_s: return {f::compare, s::P, slt};    \
  case op::P##_gt_s: return {f::compare, s::P, sgt};    \
  case op::P##_le_s: return {f::compare, s::P, sle};    \
  case op::P##_ge_s: return {f::compare, s::P, sge};
      WASM64_INTEGERS(i8x16)
      WASM64_INTEGERS(i16x8)
      WASM64_INTEGERS(i32x4)
      WASM64_INTEGERS(i64x2)
#undef WASM64_INTEGERS
#define WASM64_UP_TO_32(P)                           \
  case op::P##_lt_u: return {f::compare, s::P, ult}; \
  case op::P##_gt_u: return {f::compare, s::P, ugt}; \
  case op::P##_le_u: return {f::compare, s::P, ule}; \
  case op::P##_ge_u: return {f::compare, s::P, uge}; \
  case op::P##_min_s: return {f::least, s::P, slt};  \
  case op::P##_min_u: return {f::least, s::P, ult};  \
  case op::P##_max_s: return {f::least, s::P, sgt};  \
  case op::P##_max_u: return {f::least, s::P, ugt};
      WASM64_UP_TO_32(i8x16)
      WASM64_UP_TO_32(i16x8)
      WASM64_UP_TO_32(i32x4)
#undef WASM64_UP_TO_32
#define WASM64_UP_TO_16(P)                                                           \
  case op::P##_extract_lane_s: return {f::extract_s, s::P};                          \
  case op::P##_extract_lane_u: return {f::extract_u, s::P};                          \
  case op::P##_avgr_u: return {f::average, s::P};                                    \
  case op::P##_add_sat_s: return {f::intrinsic, s::P, intrinsic_number("sadd.sat")}; \
  case op::P##_add_sat_u: return {f::intrinsic, s::P, intrinsic_number("uadd.sat")}; \
  case op::P##_sub_sat_s: return {f::intrinsic, s::P, intrinsic_number("ssub.sat")}; \
  case op::P##_sub_sat_u: return {f::intrinsic, s::P, intrinsic_number("usub.sat")};
      WASM64_UP_TO_16(i8x16)
      WASM64_UP_TO_16(i16x8)
#undef WASM64_UP_TO_16
    case op::i32x4_extract_lane: return {f::extract_u, s::i32x4};
    case op::i64x2_extract_lane: return {f::extract_u, s::i64x2};
    case op::i8x16_narrow_i16x8_s: return {f::narrow_s, s::i8x16};
    case op::i8x16_narrow_i16x8_u: return {f::narrow_u, s::i8x16};
    case op::i16x8_narrow_i32x4_s: return {f::narrow_s, s::i16x8};
    case op::i16x8_narrow_i32x4_u: return {f::narrow_u, s::i16x8};
#define WASM64_WIDER(P, N)                                                 \
  case op::P##_extend_low_##N##_s: return {f::extend_low, s::P, sext};     \
  case op::P##_extend_low_##N##_u: return {f::extend_low, s::P, zext};     \
  case op::P##_extend_high_##N##_s: return {f::extend_high, s::P, sext};   \
  case op::P##_extend_high_##N##_u: return {f::extend_high, s::P, zext};   \
  case op::P##_extmul_low_##N##_s: return {f::multiply_low, s::P, sext};   \
  case op::P##_extmul_low_##N##_u: return {f::multiply_low, s::P, zext};   \
  case op::P##_extmul_high_##N##_s: return {f::multiply_high, s::P, sext}; \
  case op::P##_extmul_high_##N##_u: return {f::multiply_high, s::P, zext};
      WASM64_WIDER(i16x8, i8x16)
      WASM64_WIDER(i32x4, i16x8)
      WASM64_WIDER(i64x2, i32x4)
#undef WASM64_WIDER
    case op::i16x8_extadd_pairwise_i8x16_s: return {f::add_pairwise, s::i16x8, sext};
    case op::i16x8_extadd_pairwise_i8x16_u: return {f::add_pairwise, s::i16x8, zext};
    case op::i32x4_extadd_pairwise_i16x8_s: return {f::add_pairwise, s::i32x4, sext};
    case op::i32x4_extadd_pairwise_i16x8_u: return {f::add_pairwise, s::i32x4, zext};

#define WASM64_FLOATS(P)                                                       \
  case op::P##_splat: return {f::splat, s::P};                                 \
  case op::P##_extract_lane: return {f::extract_u, s::P};                      \
  case op::P##_replace_lane: return {f::replace, s::P};                        \
  case op::P##_add: return {f::binary, s::P, fadd};                            \
  case op::P##_sub: return {f::binary, s::P, fsub};                            \
  case op::P##_mul: return {f::binary, s::P, fmul};                            \
  case op::P##_div: return {f::binary, s::P, fdiv};                            \
  case op::P##_relaxed_min:                                                    \
  case op::P##_min: return {f::float_min, s::P};                               \
  case op::P##_relaxed_max:                                                    \
  case op::P##_max: return {f::float_max, s::P};                               \
  case op::P##_pmin: return {f::pseudo_min, s::P};                             \
  case op::P##_pmax: return {f::pseudo_max, s::P};                             \
  case op::P##_eq: return {f::compare_floats, s::P, oeq};                      \
  case op::P##_ne: return {f::compare_floats, s::P, une};                      \
  case op::P##_lt: return {f::compare_floats, s::P, olt};                      \
  case op::P##_gt: return {f::compare_floats, s::P, ogt};                      \
  case op::P##_le: return {f::compare_floats, s::P, ole};                      \
  case op::P##_ge: return {f::compare_floats, s::P, oge};                      \
  case op::P##_neg: return {f::float_neg, s::P};                               \
  case op::P##_abs: return {f::intrinsic, s::P, intrinsic_number("fabs")};     \
  case op::P##_sqrt: return {f::intrinsic, s::P, intrinsic_number("sqrt")};    \
  case op::P##_ceil: return {f::intrinsic, s::P, intrinsic_number("ceil")};    \
  case op::P##_floor: return {f::intrinsic, s::P, intrinsic_number("floor")};  \
  case op::P##_trunc: return {f::intrinsic, s::P, intrinsic_number("trunc")};  \
  case op::P##_nearest: return {f::intrinsic, s::P, intrinsic_number("rint")}; \
  case op::P##_relaxed_madd: return {f::madd, s::P};                           \
  case op::P##_relaxed_nmadd: return {f::nmadd, s::P};
      WASM64_FLOATS(f32x4)
      WASM64_FLOATS(f64x2)
#undef WASM64_FLOATS
    default: return {};
  }
}

/// Writes them. Operands and results are `<2 x i64>`.
class vector_writer {
 public:
  explicit vector_writer(const unit& u) noexcept : u_(u) {}

  /// The lanes of `low` and `high` are those of a shuffle; `low` is a lane's number.
  value_ref write(const vector_row& row, std::span<const value_ref> operands, std::uint64_t low, std::uint64_t high);

 private:
  type_ref lane_type(shape s) const noexcept;
  type_ref type(shape s) const { return u_.vector_of(lane_type(s), lane_count(s)); }
  value_ref seen_as(shape s, value_ref v) const { return u_.bits(v, type(s)); }
  value_ref all(shape s, std::uint64_t value) const { return u_.all(lane_type(s), lane_count(s), value); }
  /// A float of which every lane is the same.
  value_ref all_real(type_ref lane, unsigned count, double value) const;
  value_ref zero(shape s) const { return u_.c.ConstNull(type(s)); }
  value_ref splat(shape s, value_ref lane) const;
  /// Lanes first, first + step, … of two vectors together.
  value_ref lanes(value_ref a, value_ref b, unsigned first, unsigned count, unsigned step = 1) const;
  value_ref clamp(value_ref v, value_ref least, value_ref most, int_predicate below) const;
  value_ref narrow(shape to, value_ref a, value_ref b, bool is_signed) const;
  /// The lower or upper lanes of half the width.
  value_ref extended(shape to, value_ref v, bool upper, opcode how) const;
  value_ref add_pairwise(shape to, value_ref v, opcode how) const;
  value_ref dot(value_ref a, value_ref b, type_ref wide, unsigned count) const;
  value_ref q15(value_ref a, value_ref b) const;
  value_ref swizzle(value_ref v, value_ref numbers) const;
  /// In the order of the sign bits where operands are equal.
  value_ref minimum(shape s, value_ref a, value_ref b, bool maximum) const;
  value_ref truncate(value_ref v, bool is_signed) const;
  value_ref truncate_low(value_ref v, bool is_signed) const;

  const unit& u_;
};

}  // namespace wasm64::aot::llvm

#include "wasm64/aot/llvm_vectors_impl.hpp"
