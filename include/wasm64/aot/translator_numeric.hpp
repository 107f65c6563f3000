#pragma once

// translator: constants, selection and numeric instructions. Semantics are those of exec/numeric.hpp.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

template <code_emitter E>
void translator<E>::on_const(val_type type, std::uint64_t bits) {
  push_constant(value_type_of(type), bits);
}

/// Whoever compiled to WebAssembly had branches as well.
template <code_emitter E>
void translator<E>::on_select(val_type type) {
  const value condition = flag_of(pop());
  const operand b = pop(), a = pop();
  if (type.is_ref()) {
    const value first = reference_in_slot(a), second = reference_in_slot(b);
    return push_made(e_.choose(condition, first, second));
  }
  const bool differ =
      (a.nan == nan_bits::open && b.nan == nan_bits::exact) || (a.nan == nan_bits::exact && b.nan == nan_bits::open);
  nan_bits nan = a.nan == nan_bits::canonical ? b.nan : a.nan;
  if (differ) nan = nan_bits::exact;
  const value first = differ ? visible(a) : use(a), second = differ ? visible(b) : use(b);
  push(e_.choose(condition, first, second), value_type_of(type), nan);
}

template <code_emitter E>
void translator<E>::unary(primitive p, value_type result, nan_bits nan) {
  const value a = use(pop());
  push(e_.unary(p, result, a), result, nan);
}

template <code_emitter E>
void translator<E>::binary(primitive p, nan_bits nan) {
  const operand b = pop(), a = pop();
  const value_type type = a.type == value_type::flag ? value_type::i32 : a.type;
  const value left = use(a);
  push(e_.binary(p, left, use(b)), type, nan);
  if (p == primitive::add && type == value_type::i64 && a.is_constant != b.is_constant) {
    note_sum(stack_.back(), a.is_constant ? b : a, a.is_constant ? a.bits : b.bits);
  }
}

template <code_emitter E>
void translator<E>::compare(primitive p) {
  const operand b = pop(), a = pop();
  const value left = use(a);
  push(e_.binary(p, left, use(b)), value_type::flag);
}

/// Division and remainder, with their traps (specification 4.3.2).
template <code_emitter E>
void translator<E>::divide(op o) {
  const operand b = pop(), a = pop();
  const bool is_wide = o >= op::i64_div_s;
  const value_type type = is_wide ? value_type::i64 : value_type::i32;
  const auto constant = [&](std::uint64_t bits) { return e_.constant(type, bits); };
  const std::uint64_t minus_one = is_wide ? ~std::uint64_t{0} : 0xffffffff;
  const std::uint64_t smallest = is_wide ? std::uint64_t{1} << 63 : 0x80000000;
  const value left = use(a), right = use(b);
  if (!b.is_constant || b.bits == 0) {
    trap_if(e_.binary(primitive::eq, right, constant(0)), errc::trap_integer_divide_by_zero);
  }
  const bool may_overflow = !b.is_constant || b.bits == minus_one;
  switch (o) {
    case op::i32_div_u:
    case op::i64_div_u: return push(e_.binary(primitive::div_u, left, right), type);
    case op::i32_rem_u:
    case op::i64_rem_u: return push(e_.binary(primitive::rem_u, left, right), type);
    case op::i32_div_s:
    case op::i64_div_s:
      if (may_overflow) {
        const value is_smallest = e_.binary(primitive::eq, left, constant(smallest));
        const value negates = e_.binary(primitive::eq, right, constant(minus_one));
        trap_if(e_.binary(primitive::and_, is_smallest, negates), errc::trap_integer_overflow);
      }
      return push(e_.binary(primitive::div_s, left, right), type);
    default: break;
  }
  if (!may_overflow) return push(e_.binary(primitive::rem_s, left, right), type);
  // The remainder by −1 is that by 1.
  const value negates = e_.binary(primitive::eq, right, constant(minus_one));
  push(e_.binary(primitive::rem_s, left, e_.select(negates, constant(1), right)), type);
}

