#pragma once

#include "tests/unit/lower/random_generator.hpp"
#include "wasm64/runtime/value.hpp"

namespace wasm64::test {

/// For a program's first function.
inline std::vector<value> random_arguments(const random_program& p, bits64 seed) {
  random_source random(seed);
  std::vector<value> arguments;
  for (const char type : p.functions[0].params) {
    const val_type t = type == 'i'   ? types::i32
                       : type == 'I' ? types::i64
                       : type == 'f' ? types::f32
                       : type == 'F' ? types::f64
                                     : types::externref;
    arguments.push_back({t, random.bits() >> 34, 0});
  }
  return arguments;
}

}  // namespace wasm64::test
