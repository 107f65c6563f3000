#include "wasm64/valid/sink.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/binary/module_bytes.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/valid/function.hpp"
#include "wasm64/valid/module.hpp"

using namespace wasm64;
using test::bytes;

namespace {

/// Writes down the calls whose order matters.
struct recorder : null_sink {
  std::string calls;

  void note(const std::string& what) { calls += (calls.empty() ? "" : " ") + what; }
  static std::string flag(bool reachable) { return reachable ? "" : "?"; }

  void begin(const func_type& type, std::span<const val_type> locals) {
    note("begin:" + std::to_string(type.params.size()) + "/" + std::to_string(locals.size()));
  }
  void at(op o, std::uint32_t) { note(std::string("@") + info(o).text); }
  void on_block(op kind, std::span<const val_type> params, std::span<const val_type> results, bool reachable) {
    note(std::string(info(kind).text) + std::to_string(params.size()) + std::to_string(results.size()) +
         flag(reachable));
  }
  void on_else(bool reachable) { note("else" + flag(reachable)); }
  void on_end(bool reachable) { note("end" + flag(reachable)); }
  void on_catch(std::uint32_t tag, std::span<const val_type> params, bool reachable) {
    note("catch" + std::to_string(tag) + ":" + std::to_string(params.size()) + flag(reachable));
  }
  void on_catch_all(bool reachable) { note("catch_all" + flag(reachable)); }
  void on_delegate(std::uint32_t depth, bool reachable) { note("delegate" + std::to_string(depth) + flag(reachable)); }
  void on_local_get(std::uint32_t index, val_type) { note("get" + std::to_string(index)); }
  void on_const(val_type, std::uint64_t bits) { note("const" + std::to_string(bits)); }
  void on_numeric(op o) { note(info(o).text); }
  void on_br(std::uint32_t depth) { note("br" + std::to_string(depth)); }
  void on_br_table(std::span<const std::uint32_t> depths) { note("br_table" + std::to_string(depths.size())); }
  void on_return() { note("return"); }
  void on_drop(val_type type) { note(type == types::i32 ? "drop-i32" : "drop"); }
};

module valid_module(const bytes& binary) {
  auto decoded = decode(binary);
  REQUIRE(decoded.has_value());
  module m = std::move(decoded).value();
  REQUIRE(validate(m).has_value());
  return m;
}

std::string calls_of(const bytes& binary) {
  const module m = valid_module(binary);
  recorder sink;
  REQUIRE(validate_function(m, 0, sink).has_value());
  return sink.calls;
}

}  // namespace

TEST_CASE("a sink sees every instruction in order", "[valid][sink]") {
  // (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
  CHECK(calls_of(test::module_with_body({0x01, 0x7F, 0x01, 0x7F}, {0x20, 0x00, 0x41, 0x02, 0x6A, 0x0B})) ==
        "begin:1/1 @local.get get0 @i32.const const2 @i32.add i32.add @end end");
}

TEST_CASE("unreachable code calls only what keeps labels", "[valid][sink]") {
  // (func (block (br 0) (drop (i32.const 1)) (block)) (drop (i32.const 3)))
  CHECK(calls_of(test::module_with_body({0x00, 0x00}, {0x02, 0x40, 0x0C, 0x00, 0x41, 0x01, 0x1A, 0x02, 0x40, 0x0B, 0x0B,
                                                       0x41, 0x03, 0x1A, 0x0B})) ==
        "begin:0/0 @block block00 @br br0 block00? end? @end end? @i32.const const3 @drop drop-i32 @end end");
}

TEST_CASE("the end of a branch of an if is told reachable or not", "[valid][sink]") {
  // (func (result i32) (if (result i32) (i32.const 1) (then (return (i32.const 2))) (else (i32.const 3))))
  CHECK(calls_of(test::module_with_body({0x00, 0x01, 0x7F},
                                        {0x41, 0x01, 0x04, 0x7F, 0x41, 0x02, 0x0F, 0x05, 0x41, 0x03, 0x0B, 0x0B})) ==
        "begin:0/0 @i32.const const1 @if if01 @i32.const const2 @return return @else else? "
        "@i32.const const3 @end end @end end");
}

TEST_CASE("a branch table passes its default last", "[valid][sink]") {
  // (func (block (br_table 0 1 0 (i32.const 0))))
  CHECK(calls_of(
            test::module_with_body({0x00, 0x00}, {0x02, 0x40, 0x41, 0x00, 0x0E, 0x02, 0x00, 0x01, 0x00, 0x0B, 0x0B})) ==
        "begin:0/0 @block block00 @i32.const const0 @br_table br_table3 @end end? @end end");
}

TEST_CASE("legacy handlers are reachable when their try is", "[valid][sink]") {
  // (tag (param i32)) (func (try (do (return)) (catch 0 (drop)) (catch_all)) (try (do) (delegate 0)))
  const bytes code = {0x06, 0x40, 0x0F, 0x07, 0x00, 0x1A, 0x19, 0x0B, 0x06, 0x40, 0x18, 0x00, 0x0B};
  const auto size = static_cast<std::uint8_t>(code.size() + 1);
  CHECK(calls_of(test::module_bytes({test::section(1, {0x02, 0x60, 0x00, 0x00, 0x60, 0x01, 0x7F, 0x00}),
                                     test::section(3, {0x01, 0x00}), test::section(13, {0x01, 0x00, 0x01}),
                                     test::section(10, test::joined({{0x01, size, 0x00}, code}))})) ==
        "begin:0/0 @try try00 @return return @catch catch0:1? @drop drop-i32 @catch_all catch_all @end end "
        "@try try00 @delegate delegate0 @end end");
}

TEST_CASE("validation keeps the greatest operand height", "[valid][sink]") {
  // (func (ref.null func) (ref.null extern) (i32.const 1) drop drop drop)
  const module m =
      valid_module(test::module_with_body({0x00, 0x00}, {0xD0, 0x70, 0xD0, 0x6F, 0x41, 0x01, 0x1A, 0x1A, 0x1A, 0x0B}));
  CHECK(m.funcs[0].facts.max_height == 3);
  CHECK(m.funcs[0].facts.max_refs == 2);
}
