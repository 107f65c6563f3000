#pragma once

#include <cstdint>
#include <string>

#include "wasm64/runtime/rooted.hpp"
#include "wasm64/text/script.hpp"
#include "wasm64/valid/matching.hpp"

// Values of a script against values of the engine.

namespace wasm64::detail {

/// Host reference n of a script as the engine's handle: null is 0 there.
constexpr std::uint64_t host_handle(std::uint64_t n) noexcept { return n + 1; }

/// An argument for a parameter of type `param`. References are of its hierarchy, whose null a script cannot always
/// write; numbers keep their own type, so that the call checks it.
inline value argument(const text::script_value& v, val_type param, const machine& vm) {
  if (param.is_ref()) param = val_type::ref(hierarchy_of(vm, param.heap));
  switch (v.type) {
    case text::script_type::i32: return {types::i32, v.bits[0], 0};
    case text::script_type::i64: return {types::i64, v.bits[0], 0};
    case text::script_type::f32: return {types::f32, v.bits[0], 0};
    case text::script_type::f64: return {types::f64, v.bits[0], 0};
    case text::script_type::v128: return {types::v128, v.bits[0], v.bits[1]};
    case text::script_type::extern_:
    case text::script_type::host: return {param.is_ref() ? param : types::externref, host_handle(v.bits[0]), 0};
    default: return {param.is_ref() ? param : val_type::ref(v.heap), 0, 0};
  }
}

/// One float of `width` bits against its pattern: a canonical NaN has only the quiet bit set in its payload, an
/// arithmetic one at least that; signs are free (specification 4.3.3).
constexpr bool float_matches(text::nan_pattern pattern, unsigned width, std::uint64_t wanted, std::uint64_t got) {
  if (pattern == text::nan_pattern::exact) return wanted == got;
  const std::uint64_t quiet = width == 32 ? 0x7FC0'0000 : 0x7FF8'0000'0000'0000;
  const std::uint64_t sign = std::uint64_t{1} << (width - 1);
  return pattern == text::nan_pattern::canonical ? (got & ~sign) == quiet : (got & quiet) == quiet;
}

inline bool vector_matches(const text::expected_value& wanted, const value& got) {
  const std::uint64_t halves[] = {got.bits, got.high};
  if (wanted.lanes == 4) {
    for (unsigned lane = 0; lane < 4; ++lane) {
      const unsigned shift = lane % 2 * 32;
      const std::uint64_t mask = 0xFFFF'FFFF;
      if (!float_matches(wanted.nan[lane], 32, wanted.value.bits[lane / 2] >> shift & mask,
                         halves[lane / 2] >> shift & mask)) {
        return false;
      }
    }
    return true;
  }
  return float_matches(wanted.nan[0], 64, wanted.value.bits[0], halves[0]) &&
         float_matches(wanted.lanes == 2 ? wanted.nan[1] : text::nan_pattern::exact, 64, wanted.value.bits[1],
                       halves[1]);
}

inline bool reference_matches(const text::expected_value& wanted, const value& got, const machine& vm) {
  const heap_type top = top_of(got.type.heap);
  const auto form = got.reference_form();
  const bool right_host =
      !wanted.has_bits || (form == value::form::plain && got.bits == host_handle(wanted.value.bits[0]));
  const auto is_a = [&](object_class wanted_class) {
    const auto known = class_of(vm, got);
    return top == heap::any && known.has_value() && known.assume_value() == wanted_class;
  };
  switch (wanted.value.type) {
    case text::script_type::null: return got.is_null() && (!wanted.has_heap || top_of(wanted.value.heap) == top);
    case text::script_type::func: return !got.is_null() && top == heap::func;
    case text::script_type::extern_: return !got.is_null() && top == heap::extern_ && right_host;
    case text::script_type::host: return !got.is_null() && top == heap::any && form == value::form::plain && right_host;
    case text::script_type::i31: return top == heap::any && form == value::form::i31;
    case text::script_type::struct_: return is_a(object_class::structure);
    case text::script_type::array: return is_a(object_class::array);
    case text::script_type::eq: return top == heap::any && form != value::form::plain;
    case text::script_type::any: return !got.is_null() && top == heap::any;
    case text::script_type::exn: return !got.is_null() && top == heap::exn;
    case text::script_type::ref: return !got.is_null();
    default: return false;
  }
}

/// Whether a result is as the script wants it.
inline bool matches(const text::expected_value& wanted, const value& got, const machine& vm) {
  if (!wanted.either.empty()) {
    for (const text::expected_value& choice : wanted.either) {
      if (matches(choice, got, vm)) return true;
    }
    return false;
  }
  const std::uint64_t bits = wanted.value.bits[0];
  switch (wanted.value.type) {
    case text::script_type::i32: return got.type == types::i32 && got.bits == bits;
    case text::script_type::i64: return got.type == types::i64 && got.bits == bits;
    case text::script_type::f32: return got.type == types::f32 && float_matches(wanted.nan[0], 32, bits, got.bits);
    case text::script_type::f64: return got.type == types::f64 && float_matches(wanted.nan[0], 64, bits, got.bits);
    case text::script_type::v128: return got.type == types::v128 && vector_matches(wanted, got);
    default: return got.type.is_ref() && reference_matches(wanted, got, vm);
  }
}

/// "i32 0x2a", for messages.
inline std::string describe(const value& v) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  switch (v.type.code) {
    case type_code::i32: text = "i32 0x"; break;
    case type_code::i64: text = "i64 0x"; break;
    case type_code::f32: text = "f32 0x"; break;
    case type_code::f64: text = "f64 0x"; break;
    case type_code::v128: text = "v128 0x"; break;
    default: return v.is_null() ? "null" : "reference";
  }
  bool started = false;
  for (unsigned digit = 32; digit-- > 0;) {
    const std::uint64_t half = digit < 16 ? v.bits : v.high;
    const unsigned nibble = half >> (digit % 16 * 4) & 15;
    started = started || nibble != 0 || digit == 0;
    if (started) text.push_back(digits[nibble]);
  }
  return text;
}

}  // namespace wasm64::detail
