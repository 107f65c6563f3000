#pragma once

#include <limits>

#include "wasm64/aot/llvm_vectors.hpp"

namespace wasm64::aot::llvm {

inline type_ref vector_writer::lane_type(shape s) const noexcept {
  switch (s) {
    case shape::i8x16: return u_.i8;
    case shape::i16x8: return u_.i16;
    case shape::i32x4: return u_.i32;
    case shape::f32x4: return u_.f32;
    case shape::f64x2: return u_.f64;
    default: return u_.i64;
  }
}

inline value_ref vector_writer::all_real(type_ref lane, unsigned count, double value) const {
  small_vector<value_ref, 4> values(count, u_.c.ConstReal(lane, value));
  return u_.c.ConstVector(values.data(), count);
}

inline value_ref vector_writer::splat(shape s, value_ref lane) const {
  if (s == shape::i8x16 || s == shape::i16x8) lane = u_.cast(trunc, lane, lane_type(s));
  const value_ref one = u_.with_lane(u_.c.GetUndef(type(s)), 0, lane);
  const std::uint32_t numbers[16] = {};
  return u_.shuffle(one, one, {numbers, lane_count(s)});
}

inline value_ref vector_writer::lanes(value_ref a, value_ref b, unsigned first, unsigned count, unsigned step) const {
  small_vector<std::uint32_t, 16> numbers;
  for (unsigned i = 0; i < count; ++i) numbers.push_back(first + i * step);
  return u_.shuffle(a, b, view_of(numbers));
}

inline value_ref vector_writer::clamp(value_ref v, value_ref least, value_ref most, int_predicate below) const {
  const value_ref up = u_.select(u_.compare(below, v, least), least, v);
  return u_.select(u_.compare(below, up, most), up, most);
}

inline value_ref vector_writer::narrow(shape to, value_ref a, value_ref b, bool is_signed) const {
  const auto from = static_cast<shape>(static_cast<int>(to) + 1);
  const std::uint64_t limit = std::uint64_t{1} << (lane_bits(to) - is_signed);
  const value_ref least = all(from, is_signed ? ~std::uint64_t{0} << (lane_bits(to) - 1) : 0);
  const value_ref most = all(from, limit - 1);
  const type_ref half = u_.vector_of(lane_type(to), lane_count(from));
  const auto one = [&](value_ref v) { return u_.cast(trunc, clamp(seen_as(from, v), least, most, slt), half); };
  const value_ref low = one(a), high = one(b);
  return lanes(low, high, 0, lane_count(to));
}

inline value_ref vector_writer::extended(shape to, value_ref v, bool upper, opcode how) const {
  const auto from = static_cast<shape>(static_cast<int>(to) - 1);
  const value_ref narrow_lanes = seen_as(from, v);
  const unsigned count = lane_count(to);
  return u_.cast(how, lanes(narrow_lanes, narrow_lanes, upper ? count : 0, count), type(to));
}

inline value_ref vector_writer::add_pairwise(shape to, value_ref v, opcode how) const {
  const value_ref wide = seen_as(to, v);
  const value_ref half = all(to, lane_bits(to) / 2);
  const opcode shift = how == sext ? ashr : lshr;
  return u_.binary(add, u_.binary(shift, u_.binary(shl, wide, half), half), u_.binary(shift, wide, half));
}

/// Products of lanes at twice the width, neighbours added.
inline value_ref vector_writer::dot(value_ref a, value_ref b, type_ref wide, unsigned count) const {
  const type_ref type = u_.vector_of(wide, count);
  const value_ref product = u_.binary(mul, u_.cast(sext, a, type), u_.cast(sext, b, type));
  return u_.binary(add, lanes(product, product, 0, count / 2, 2), lanes(product, product, 1, count / 2, 2));
}

inline value_ref vector_writer::q15(value_ref a, value_ref b) const {
  const type_ref wide = u_.vector_of(u_.i32, 8);
  value_ref product = u_.binary(mul, u_.cast(sext, a, wide), u_.cast(sext, b, wide));
  product = u_.binary(ashr, u_.binary(add, product, u_.all(u_.i32, 8, 0x4000)), u_.all(u_.i32, 8, 15));
  const value_ref most = u_.all(u_.i32, 8, 0x7fff);  // only the product of the two smallest is more
  return u_.cast(trunc, u_.select(u_.compare(slt, product, most), product, most), type(shape::i16x8));
}

inline value_ref vector_writer::swizzle(value_ref v, value_ref numbers) const {
#if defined(__aarch64__)
  return u_.intrinsic("llvm.aarch64.neon.tbl1", {type(shape::i8x16)}, {v, numbers});
#else
  // The instruction looks at the upper bit and at the four lower ones: numbers from 16 on get the former.
  const value_ref far = u_.intrinsic("llvm.uadd.sat", {type(shape::i8x16)}, {numbers, all(shape::i8x16, 0x70)});
  return u_.intrinsic("llvm.x86.ssse3.pshuf.b.128", {}, {v, far});
#endif
}

inline value_ref vector_writer::minimum(shape s, value_ref a, value_ref b, bool maximum) const {
  const real_predicate first = maximum ? ogt : olt;
  const shape ints = s == shape::f32x4 ? shape::i32x4 : shape::i64x2;
  const value_ref ab = seen_as(ints, u_.select(u_.compare(first, a, b), a, b));
  const value_ref ba = seen_as(ints, u_.select(u_.compare(first, b, a), b, a));
  const value_ref number = u_.binary(maximum ? and_ : or_, ab, ba);
  const value_ref nan = all(ints, s == shape::f32x4 ? 0x7fc0'0000 : 0x7ff8'0000'0000'0000);
  return u_.select(u_.compare(ord, a, b), number, nan);
}

/// As the interpreter does it: what does not fit is replaced before the conversion, which is undefined for it.
inline value_ref vector_writer::truncate(value_ref v, bool is_signed) const {
  const auto real = [&](double value) { return all_real(u_.f32, 4, value); };
  const value_ref zeros = zero(shape::f32x4);
  const value_ref half = real(2147483648.0);
  if (is_signed) {
    const value_ref least = real(-2147483648.0);
    const value_ref fits = u_.binary(and_, u_.compare(oge, v, least), u_.compare(olt, v, half));
    const value_ref below = u_.select(u_.compare(olt, v, least), all(shape::i32x4, 0x8000'0000), zero(shape::i32x4));
    const value_ref beyond = u_.select(u_.compare(oge, v, half), all(shape::i32x4, 0x7fff'ffff), below);
    return u_.select(fits, u_.cast(fptosi, u_.select(fits, v, zeros), type(shape::i32x4)), beyond);
  }
  const value_ref limit = real(4294967296.0);
  const value_ref upper = u_.compare(oge, v, half);
  const value_ref fits = u_.binary(and_, u_.compare(ogt, v, zeros), u_.compare(olt, v, limit));
  const value_ref reduced = u_.select(fits, u_.binary(fsub, v, u_.select(upper, half, zeros)), zeros);
  const value_ref top = u_.select(upper, all(shape::i32x4, 0x8000'0000), zero(shape::i32x4));
  const value_ref whole = u_.binary(xor_, u_.cast(fptosi, reduced, type(shape::i32x4)), top);
  return u_.select(u_.compare(oge, v, limit), u_.c.ConstAllOnes(type(shape::i32x4)), whole);
}

inline value_ref vector_writer::truncate_low(value_ref v, bool is_signed) const {
  const value_ref least = all_real(u_.f64, 2, is_signed ? -2147483648.0 : 0.0);
  const value_ref most = all_real(u_.f64, 2, is_signed ? 2147483647.0 : 4294967295.0);
  value_ref fitting = u_.select(u_.compare(oeq, v, v), v, zero(shape::f64x2));
  fitting = u_.select(u_.compare(olt, fitting, least), least, fitting);
  fitting = u_.select(u_.compare(ogt, fitting, most), most, fitting);
  value_ref out = zero(shape::i32x4);
  for (unsigned i = 0; i < 2; ++i) {
    const value_ref whole = u_.cast(fptosi, u_.lane(fitting, i), u_.i64);
    out = u_.with_lane(out, i, u_.cast(trunc, whole, u_.i32));
  }
  return out;
}

inline value_ref vector_writer::write(const vector_row& row, std::span<const value_ref> operands, std::uint64_t low,
                                      std::uint64_t high) {
  using f = vector_form;
  const shape s = row.lanes;
  const auto how = static_cast<opcode>(row.detail);
  const auto predicate = static_cast<int_predicate>(row.detail);
  const auto is_vector = [&](std::size_t i) { return operands.size() > i && u_.type_of(operands[i]) == u_.v128; };
  const value_ref a = is_vector(0) ? seen_as(s, operands[0]) : nullptr;
  const value_ref b = is_vector(1) ? seen_as(s, operands[1]) : nullptr;
  const auto vector = [&](value_ref v) { return u_.bits(v, u_.v128); };
  const auto mask = [&](value_ref flags) { return vector(u_.cast(sext, flags, type(s))); };
  const auto flags_as_bits = [&](value_ref flags) {
    return u_.bits(flags, u_.c.IntTypeInContext(u_.context, lane_count(s)));
  };
  switch (row.form) {
    case f::none: break;
    case f::binary: return vector(u_.binary(how, a, b));
    case f::compare: {
      const value_ref flags = u_.compare(predicate, a, b);
      return mask(flags);
    }
    case f::compare_floats: {
      const shape ints = s == shape::f32x4 ? shape::i32x4 : shape::i64x2;
      return vector(u_.cast(sext, u_.compare(static_cast<real_predicate>(row.detail), a, b), type(ints)));
    }
    case f::least: return vector(u_.select(u_.compare(predicate, a, b), a, b));
    case f::intrinsic: {
      const std::string_view name = vector_intrinsics[row.detail];
      return vector(b == nullptr ? u_.intrinsic(name, {type(s)}, {a}) : u_.intrinsic(name, {type(s)}, {a, b}));
    }
    case f::shift: {
      value_ref count = u_.binary(and_, operands[1], u_.integer(u_.i32, lane_bits(s) - 1));
      if (s == shape::i64x2) count = u_.cast(zext, count, u_.i64);
      return vector(u_.binary(how, a, splat(s, count)));
    }
    case f::not_: return u_.c.BuildNot(u_.at, a, "");
    case f::andnot: return u_.binary(and_, a, u_.c.BuildNot(u_.at, b, ""));
    case f::bitselect: {
      const value_ref c = operands[2];
      return u_.binary(or_, u_.binary(and_, a, c), u_.binary(and_, b, u_.c.BuildNot(u_.at, c, "")));
    }
    case f::any_true: return u_.cast(zext, u_.compare(ne, u_.bits(a, u_.i128), u_.c.ConstNull(u_.i128)), u_.i32);
    case f::all_true: {
      const value_ref zeros = flags_as_bits(u_.compare(eq, a, zero(s)));
      return u_.cast(zext, u_.compare(eq, zeros, u_.c.ConstNull(u_.type_of(zeros))), u_.i32);
    }
    case f::bitmask: return u_.cast(zext, flags_as_bits(u_.compare(slt, a, zero(s))), u_.i32);
    case f::splat: return vector(splat(s, operands[0]));
    case f::extract_s: return u_.cast(sext, u_.lane(a, low), u_.i32);
    case f::extract_u: {
      const value_ref lane = u_.lane(a, low);
      return s == shape::i8x16 || s == shape::i16x8 ? u_.cast(zext, lane, u_.i32) : lane;
    }
    case f::replace: {
      value_ref lane = operands[1];
      if (s == shape::i8x16 || s == shape::i16x8) lane = u_.cast(trunc, lane, lane_type(s));
      return vector(u_.with_lane(a, low, lane));
    }
    case f::shuffle: {
      std::uint32_t numbers[16];
      for (unsigned i = 0; i < 16; ++i) numbers[i] = (i < 8 ? low : high) >> (i % 8 * 8) & 31;
      return vector(u_.shuffle(a, b, numbers));
    }
    case f::swizzle: return vector(swizzle(a, b));
    case f::neg: return vector(u_.binary(sub, zero(s), a));
    case f::abs: return vector(u_.select(u_.compare(slt, a, zero(s)), u_.binary(sub, zero(s), a), a));
    case f::average: {
      const type_ref wide = u_.vector_of(s == shape::i8x16 ? u_.i16 : u_.i32, lane_count(s));
      const value_ref one = u_.all(s == shape::i8x16 ? u_.i16 : u_.i32, lane_count(s), 1);
      const value_ref sum = u_.binary(add, u_.binary(add, u_.cast(zext, a, wide), u_.cast(zext, b, wide)), one);
      return vector(u_.cast(trunc, u_.binary(lshr, sum, one), type(s)));
    }
    case f::narrow_s: return vector(narrow(s, operands[0], operands[1], true));
    case f::narrow_u: return vector(narrow(s, operands[0], operands[1], false));
    case f::extend_low: return vector(extended(s, operands[0], false, how));
    case f::extend_high: return vector(extended(s, operands[0], true, how));
    case f::multiply_low:
    case f::multiply_high: {
      const bool upper = row.form == f::multiply_high;
      return vector(u_.binary(mul, extended(s, operands[0], upper, how), extended(s, operands[1], upper, how)));
    }
    case f::add_pairwise: return vector(add_pairwise(s, operands[0], how));
    case f::dot: return vector(dot(seen_as(shape::i16x8, operands[0]), seen_as(shape::i16x8, operands[1]), u_.i32, 8));
    case f::byte_dot:
    case f::byte_dot_add: {
      const value_ref sums = dot(seen_as(shape::i8x16, operands[0]), seen_as(shape::i8x16, operands[1]), u_.i16, 16);
      if (row.form == f::byte_dot) return vector(sums);
      return vector(u_.binary(add, add_pairwise(s, vector(sums), sext), seen_as(s, operands[2])));
    }
    case f::q15: return vector(q15(a, b));
    case f::float_min: return vector(minimum(s, a, b, false));
    case f::float_max: return vector(minimum(s, a, b, true));
    case f::pseudo_min: return vector(u_.select(u_.compare(olt, b, a), b, a));
    case f::pseudo_max: return vector(u_.select(u_.compare(ogt, b, a), b, a));
    case f::float_neg: return vector(u_.c.BuildFNeg(u_.at, a, ""));
    case f::madd:
    case f::nmadd: {
      const value_ref factor = row.form == f::madd ? a : u_.c.BuildFNeg(u_.at, a, "");
      return vector(u_.binary(fadd, u_.binary(fmul, factor, b), seen_as(s, operands[2])));
    }
    case f::truncate_s: return vector(truncate(a, true));
    case f::truncate_u: return vector(truncate(a, false));
    case f::truncate_low_s: return vector(truncate_low(a, true));
    case f::truncate_low_u: return vector(truncate_low(a, false));
    case f::convert: return vector(u_.cast(how, a, type(shape::f32x4)));
    case f::convert_low: return vector(u_.cast(how, lanes(a, a, 0, 2), type(shape::f64x2)));
    case f::demote: {
      const value_ref low_half = u_.cast(fptrunc, a, u_.vector_of(u_.f32, 2));
      return vector(lanes(low_half, u_.c.ConstNull(u_.type_of(low_half)), 0, 4));
    }
    case f::promote: return vector(u_.cast(fpext, lanes(a, a, 0, 2), type(shape::f64x2)));
  }
  return nullptr;
}

}  // namespace wasm64::aot::llvm
