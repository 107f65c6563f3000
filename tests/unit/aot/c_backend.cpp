#include "wasm64/aot/backends/c.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;
using namespace wasm64::aot;

TEST_CASE("functions that would need a C library do not keep others from being compiled", "[aot]") {
  c_options plain;
  if (!c_generator(plain).fingerprint().has_value()) return;
  // For processors without an instruction, GCC calls a function of its own library.
  const auto m = test::compile_wat(R"((module
    (func $counts (param i64) (result i64) (i64.popcnt (local.get 0)))
    (func $calls (param i64) (result i64) (i64.add (call $counts (local.get 0)) (i64.const 1)))))");
  plain.target = baseline_target();
  const auto made = c_generator(plain).compile(*m, {});
  REQUIRE(made.has_value());
  CHECK(made.value().entries[1] != 0);
  CHECK(made.value().bodies[1] != 0);
}
