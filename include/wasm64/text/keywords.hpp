#pragma once

#include <string_view>

#include "wasm64/module/types.hpp"
#include "wasm64/text/number.hpp"
#include "wasm64/text/op_names.hpp"

namespace wasm64::text {

struct named_heap_type {
  std::string_view name;   ///< as in `(ref null name)`
  std::string_view short_name;  ///< the abbreviation of `(ref null name)`
  heap_type type;
};

/// The abstract heap types (specification 6.4.2, 6.4.3).
inline constexpr named_heap_type abstract_heap_types[] = {
    {"any", "anyref", heap::any},           {"eq", "eqref", heap::eq},
    {"i31", "i31ref", heap::i31},           {"struct", "structref", heap::struct_},
    {"array", "arrayref", heap::array},     {"none", "nullref", heap::none},
    {"func", "funcref", heap::func},        {"nofunc", "nullfuncref", heap::nofunc},
    {"extern", "externref", heap::extern_}, {"noextern", "nullexternref", heap::noextern},
    {"exn", "exnref", heap::exn},           {"noexn", "nullexnref", heap::noexn},
};

struct named_type {
  std::string_view name;
  val_type type;
};

inline constexpr named_type plain_types[] = {
    {"i32", types::i32}, {"i64", types::i64}, {"f32", types::f32}, {"f64", types::f64}, {"v128", types::v128},
};

// clang-format off
/// The words that are no instructions and no types.
inline constexpr std::string_view structural_keywords[] = {
    "module", "definition", "instance", "binary", "quote", "type", "rec", "sub", "final", "field", "mut", "param",
    "result", "local", "import", "export", "start", "offset", "item", "elem", "data", "declare", "table", "memory",
    "global", "tag", "func", "extern", "ref", "null", "then", "do", "catch_ref", "catch_all_ref", "shared",
    "pagesize", "i8", "i16", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2", "register", "invoke", "get",
    "assert_return", "assert_trap", "assert_exhaustion", "assert_exception", "assert_malformed", "assert_invalid",
    "assert_unlinkable", "assert_malformed_custom", "assert_invalid_custom", "either", "host", "inf", "nan",
    "nan:canonical", "nan:arithmetic"
};
// clang-format on

namespace detail {

/// `offset=` or `align=` with a number, as the lexer of the specification knows them.
constexpr bool is_memarg_keyword(std::string_view text) noexcept {
  return (text.substr(0, 7) == "offset=" && is_natural(text.substr(7))) ||
         (text.substr(0, 6) == "align=" && is_natural(text.substr(6)));
}

}  // namespace detail

/// True for every word of the grammar; others are "unknown operators".
inline bool is_keyword(std::string_view text) noexcept {
  for (const std::string_view word : structural_keywords) {
    if (word == text) return true;
  }
  for (const named_heap_type& row : abstract_heap_types) {
    if (row.name == text || row.short_name == text) return true;
  }
  for (const named_type& row : plain_types) {
    if (row.name == text) return true;
  }
  return find_op(text) != op::count_ || detail::is_memarg_keyword(text) || detail::is_nan_with_payload(text);
}

}  // namespace wasm64::text
