#include "tests/support/wat.hpp"
#include "wasm64/lower/ops.hpp"

using namespace wasm64;

// Two cells that one handler runs. Whatever the pair, the second cell stays one of its own.

TEST_CASE("pairs: every row is found by the handlers of its halves") {
  for (std::size_t i = 0; i < detail::pair_count; ++i) {
    const auto operation = static_cast<ir>(detail::first_pair + i);
    REQUIRE(shape_of(operation) == shape::pair);
    const operation_pair& pair = pair_of(operation);
    const std::size_t first = handler_id(pair.first.operation, pair.first.kinds);
    const std::size_t second = handler_id(pair.second.operation, pair.second.kinds);
    REQUIRE(first < handler_count);
    REQUIRE(second < handler_count);
    CHECK(begins_pair(first));
    if (pair.chained) CHECK(pair_handler(first, second, true) == handler_id(operation));
    else CHECK(pair_handler(first, second, false) == handler_id(operation));
  }
  CHECK(pair_handler(handler_id(ir::halt), handler_id(ir::halt), true) == handler_count);
}

TEMPLATE_TEST_CASE("pairs: a loop may begin at the second cell", "[lower]", engine_config, metered_engine_config) {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module
    (func (export "bits") (param i32 i32) (result i32) (local i32)
      (local.set 0 (i32.xor (local.get 0) (local.get 1)))
      (loop $l
        (local.set 0 (i32.shr_u (local.get 0) (i32.const 1)))
        (local.set 2 (i32.add (local.get 2) (i32.const 1)))
        (br_if $l (local.get 0)))
      (local.get 2))))");
  CHECK(e.template call<std::int32_t>(in, "bits", 0x55, 0xaa) == 8);
  CHECK(e.template call<std::int32_t>(in, "bits", 3, 3) == 1);
}

TEMPLATE_TEST_CASE("pairs: a trap is that of the half that traps", "[lower]", engine_config, metered_engine_config) {
  test::engine<TestType> e;
  const auto m = test::compile_wat(R"((module (memory i64 1)
    (data (i64.const 8) "\2a")
    (func (export "copy") (param i64 i64) (result i64)
      (i64.store (local.get 0) (i64.load (local.get 1)))
      (i64.load (local.get 0)))))");
  const instance& in = e.add(m);
  const auto opcode = [&] { return int{m->bytes[e.st.last_trap().frames.at(0).offset]}; };
  CHECK(e.template call<std::int64_t>(in, "copy", std::int64_t{64}, std::int64_t{8}) == 42);
  CHECK(e.failure(in, "copy", std::int64_t{64}, std::int64_t{65529}) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x29);
  CHECK(e.failure(in, "copy", std::int64_t{65529}, std::int64_t{8}) == errc::trap_memory_out_of_bounds);
  CHECK(opcode() == 0x37);
}

TEMPLATE_TEST_CASE("pairs: a result that somebody else needs as well is in its slot", "[lower]", engine_config,
                   metered_engine_config) {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module
    (func (export "kept") (param i32) (result i32) (local i32)
      (i32.mul
        (i32.and (local.tee 1 (i32.shr_u (local.get 0) (i32.const 4))) (i32.const 15))
        (local.get 1)))
    (func (export "dropped") (param i32) (result i32)
      (i32.and (i32.shr_u (local.get 0) (i32.const 4)) (i32.const 15)))))");
  CHECK(e.template call<std::int32_t>(in, "kept", 0x730) == 3 * 0x73);
  CHECK(e.template call<std::int32_t>(in, "dropped", 0x730) == 3);
}

TEMPLATE_TEST_CASE("locals: nothing has to be done for a zero that is still there", "[lower]", engine_config,
                   metered_engine_config) {
  test::engine<TestType> e;
  const instance& in = e.add(R"((module
    (func (export "sum") (param i32) (result i32) (local $total i32) (local $i i32)
      (local.set $total (i32.const 0))
      (loop $outer
        (local.set $i (i32.const 0))
        (loop $inner
          (local.set $total (i32.add (local.get $total) (i32.const 1)))
          (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
        (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $total))
    (func (export "reset") (param i32) (result i32) (local i32)
      (if (local.get 0) (then (local.set 1 (i32.const 5))))
      (local.set 1 (i32.const 0))
      (local.get 1))))");
  CHECK(e.template call<std::int32_t>(in, "sum", 4) == 12);
  CHECK(e.template call<std::int32_t>(in, "reset", 1) == 0);
}
