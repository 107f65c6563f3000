// Type sections: what is valid in them, and what they may cost.

#include <ctime>
#include <string>

#include "tests/support/wat.hpp"
#include "tests/unit/binary/module_bytes.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/valid/module.hpp"

using namespace wasm64;

namespace {

errc outcome_of(std::string_view text, const feature_set& features = {}) {
  const auto binary = text::parse_module(text);
  if (!binary.has_value()) FAIL("text: " << message(binary.error().code) << " in\n" << text);
  const auto compiled = compile(view_of(binary.value()), features);
  return compiled.has_value() ? errc{} : compiled.error().code;
}

/// A module of nothing but a type section, built entry by entry.
class type_section {
 public:
  void byte(std::uint8_t b) { content_.push_back(b); }
  void bytes(std::initializer_list<std::uint8_t> list) { content_.insert(content_.end(), list); }
  void number(std::uint32_t n) { append(content_, n); }
  /// `(sub super (struct))`, or without a supertype.
  void structure(bool has_super, std::uint32_t super) {
    bytes({0x50, has_super ? std::uint8_t{1} : std::uint8_t{0}});
    if (has_super) number(super);
    bytes({0x5F, 0x00});
  }
  byte_vector module_of(std::uint32_t count) const {
    byte_vector counted;
    append(counted, count);
    byte_vector all;
    for (const int b : {0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00, 0x01}) {
      all.push_back(static_cast<std::uint8_t>(b));
    }
    append(all, static_cast<std::uint32_t>(counted.size() + content_.size()));
    all.insert(all.end(), counted.begin(), counted.end());
    all.insert(all.end(), content_.begin(), content_.end());
    return all;
  }
  errc outcome(std::uint32_t count) const {
    const auto compiled = compile(view_of(module_of(count)));
    return compiled.has_value() ? errc{} : compiled.error().code;
  }

 private:
  static void append(byte_vector& to, std::uint32_t n) {
    for (; n >= 0x80; n >>= 7) to.push_back(static_cast<std::uint8_t>(n | 0x80));
    to.push_back(static_cast<std::uint8_t>(n));
  }
  byte_vector content_;
};

constexpr std::uint32_t most_types = 1'000'000;

}  // namespace

TEST_CASE("type sections: a supertype is open, declared before and matched", "[valid][types]") {
  const std::string_view valid[] = {
      "(module (type (sub (func))) (type (sub final 0 (func))))",
      "(module (type (sub (struct))) (type (sub 0 (struct (field i32)))))",
      "(module (type (sub (struct (field anyref)))) (type (sub 0 (struct (field i31ref)))))",
      "(module (type (sub (struct (field i8)))) (type (sub 0 (struct (field i8)))))",
      "(module (type (sub (array anyref))) (type (sub 0 (array (ref 0)))))",
      "(module (rec (type (sub (struct (field (ref null 1))))) (type (sub 0 (struct (field (ref 1)))))))",
      "(module (type (sub (func (param i31ref) (result anyref)))) (type (sub 0 (func (param eqref) (result eqref)))))",
      "(module (rec (type (sub (struct))) (type (sub 0 (struct))) (type (sub 1 (struct)))))",
  };
  for (const std::string_view text : valid) {
    INFO(text);
    CHECK(outcome_of(text) == errc{});
  }
  const std::string_view mismatched[] = {
      "(module (type (func)) (type (sub 0 (func))))",
      "(module (type (sub (func))) (type (sub 0 (struct))))",
      "(module (type (sub (struct (field i32)))) (type (sub 0 (struct))))",
      "(module (type (sub (struct (field i32)))) (type (sub 0 (struct (field i64)))))",
      "(module (type (sub (struct (field i8)))) (type (sub 0 (struct (field i16)))))",
      "(module (type (sub (struct (field i8)))) (type (sub 0 (struct (field i32)))))",
      "(module (type (sub (struct (field (mut anyref))))) (type (sub 0 (struct (field (mut eqref))))))",
      "(module (type (sub (struct (field i32)))) (type (sub 0 (struct (field (mut i32))))))",
      "(module (type (sub (array anyref))) (type (sub 0 (array funcref))))",
      "(module (type (sub (func (param eqref)))) (type (sub 0 (func (param i31ref)))))",
      "(module (type (sub (func (result eqref)))) (type (sub 0 (func (result anyref)))))",
      "(module (type (sub (func))) (type (sub 0 (func (param i32)))))",
  };
  for (const std::string_view text : mismatched) {
    INFO(text);
    CHECK(outcome_of(text) == errc::invalid_sub_type);
  }
  CHECK(outcome_of("(module (type (sub 0 (func))))") == errc::unknown_type);
  CHECK(outcome_of("(module (rec (type (sub 1 (func))) (type (sub (func)))))") == errc::unknown_type);
  CHECK(outcome_of("(module (type (func (param (ref 1)))) (type (func)))") == errc::unknown_type);
  CHECK(outcome_of("(module (type (array (ref null 1))) (type (func)))") == errc::unknown_type);
}