/// `a < b ? a : b` both ways round agree but for zeros and NaNs, and there their bits combine: of zeros the sign, of
/// anything with a NaN a NaN. For the greater one bits that are common are no NaN, so that takes an addition.
template <code_emitter E>
void translator<E>::minimum(value_type type, bool is_max) {
  const value_type bits = type == value_type::f32 ? value_type::i32 : value_type::i64;
  const operand second = pop(), first = pop();
  const value a = use(first), b = use(second);
  const primitive test = is_max ? primitive::fgt : primitive::flt;
  const value x = e_.unary(primitive::reinterpret, bits, e_.select(e_.binary(test, a, b), a, b));
  const value y = e_.unary(primitive::reinterpret, bits, e_.select(e_.binary(test, b, a), b, a));
  value result = e_.binary(is_max ? primitive::and_ : primitive::or_, x, y);
  result = e_.unary(primitive::reinterpret, type, result);
  if (is_max) {
    const value first_is = e_.binary(primitive::fne, a, a), second_is = e_.binary(primitive::fne, b, b);
    const value is_nan = e_.binary(primitive::or_, first_is, second_is);
    result = e_.select(is_nan, e_.binary(primitive::fadd, a, b), result);
  }
  push(result, type, nan_bits::open);
}

/// Whether a float is below what is too large for an integer type, or above what is too small.
template <code_emitter E>
typename E::value translator<E>::in_range(value x, value_type from, value_type to, bool is_signed, bool upper) {
  const bool narrow = from == value_type::f32, small = to == value_type::i32;
  // 2^31, 2^32, 2^63, 2^64; −1; −2^31 and −2^63, or of f64 to i32 −2^31 − 1, all exact.
  if (upper) {
    const std::uint64_t exponent = (small ? 32u : 64u) - (is_signed ? 1u : 0u);
    const value bound = e_.constant(from, narrow ? (127 + exponent) << 23 : (1023 + exponent) << 52);
    return e_.binary(primitive::flt, x, bound);
  }
  if (!is_signed) {
    return e_.binary(primitive::fgt, x, e_.constant(from, narrow ? 0xbf800000 : 0xbff0000000000000));
  }
  if (small && !narrow) return e_.binary(primitive::fgt, x, e_.constant(from, 0xc1e0000000200000));
  const std::uint64_t exponent = small ? 31 : 63;
  const std::uint64_t sign = narrow ? std::uint64_t{1} << 31 : std::uint64_t{1} << 63;
  return e_.binary(primitive::fge, x,
                   e_.constant(from, sign | (narrow ? (127 + exponent) << 23 : (1023 + exponent) << 52)));
}

namespace detail {

/// What an instruction that truncates takes and gives.
struct truncation {
  value_type from;
  value_type to;
  bool is_signed;
};
constexpr truncation truncation_of(op o) noexcept {
  const op_info& row = info(o);
  const std::string_view text = row.text;
  return {row.params[0] == 'f' ? value_type::f32 : value_type::f64,
          row.results[0] == 'i' ? value_type::i32 : value_type::i64, text[text.size() - 1] == 's'};
}

}  // namespace detail

template <code_emitter E>
void translator<E>::truncate(op o) {
  const auto [from, to, is_signed] = detail::truncation_of(o);
  const value x = use(pop());
  const value below = in_range(x, from, to, is_signed, true), above = in_range(x, from, to, is_signed, false);
  const value fits = e_.binary(primitive::and_, below, above);
  const block bad = e_.new_block(true), good = e_.new_block();
  e_.branch(fits, good, bad, likelihood::likely);
  e_.begin(bad);
  const value is_nan = e_.binary(primitive::fne, x, x);
  trap(e_.select(is_nan, status_of(errc::trap_invalid_conversion), status_of(errc::trap_integer_overflow)));
  e_.begin(good);
  push(e_.unary(is_signed ? primitive::truncate_s : primitive::truncate_u, to, x), to);
}

