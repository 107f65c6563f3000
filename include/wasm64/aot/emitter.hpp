#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>

#include "wasm64/aot/abi.hpp"
#include "wasm64/binary/opcode.hpp"

// Between the translator, which knows WebAssembly, and what writes code for a compiler, which knows none of it: traps,
// bounds, fuel and canonical NaNs are all spelled out by the translator in terms of what is here.

namespace wasm64::aot {

/// Types of values. A `flag` is what comparisons give and branches take; an `address` is a native one.
enum class value_type : std::uint8_t { none, flag, i32, i64, f32, f64, v128, address };

constexpr value_type value_type_of(val_type t) noexcept {
  switch (t.code) {
    case type_code::i32: return value_type::i32;
    case type_code::i64: return value_type::i64;
    case type_code::f32: return value_type::f32;
    case type_code::f64: return value_type::f64;
    case type_code::v128: return value_type::v128;
    default: return value_type::i64;  // a reference is its word
  }
}

// clang-format off
/// Operations without any other effect than their result. Nothing of them is undefined but where it is said.
enum class primitive : std::uint8_t {
  // Two operands of the same type, which is the result's: i32 or i64; `and_`, `or_` and `xor_` of flags as well.
  add, sub, mul, and_, or_, xor_,
  shl, shr_s, shr_u, rotl, rotr,   ///< by the second operand modulo the width
  div_s, div_u, rem_s, rem_u,      ///< undefined for the divisor 0, and for the smallest by −1
  mul_high_s, mul_high_u,          ///< upper half of the product of two i64
  // Two operands of the same type, i32 or i64; the result is a flag.
  eq, ne, lt_s, lt_u, gt_s, gt_u, le_s, le_u, ge_s, ge_u,
  // One operand, i32 or i64, whose type is the result's.
  clz, ctz, popcnt,                ///< of 0: the width, the width, 0
  extend8_s, extend16_s, extend32_s,
  // Two operands of the same type, which is the result's: f32 or f64. Which NaN results is open.
  fadd, fsub, fmul, fdiv,
  // Two operands of the same type, f32 or f64; the result is a flag. With a NaN only `fne` holds, and `funordered`,
  // which holds only then.
  feq, fne, flt, fgt, fle, fge, funordered,
  // One operand, f32 or f64, whose type is the result's. Which NaN results is open.
  fsqrt, fceil, ffloor, ftrunc,
  fnearest,                        ///< ties to even
  // The same of bits: only the sign changes, of NaNs as well. `fcopysign` has two operands, the sign in the second.
  fneg, fabs, fcopysign,
  // Conversions, by the types of operand and result.
  wrap,                            ///< i64 to i32
  extend_s, extend_u,              ///< i32 to i64; `extend_u` also flag to i32 or i64
  promote, demote,                 ///< f32 to f64, f64 to f32. Which NaN results is open
  convert_s, convert_u,            ///< integer to float
  truncate_s, truncate_u,          ///< float to integer, undefined where it does not fit
  reinterpret,                     ///< the same bits: i32 and f32, i64 and f64, i64 and address
};
// clang-format on

/// Whether an instruction compares two integers, and how.
constexpr bool comparison_of(op o, primitive& how) noexcept {
#define WASM64_COMPARISON(name) \
  case op::i32_##name:          \
  case op::i64_##name: how = primitive::name; return true;
  switch (o) {
    WASM64_COMPARISON(eq)
    WASM64_COMPARISON(ne)
    WASM64_COMPARISON(lt_s)
    WASM64_COMPARISON(lt_u)
    WASM64_COMPARISON(gt_s)
    WASM64_COMPARISON(gt_u)
    WASM64_COMPARISON(le_s)
    WASM64_COMPARISON(le_u)
    WASM64_COMPARISON(ge_s)
    WASM64_COMPARISON(ge_u)
    default: return false;
  }
#undef WASM64_COMPARISON
}

/// Memory that is never accessed through another of these.
enum class region : std::uint8_t {
  memory,   ///< linear memories
  frame,    ///< the interpreter's stack
  context,  ///< everything else of the engine
};

/// How memory is read or written. Nothing is known of the alignment.
struct access {
  value_type type = value_type::i64;  ///< of the value
  std::uint8_t log2 = 3;              ///< of the number of bytes; integers may be narrower than their type
  bool is_signed = false;             ///< how a narrow integer is extended
  region where = region::memory;
  bool is_invariant = false;          ///< the same value is there while the function runs
};

/// Types of a compiled function: context, frame, budget and perhaps fuel are in front of these. There is a result where
/// the WebAssembly function has exactly one; several are in the area slots of its frame (abi.hpp).
struct signature {
  small_vector<value_type, 8> params;
  value_type result = value_type::none;
  friend bool operator==(const signature& a, const signature& b) noexcept {
    return a.result == b.result && std::equal(a.params.begin(), a.params.end(), b.params.begin(), b.params.end());
  }
};

inline signature signature_of(const func_type& type) {
  signature s;
  s.params.reserve(type.params.size());
  for (const val_type param : type.params) s.params.push_back(value_type_of(param));
  if (type.results.size() == 1) s.result = value_type_of(type.results[0]);
  return s;
}

enum class likelihood : std::uint8_t { unknown, likely, unlikely };

/// What writes code. All functions of one emitter become one object; a function is written from front to back between
/// its `begin` and `end_function`.
///
///   value              an SSA value, cheap to copy, dominated by its definition. `value{}` is none. Two are equal only
///                      if they are the same value. Constants are values everywhere
///   variable           changes; what it holds before the first `set` is undefined
///   block              where control can go. Every block that is made is begun exactly once, ends with one of jump,
///                      branch, switch_, return_…, tail_call or unreachable, and what comes behind begins another.
///                      `new_block(true)` is one that is hardly ever reached
///
///   begin_body(f, s)   the function `f` of the module in the internal convention; in the object's symbol table it is
///                      `wasm64_body_<f>`. It begins in a block of its own
///   begin_entry(f)     an `entry` (abi.hpp), `wasm64_entry_<f>`: the same parameters without those of the function
///   abandon            forgets the function that was begun; it may be begun again
///   context, frame, budget, fuel, param(i)   what the function was called with: address, address, i64, i64. Fuel is
///                      there in bodies of emitters that were made for code that counts it; it is less than 2^63, goes
///                      to callees and comes back from them
///
///   load, store        at base + index + offset; the index, an i64, may be none. Sums wrap
///   displaced(a, n)    the address n bytes on
///   stack_place        an i64: about where the native stack is
///   call               a compiled function of the module, in this object or in another that is linked to it. Flag
///                      `left` says that it has not returned; only then is there a `status`, and otherwise `result` and
///                      `fuel`
///   call_body          a function in the internal convention by its address
///   call_helper        a `helper_entry` by its address; answers the status. Loads behind it see what it did
///   return_result(v, n)   v is none where the signature has no result, and n, the fuel, where none is counted. Of
///                      bodies only
///   return_status(v)   with a status and no result
///   return_left(s, a, n)   with a status, and if that is 0 with the result at address a and the fuel n. Of bodies only
///   tail_call, tail_call_body   calls whose results are returned and that take no native stack; allowed where
///                      `can_tail_call(from, to)` answers true
///   unreachable        control never comes here
///
///   can(op)            whether `vector` knows this instruction of v128. Loads and stores are not asked for
///   vector(op, operands, low, high)   its result by the specification, but that NaNs of arithmetic are open. Lane
///                      numbers are in `low`, those of a shuffle in both
template <class E>
concept code_emitter =
    requires(E& e, const E& c, typename E::value v, typename E::variable x, typename E::block b, const signature& s,
             std::uint32_t n, std::uint64_t bits, access how, op o, typename E::call_result r,
             std::span<const typename E::value> values, std::span<const typename E::block> blocks) {
      requires std::equality_comparable<typename E::value>;
      requires std::default_initializable<typename E::value>;
      requires std::copyable<typename E::variable> && std::copyable<typename E::block>;

      e.begin_body(n, s);
      e.begin_entry(n);
      e.end_function();
      e.abandon();
      { e.context() } -> std::same_as<typename E::value>;
      { e.frame() } -> std::same_as<typename E::value>;
      { e.budget() } -> std::same_as<typename E::value>;
      { e.fuel() } -> std::same_as<typename E::value>;
      { e.param(n) } -> std::same_as<typename E::value>;

      { e.new_block() } -> std::same_as<typename E::block>;
      { e.new_block(true) } -> std::same_as<typename E::block>;
      e.begin(b);
      e.jump(b);
      e.branch(v, b, b, likelihood::unknown);
      e.switch_(v, blocks, b);
      e.unreachable();

      { e.new_variable(value_type::i32) } -> std::same_as<typename E::variable>;
      { e.get(x) } -> std::same_as<typename E::value>;
      e.set(x, v);

      { e.constant(value_type::i32, bits) } -> std::same_as<typename E::value>;  // floats by their bits
      { e.vector_constant(bits, bits) } -> std::same_as<typename E::value>;
      { e.unary(primitive::clz, value_type::i32, v) } -> std::same_as<typename E::value>;  // the result's type
      { e.binary(primitive::add, v, v) } -> std::same_as<typename E::value>;
      { e.select(v, v, v) } -> std::same_as<typename E::value>;  // a flag, the value if it holds, the other
      { e.choose(v, v, v) } -> std::same_as<typename E::value>;  // the same where nobody can foresee the flag
      { e.load(how, v, v, bits) } -> std::same_as<typename E::value>;
      e.store(how, v, v, bits, v);  // the value last
      { e.displaced(v, std::int64_t{}) } -> std::same_as<typename E::value>;
      { e.stack_place() } -> std::same_as<typename E::value>;

      // Function, frame, budget, fuel or none, arguments.
      { e.call(n, s, v, v, v, values) } -> std::same_as<typename E::call_result>;
      { e.call_body(v, s, v, v, v, values) } -> std::same_as<typename E::call_result>;
      { e.call_helper(v, v, v, v, v) } -> std::same_as<typename E::value>;  // address, frame, budget, a, b
      { r.left } -> std::convertible_to<typename E::value>;
      { r.status } -> std::convertible_to<typename E::value>;
      { r.result } -> std::convertible_to<typename E::value>;
      { r.fuel } -> std::convertible_to<typename E::value>;
      e.return_result(v, v);
      e.return_status(v);
      e.return_left(v, v, v);
      { c.can_tail_call(s, s) } -> std::same_as<bool>;
      e.tail_call(n, s, v, v, v, values);
      e.tail_call_body(v, s, v, v, v, values);

      { c.can(o) } -> std::same_as<bool>;
      { e.vector(o, value_type::v128, values, bits, bits) } -> std::same_as<typename E::value>;  // the result's type
    };

}  // namespace wasm64::aot