TEST_CASE("type sections: one supertype at most", "[valid][types]") {
  type_section s;
  s.structure(false, 0);
  s.structure(false, 0);
  s.bytes({0x50, 0x02, 0x00, 0x01, 0x5F, 0x00});
  CHECK(s.outcome(3) == errc::invalid_sub_type);
}

TEST_CASE("type sections: the gc feature covers what goes beyond functions", "[valid][types]") {
  feature_set features;
  features.gc = false;
  CHECK(outcome_of("(module (type (func)))", features) == errc{});
  CHECK(outcome_of("(module (rec (type (func))))", features) == errc{});
  CHECK(outcome_of("(module (type (struct)))", features) == errc::unsupported_feature);
  CHECK(outcome_of("(module (type (array i8)))", features) == errc::unsupported_feature);
  CHECK(outcome_of("(module (type (sub (func))))", features) == errc::unsupported_feature);
  CHECK(outcome_of("(module (rec (type (func)) (type (func))))", features) == errc::unsupported_feature);
  CHECK(outcome_of("(module (type (func (param eqref))))", features) == errc::unsupported_feature);
  features.gc = true;
  features.function_references = false;
  CHECK(outcome_of("(module (type (func (param (ref func)))))", features) == errc::unsupported_feature);
  CHECK(outcome_of("(module (func $f) (elem func $f) (table 1 funcref) (func (drop (ref.func $f))))", features) ==
        errc{});
}

TEST_CASE("type sections: chains of supertypes have a limit", "[valid][types]") {
  type_section s;
  s.structure(false, 0);
  for (std::uint32_t i = 1; i <= type_registry::max_depth; ++i) s.structure(true, i - 1);
  CHECK(s.outcome(type_registry::max_depth + 1) == errc{});
  s.structure(true, type_registry::max_depth);
  CHECK(s.outcome(type_registry::max_depth + 2) == errc::implementation_limit);
}

TEST_CASE("type sections: what only is claimed costs nothing", "[valid][types]") {
  type_section group;
  group.byte(0x4E);
  group.number(0xFFFF'FFFF);
  group.structure(false, 0);
  CHECK(group.outcome(1) == errc::length_out_of_bounds);
  type_section section;
  section.structure(false, 0);
  CHECK(section.outcome(0xFFFF'FFFF) == errc::length_out_of_bounds);
  type_section supers;
  supers.byte(0x50);
  supers.number(0xFFFF'FFFF);
  CHECK(supers.outcome(1) == errc::length_out_of_bounds);
  type_section fields;
  fields.byte(0x5F);
  fields.number(9'999);
  CHECK(fields.outcome(1) == errc::length_out_of_bounds);
  type_section empty;
  for (int i = 0; i < 1'000; ++i) empty.bytes({0x4E, 0x00});
  CHECK(empty.outcome(1'000) == errc{});
}

TEST_CASE("type sections: a million types of each shape are taken in", "[valid][types]") {
  const auto seconds = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const double start = seconds();
  SECTION("all equal") {
    type_section s;
    for (std::uint32_t i = 0; i < most_types; ++i) s.structure(false, 0);
    CHECK(s.outcome(most_types) == errc{});
    CHECK(s.outcome(most_types + 1) == errc::implementation_limit);
  }
  SECTION("all different, in the deepest chains") {
    type_section s;
    for (std::uint32_t i = 0; i < most_types; ++i) s.structure(i % 64 != 0, i - 1);
    CHECK(s.outcome(most_types) == errc{});
  }
  SECTION("pairs at the end of a chain, so that no two share their supertypes") {
    type_section s;
    for (std::uint32_t i = 0; i < 62; ++i) s.structure(i != 0, i - 1);
    for (std::uint32_t i = 62; i < most_types; ++i) s.structure(true, i % 2 == 0 ? 61 : i - 1);
    CHECK(s.outcome(most_types) == errc{});
  }
  SECTION("in one recursive group") {
    type_section s;
    s.byte(0x4E);
    s.number(most_types);
    for (std::uint32_t i = 0; i < most_types; ++i) s.structure(i % 64 != 0, i - 1);
    CHECK(s.outcome(1) == errc{});
  }
  CHECK(seconds() - start < 60);
}
