#pragma once

#include <string>
#include <string_view>

#include "wasm64/message/value_kind.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// A function type as messages write it: "(ii)I" for [i32 i32] -> [i64]. i = i32, I = i64, f = f32, F = f64, v = v128,
/// e = externref, u = any other reference.
inline std::string signature_text(const func_type& type) {
  const auto letter = [](val_type t) {
    switch (t.code) {
      case type_code::i32: return 'i';
      case type_code::i64: return 'I';
      case type_code::f32: return 'f';
      case type_code::f64: return 'F';
      case type_code::v128: return 'v';
      default: return t.heap == heap::extern_ ? 'e' : 'u';
    }
  };
  std::string text = "(";
  for (const val_type t : type.params) text.push_back(letter(t));
  text.push_back(')');
  for (const val_type t : type.results) text.push_back(letter(t));
  return text;
}

/// A zero for each result of a signature, as message values; what is no number is null.
template <class M>
typename M::value_type zero_results(std::string_view signature) {
  vector<typename M::value_type> zeros;
  const std::size_t end = signature.rfind(')');
  for (const char c : end == std::string_view::npos ? std::string_view() : signature.substr(end + 1)) {
    switch (c) {
      case 'i':
      case 'I': zeros.push_back(M::make_integer(0)); break;
      case 'f':
      case 'F': zeros.push_back(M::make_float(0)); break;
      default: zeros.push_back({}); break;
    }
  }
  return M::make_list(std::move(zeros));
}

}  // namespace wasm64