template <code_emitter E>
void translator<E>::truncate_saturating(op o) {
  const auto [from, to, is_signed] = detail::truncation_of(o);
  const value x = use(pop());
  const std::uint64_t width = to == value_type::i32 ? 32 : 64;
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - width);
  const value smallest = e_.constant(to, is_signed ? std::uint64_t{1} << (width - 1) : 0);
  const value largest = e_.constant(to, is_signed ? all >> 1 : all);
  const value below = in_range(x, from, to, is_signed, true), above = in_range(x, from, to, is_signed, false);
  // What does not fit never reaches the conversion.
  const value fits = e_.binary(primitive::and_, below, above);
  const value safe = e_.select(fits, x, e_.constant(from, 0));
  const value inside = e_.unary(is_signed ? primitive::truncate_s : primitive::truncate_u, to, safe);
  const value is_nan = e_.binary(primitive::fne, x, x);
  const value outside = e_.select(is_nan, e_.constant(to, 0), e_.select(above, largest, smallest));
  push(e_.select(fits, inside, outside), to);
}

/// Wide arithmetic: two results.
template <code_emitter E>
void translator<E>::wide(op o) {
  if (o == op::i64_mul_wide_s || o == op::i64_mul_wide_u) {
    const value b = use(pop()), a = use(pop());
    push(e_.binary(primitive::mul, a, b), value_type::i64);
    push(e_.binary(o == op::i64_mul_wide_s ? primitive::mul_high_s : primitive::mul_high_u, a, b), value_type::i64);
    return;
  }
  const value b_high = use(pop()), b_low = use(pop()), a_high = use(pop()), a_low = use(pop());
  const bool adds = o == op::i64_add128;
  const primitive p = adds ? primitive::add : primitive::sub;
  const value low = e_.binary(p, a_low, b_low);
  const value carries = adds ? e_.binary(primitive::lt_u, low, a_low) : e_.binary(primitive::lt_u, a_low, b_low);
  const value carry = e_.unary(primitive::extend_u, value_type::i64, carries);
  push(low, value_type::i64);
  push(e_.binary(p, e_.binary(p, a_high, b_high), carry), value_type::i64);
}

template <code_emitter E>
void translator<E>::on_numeric(op o) {
  const op_info& row = info(o);
  if (row.feature == op_feature::simd || row.feature == op_feature::relaxed_simd) return vector_op(o);
  if (row.feature == op_feature::wide_arithmetic) return wide(o);
  arithmetic(o);
}

