#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/support/wat.hpp"

namespace wasm64::test {

/// What compiling a module says: a code of 0 when it is valid.
inline error outcome_of(std::string_view text, const feature_set& features = {}) {
  const auto binary = text::parse_module(text);
  if (!binary.has_value()) FAIL("text: " << message(binary.error().code) << " in\n" << text);
  const auto compiled = compile(view_of(binary.value()), features);
  return compiled.has_value() ? error{} : compiled.error();
}

/// The same for a function body, behind types that tests share:
/// $f and $g are functions, $s and $m structures, $a and $b arrays; $p is a subtype of $s, $q is packed.
inline error outcome_of_body(const std::string& body, const feature_set& features = {}) {
  return outcome_of(R"((module
    (type $f (func (param i32) (result i64))) (type $g (func))
    (type $s (sub (struct (field i32)))) (type $p (sub $s (struct (field i32 (ref func)))))
    (type $m (struct (field (mut i64)) (field (mut anyref)))) (type $q (struct (field i8) (field (mut i16))))
    (type $a (array (mut i32))) (type $b (array (ref $s))) (type $c (array (mut i8))) (type $d (array (mut funcref)))
    (func $declared (type $g)) (elem $e func $declared) (memory 1) (data $x "abc") (table 1 funcref)
    )" + body + ")",
                    features);
}

inline void check_valid(std::initializer_list<const char*> bodies) {
  for (const char* body : bodies) {
    INFO(body);
    const error e = outcome_of_body(body);
    INFO(message(e.code) << ": " << e.detail);
    CHECK(e.code == errc{});
  }
}

inline void check_invalid(errc expected, std::initializer_list<const char*> bodies) {
  for (const char* body : bodies) {
    INFO(body);
    CHECK(outcome_of_body(body).code == expected);
  }
}

}  // namespace wasm64::test
