#include "wasm64/runtime/suspension.hpp"

#include "tests/unit/lower/random_arguments.hpp"
#include "tests/unit/runtime/hopping.hpp"
#include "tests/unit/runtime/suspended_programs.hpp"

using namespace wasm64;

TEST_CASE("suspension: calls go on in another store, whatever lies on their stacks") {
  test::check_module_hopping(test::suspended::calls, {value::i32(9)});
}

TEST_CASE("suspension: blocks with values and tables of branches") {
  test::check_module_hopping(test::suspended::blocks, {value::i32(40)});
}

TEST_CASE("suspension: recursion and tail calls") {
  test::check_module_hopping(test::suspended::tails, {value::i32(8)});
}

TEST_CASE("suspension: exceptions that are caught, kept and thrown again") {
  test::check_module_hopping(test::suspended::exceptions, {value::i32(9)});
}

TEST_CASE("suspension: legacy exceptions") {
  test::check_module_hopping(test::suspended::legacy_exceptions, {value::i32(9)});
}

TEST_CASE("suspension: in front of instructions that pay by size") {
  test::check_module_hopping(test::suspended::paying, {value::i32(40)}, 1);
}

TEST_CASE("suspension: references, casts and locals that have no value yet") {
  test::check_module_hopping(test::suspended::references, {value::i32(6)});
}

namespace {

struct small_heap : test::metered_engine {
  small_heap() : test::metered_engine(with_heap(60'000)) {}
  static limits with_heap(std::uint64_t bytes) {
    limits l;
    l.heap_bytes = bytes;
    l.heap_step_bytes = 1000;
    return l;
  }
};

}  // namespace

TEST_CASE("suspension: the heap limit is reached at the same allocation") {
  // What was dropped lies about until something else comes to its place.
  const auto m = test::compile_wat(R"((module
    (type $bytes (array (mut i8))) (type $node (struct (field (ref null $node)) (field i64)))
    (global $list (mut (ref null $node)) (ref.null $node)) (global $count (export "count") (mut i32) (i32.const 0))
    (func $drops (param i32 (ref null $bytes)) (local $r (ref null $bytes))
      (ref.null $node)
      (drop (array.new_default $bytes (local.get 0)))
      (local.set $r (array.new_default $bytes (i32.const 500)))
      (drop)
      (loop $l
        (global.set $list (struct.new $node (global.get $list) (i64.const 7)))
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (br_if $l (i32.rem_u (global.get $count) (i32.const 150))))
      (call $drops (i32.add (local.get 0) (i32.const -3000)) (array.new_default $bytes (i32.const 100))))
    (func (export "run") (param i32) (call $drops (local.get 0) (ref.null $bytes)))))");
  const auto make = [&m](test::metered_engine& e) -> instance& { return e.add(m); };
  CHECK(test::run_hopping<small_heap>(make, {value::i32(20'000)}, 0).trap == errc::trap_heap_exhausted);
  test::check_hopping<small_heap>(make, {value::i32(20'000)}, 31);
}

TEST_CASE("suspension: random programs go on in other stores") {
  const std::uint64_t programs = std::getenv("WASM64_LONG_RUNS") != nullptr ? 4'000 : 300;
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    const test::random_program p = test::program_generator(seed).make();
    const std::string text = test::program_printer(p).text;
    const auto m = test::compile_wat(text);
    const std::vector<value> arguments = test::random_arguments(p, seed);
    const auto make = [&m](test::metered_engine& e) -> instance& {
      instance& in = e.add(m);
      in.globals[0]->bits = 12;
      return in;
    };
    const auto run = [&](unsigned every) { return test::run_hopping(make, arguments, every, nullptr, "f0"); };
    INFO("seed " << seed << "\n" << text);
    const test::aftermath whole = run(0);
    REQUIRE((run(1) == whole));
    REQUIRE((run(5) == whole));
  }
}

TEST_CASE("suspension: records are the same whatever compiles and runs the engine") {
  std::uint64_t hash = 0;
  for (const auto& [text, argument] :
       {std::pair{test::suspended::calls, 5}, std::pair{test::suspended::blocks, 9},
        std::pair{test::suspended::tails, 5}, std::pair{test::suspended::exceptions, 5},
        std::pair{test::suspended::legacy_exceptions, 3}, std::pair{test::suspended::paying, 40},
        std::pair{test::suspended::references, 6}}) {
    const auto m = test::compile_wat(text);
    const auto make = [&m](test::metered_engine& e) -> instance& { return e.add(m); };
    static_cast<void>(test::run_hopping(make, {value::i32(argument)}, 1, &hash));
  }
  CHECK(hash == 0xca5143e69e256bfc);
}

TEST_CASE("suspension: a store that counts no fuel takes only what waits for the host") {
  const auto m = test::compile_wat(test::suspended::blocks);
  test::metered_engine metered;
  metered.st.set_fuel(20);
  CHECK(metered.failure(metered.add(m), "run", 4) == errc::trap_out_of_fuel);
  const auto record = capture_call(metered.st);
  REQUIRE(record.has_value());
  test::engine<> plain;
  plain.add(m);
  test::store_copy copy(metered.st, plain.st);
  const auto restored = restore_call(plain.st, copy.translated(record.value()));
  CHECK(restored.error().code == errc::suspension_mismatch);
}
