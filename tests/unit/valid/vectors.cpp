#include "wasm64/valid/vectors.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

errc compiled(std::string_view text, const feature_set& features = {}) {
  const auto binary = text::parse_module(text);
  REQUIRE(binary.has_value());
  const auto outcome = compile(view_of(binary.value()), features);
  return outcome.has_value() ? errc{} : outcome.error().code;
}
std::uint32_t height(std::string_view body) {
  return test::compile_wat("(module (func (param v128) " + std::string(body) + "))")->funcs[0].facts.max_height;
}

}  // namespace

TEST_CASE("vectors: each feature can be off") {
  feature_set without;
  without.relaxed_simd = false;
  CHECK(compiled("(module (func (param v128)))", without) == errc{});
  CHECK(compiled("(module (func (drop (i8x16.swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))", without) ==
        errc{});
  CHECK(compiled("(module (func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))",
                 without) == errc::unsupported_feature);
  without.simd = false;
  for (const char* text :
       {"(module (func (param v128)))", "(module (func (local v128)))",
        "(module (func (block (result v128) unreachable) drop))", "(module (func (drop (v128.const i64x2 0 0))))",
        "(module (global v128 (v128.const i64x2 0 0)))",
        "(module (memory 1) (func (drop (v128.load (i32.const 0)))))"}) {
    INFO(text);
    CHECK(compiled(text, without) == errc::unsupported_feature);
    CHECK(compiled(text) == errc{});
  }
}

TEST_CASE("vectors: lanes exist and accesses are aligned at most to their width") {
  CHECK(compiled("(module (func (param v128) (drop (i16x8.extract_lane_u 8 (local.get 0)))))") ==
        errc::invalid_lane_index);
  CHECK(compiled("(module (func (param v128) (drop (f64x2.replace_lane 2 (local.get 0) (f64.const 0)))))") ==
        errc::invalid_lane_index);
  CHECK(compiled("(module (func (param v128) (drop (i8x16.shuffle 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 32 (local.get 0) "
                 "(local.get 0)))))") == errc::invalid_lane_index);
  CHECK(compiled("(module (memory 1) (func (param v128) (v128.store32_lane 4 (i32.const 0) (local.get 0))))") ==
        errc::invalid_lane_index);
  CHECK(compiled("(module (memory 1) (func (drop (v128.load8x8_s align=16 (i32.const 0)))))") ==
        errc::alignment_too_large);
  CHECK(compiled("(module (memory 1) (func (drop (v128.load16_splat align=4 (i32.const 0)))))") ==
        errc::alignment_too_large);
  CHECK(compiled("(module (func (drop (i64x2.add (v128.const i64x2 0 0) (i64.const 0)))))") == errc::type_mismatch);
  CHECK(compiled("(module (func (drop (i64x2.shl (i32.const 0) (v128.const i64x2 0 0)))))") == errc::type_mismatch);
  CHECK(compiled("(module (func (unreachable) (i8x16.swizzle) (drop)))") == errc{});
}

TEST_CASE("vectors: operand heights count them as two values") {
  CHECK(height("(drop (local.get 0))") == 2);
  CHECK(height("(drop (i8x16.add (local.get 0) (local.get 0)))") == 4);
  CHECK(height("(drop (i32.const 1)) (drop (local.get 0))") == 2);
  CHECK(height("(drop (i8x16.splat (i32.const 1)))") == 2);
  CHECK(height("(block (result v128) (local.get 0)) (drop) (block (br 0 (drop (local.get 0))))") == 2);
}