template <code_emitter E>
void translator<E>::arithmetic(op o) {
  using p = primitive;
  using t = value_type;
  constexpr nan_bits open = nan_bits::open;
  if (p how{}; comparison_of(o, how)) return compare(how);
  switch (o) {
    case op::i32_eqz: {
      const operand a = pop();
      if (a.type == t::flag) return push(e_.binary(p::xor_, a.v, e_.constant(t::flag, 1)), t::flag);
      return push(e_.binary(p::eq, use(a), i32(0)), t::flag);
    }
    case op::i64_eqz: return push(e_.binary(p::eq, use(pop()), i64(0)), t::flag);

#define WASM64_FLOAT_COMPARISON(name) \
  case op::f32_##name:                \
  case op::f64_##name: return compare(p::f##name);
#define WASM64_INTEGER(name, what) \
  case op::i32_##name:             \
  case op::i64_##name: return binary(p::what);
#define WASM64_COUNTING(name)                         \
  case op::i32_##name: return unary(p::name, t::i32); \
  case op::i64_##name: return unary(p::name, t::i64);
#define WASM64_FLOAT(name) \
  case op::f32_##name:     \
  case op::f64_##name: return binary(p::f##name, open);
#define WASM64_ROUND(name)                                     \
  case op::f32_##name: return unary(p::f##name, t::f32, open); \
  case op::f64_##name: return unary(p::f##name, t::f64, open);
      WASM64_FLOAT_COMPARISON(eq)
      WASM64_FLOAT_COMPARISON(ne)
      WASM64_FLOAT_COMPARISON(lt)
      WASM64_FLOAT_COMPARISON(gt)
      WASM64_FLOAT_COMPARISON(le)
      WASM64_FLOAT_COMPARISON(ge)
      WASM64_INTEGER(add, add)
      WASM64_INTEGER(sub, sub)
      WASM64_INTEGER(mul, mul)
      WASM64_INTEGER(and, and_)
      WASM64_INTEGER(or, or_)
      WASM64_INTEGER(xor, xor_)
      WASM64_INTEGER(shl, shl)
      WASM64_INTEGER(shr_s, shr_s)
      WASM64_INTEGER(shr_u, shr_u)
      WASM64_INTEGER(rotl, rotl)
      WASM64_INTEGER(rotr, rotr)
      WASM64_COUNTING(clz)
      WASM64_COUNTING(ctz)
      WASM64_COUNTING(popcnt)
      WASM64_COUNTING(extend8_s)
      WASM64_COUNTING(extend16_s)
      WASM64_FLOAT(add)
      WASM64_FLOAT(sub)
      WASM64_FLOAT(mul)
      WASM64_FLOAT(div)
      WASM64_ROUND(sqrt)
      WASM64_ROUND(ceil)
      WASM64_ROUND(floor)
      WASM64_ROUND(trunc)
      WASM64_ROUND(nearest)
#undef WASM64_FLOAT_COMPARISON
#undef WASM64_INTEGER
#undef WASM64_COUNTING
#undef WASM64_FLOAT
#undef WASM64_ROUND

    case op::i32_div_s:
    case op::i32_div_u:
    case op::i32_rem_s:
    case op::i32_rem_u:
    case op::i64_div_s:
    case op::i64_div_u:
    case op::i64_rem_s:
    case op::i64_rem_u: return divide(o);

    case op::f32_min: return minimum(t::f32, false);
    case op::f64_min: return minimum(t::f64, false);
    case op::f32_max: return minimum(t::f32, true);
    case op::f64_max: return minimum(t::f64, true);

    // These show bits of NaNs.
    case op::f32_neg:
    case op::f64_neg:
    case op::f32_abs:
    case op::f64_abs: {
      const operand a = pop();
      const bool negates = o == op::f32_neg || o == op::f64_neg;
      return push(e_.unary(negates ? p::fneg : p::fabs, a.type, visible(a)), a.type);
    }
    case op::f32_copysign:
    case op::f64_copysign: {
      const operand b = pop(), a = pop();
      const value x = visible(a);
      return push(e_.binary(p::fcopysign, x, visible(b)), a.type);
    }
    case op::i32_reinterpret_f32: return push(e_.unary(p::reinterpret, t::i32, visible(pop())), t::i32);
    case op::i64_reinterpret_f64: return push(e_.unary(p::reinterpret, t::i64, visible(pop())), t::i64);
    case op::f32_reinterpret_i32: return unary(p::reinterpret, t::f32);
    case op::f64_reinterpret_i64: return unary(p::reinterpret, t::f64);

    case op::i32_wrap_i64: return unary(p::wrap, t::i32);
    case op::i64_extend_i32_s: return unary(p::extend_s, t::i64);
    case op::i64_extend_i32_u: {
      const operand a = pop();
      if (a.is_constant) return push_constant(t::i64, a.bits);
      return push(e_.unary(p::extend_u, t::i64, a.v), t::i64);
    }
    case op::i64_extend32_s: return unary(p::extend32_s, t::i64);
    case op::f32_demote_f64: return unary(p::demote, t::f32, open);
    case op::f64_promote_f32: return unary(p::promote, t::f64, open);
    case op::f32_convert_i32_s:
    case op::f32_convert_i64_s: return unary(p::convert_s, t::f32, nan_bits::canonical);
    case op::f32_convert_i32_u:
    case op::f32_convert_i64_u: return unary(p::convert_u, t::f32, nan_bits::canonical);
    case op::f64_convert_i32_s:
    case op::f64_convert_i64_s: return unary(p::convert_s, t::f64, nan_bits::canonical);
    case op::f64_convert_i32_u:
    case op::f64_convert_i64_u: return unary(p::convert_u, t::f64, nan_bits::canonical);

    case op::i32_trunc_f32_s:
    case op::i32_trunc_f32_u:
    case op::i32_trunc_f64_s:
    case op::i32_trunc_f64_u:
    case op::i64_trunc_f32_s:
    case op::i64_trunc_f32_u:
    case op::i64_trunc_f64_s:
    case op::i64_trunc_f64_u: return truncate(o);
    default: return truncate_saturating(o);
  }
}

}  // namespace wasm64::aot
