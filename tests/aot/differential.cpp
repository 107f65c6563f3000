#include <limits>

#include "tests/aot/compilers.hpp"
#include "tests/aot/random_floats.hpp"
#include "tests/aot/random_loops.hpp"
#include "tests/aot/random_objects.hpp"
#include "tests/aot/tiers.hpp"
#include "tests/unit/lower/random_arguments.hpp"
#include "tests/unit/runtime/suspended_programs.hpp"
#include "wasm64/aot/runtime.hpp"

// The interpreter beside compiled code, program by program.

using namespace wasm64;

namespace {

/// `interpreted`: how many functions are left out.
template <class Compiler>
void check_text(std::string_view text, const std::vector<value>& arguments, std::size_t interpreted = 0) {
  const auto m = test::compile_wat(text);
  test::compiled_engine<Compiler> e;
  CHECK(aot::compiled_functions(*e.add(m).code) == m->funcs.size() - interpreted);
  const auto make = [&m](auto& in) -> instance& { return in.add(m); };
  test::check_tiers<Compiler>(make, arguments);
  test::check_engines<test::small_heap_engine, test::compiled_small_heap_engine<Compiler>>(make, arguments);
}

template <class Compiler>
void check_random_programs(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const auto use =
        seed % 4 == 0 ? test::program_generator::operands::all : test::program_generator::operands::numbers;
    const test::random_program p = test::program_generator(seed, use).make();
    const std::string text = test::program_printer(p).text;
    const auto m = test::compile_wat(text);
    INFO("seed " << seed << "\n" << text);
    const auto make = [&m](auto& e) -> instance& {
      instance& in = e.add(m);
      in.globals[0]->bits = 12;
      return in;
    };
    test::check_tiers<Compiler>(make, test::random_arguments(p, seed), "f0");
  }
}

template <class Compiler>
void check_random_objects(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const std::string text = test::object_program_generator(seed).make();
    const auto m = test::compile_wat(text);
    INFO("seed " << seed << "\n" << text);
    const auto make = [&m](auto& e) -> instance& { return e.add(m); };
    const std::vector<value> arguments = {value::i32(7)};
    using small = test::small_heap_engine;
    if (seed % 3 == 0) test::check_tiers<Compiler>(make, arguments);
    else if (seed % 3 == 1) test::check_engines<small, test::compiled_small_heap_engine<Compiler>>(make, arguments);
    else test::check_engines<small, test::compiled_shallow_engine<Compiler>>(make, arguments);
  }
}

/// Functions that call one another by index and through a table, in loops and beside them, `n` deep.
constexpr std::string_view deep_calls = R"((module
  (type $t (func (param i64 i32) (result i64)))
  (table 2 funcref)
  (elem (i32.const 0) $counts $wide)
  (func $counts (type $t)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.add (i64.const 1) (call $loops (i64.sub (local.get 0) (i64.const 1)) (local.get 1))))))
  (func $loops (type $t) (local $sum i64) (local $i i32)
    (loop $again
      (local.set $sum (i64.add (local.get $sum)
        (call_indirect (type $t) (local.get 0) (local.get 1) (local.get 1))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 1))))
    (local.get $sum))
  (func $wide (type $t) (local i64 i64 i64 i64 i64 i64 i64 f64 f64)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 2))))
    (local.set 2 (local.get 0))
    (i64.add (call $counts (i64.sub (local.get 0) (i64.const 1)) (i32.const 1)) (local.get 2)))
  (func (export "run") (param i64) (result i64)
    (i64.add (call $counts (local.get 0) (i32.const 1)) (call $counts (i64.const 3) (i32.const 0))))))";

/// What calls end with under these limits: results or traps with their traces, and the fuel that is left.
template <class Config, class Compiler>
std::string deep_outcome(const std::shared_ptr<const module>& m, const limits& l, bool compiled) {
  store<Config> st(l);
  if (compiled) st.use(Compiler::get());
  const func_instance& run = *st.instantiate(m).value()->exported_func("run");
  std::string text;
  for (const std::int64_t n : {40, 900, 12'000, 7}) {
    if (st.metered()) st.set_fuel(400'000);
    const auto ended = st.template call<std::int64_t>(run, n);
    text += ended.has_value() ? std::to_string(ended.value()) : to_string(st.last_trap());
    if (st.metered()) text += " with " + std::to_string(st.fuel()) + " left";
    text += "\n";
  }
  return text;
}

template <class Config, class Compiler>
void check_deep_calls(const std::shared_ptr<const module>& m) {
  for (const std::uint32_t depth : {1u, 2u, 3u, 42u, 901u, 16'384u}) {
    for (const std::uint32_t values : {12u, 31u, 5'000u, 1u << 20}) {
      for (const std::uint64_t bytes : {0u, 3'000u, 1u << 20}) {
        limits l;
        l.call_depth = depth;
        l.stack_values = values;
        l.native_stack_bytes = bytes;
        INFO(depth << " calls, " << values << " values, " << bytes << " bytes");
        CHECK(deep_outcome<Config, Compiler>(m, l, true) == deep_outcome<Config, Compiler>(m, l, false));
      }
    }
  }
}

/// What a call of `run` leaves behind without fuel to pay, and with some that may not suffice at first.
template <class Compiler>
void check_loop(const std::shared_ptr<const module>& m, const std::vector<value>& arguments, std::int64_t fuel) {
  const auto unmetered = [&]<class Engine>(Engine e) {
    vector<value> results;
    test::aftermath out;
    test::leave_behind(e, e.st.call(e.func(e.add(m), "run"), std::span<const value>(arguments), results), results, out);
    return out;
  };
  CHECK((unmetered(test::compiled_unmetered_engine<Compiler>()) == unmetered(test::engine<>())));
  const auto metered = [&]<class Engine>(Engine e) {
    e.st.set_fuel(fuel);
    vector<value> results;
    result<void> done = e.st.call(e.func(e.add(m), "run"), std::span<const value>(arguments), results);
    std::uint64_t hash = 0;
    if (!done.has_value() && e.st.suspended()) {
      hash = test::hash_of(capture_call(e.st).value());
      e.st.add_fuel(1'000'000);
      done = e.st.resume(results);
    }
    test::aftermath out;
    test::leave_behind(e, done, results, out);
    out.spent = e.st.fuel();
    return std::pair(out, hash);
  };
  CHECK((metered(test::compiled_engine<Compiler>()) == metered(test::metered_engine())));
}

template <class Compiler>
void check_random_loops(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    test::loop_generator random(seed);
    const std::string text = random.module(seed % 4 != 0);
    const std::shared_ptr<const module> m = test::compile_wat(text);
    for (unsigned i = 0; i < 8; ++i) {
      const std::vector<value> arguments = random.arguments();
      INFO("seed " << seed << ", arguments " << i << "\n" << text);
      check_loop<Compiler>(m, arguments, 50 + static_cast<std::int64_t>((seed * 8 + i) * 79 % 1200));
    }
  }
}

template <class Compiler>
void check_random_floats(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    test::float_generator random(seed);
    const std::string text = random.module(seed % 4 != 0);
    const std::shared_ptr<const module> m = test::compile_wat(text);
    for (unsigned i = 0; i < 8; ++i) {
      const std::vector<value> arguments = random.arguments();
      INFO("seed " << seed << ", arguments " << i << "\n" << text);
      check_loop<Compiler>(m, arguments, 50 + static_cast<std::int64_t>((seed * 8 + i) * 79 % 1200));
    }
  }
}

/// Loops that write bytes near both ends of a memory, with all tests there are.
template <class Compiler>
void check_ends_of_loops() {
  struct kind {
    const char* test;
    int step;
  };
  for (const auto [name, step] :
       {kind{"ne", 1}, kind{"ne", -1}, kind{"lt_u", 3}, kind{"lt_s", 1}, kind{"le_u", 2}, kind{"le_s", 3},
        kind{"gt_u", -1}, kind{"gt_s", -3}, kind{"ge_u", -2}, kind{"ge_s", -1}}) {
    for (const std::string type : {"i64", "i32"}) {
      const std::string by = std::to_string(step);
      const std::string text = "(module (memory i64 1)\n(func (export \"run\") (param i64 " + type + " " + type +
                               ") (result i64) (local i64)\n(loop\n(i64.store8 offset=16 (i64.add (local.get 0) " +
                               (type == "i32" ? "(i64.extend_i32_u (local.get 1))" : "(local.get 1)") +
                               ") (i64.const 7))\n(local.set 3 (i64.add (local.get 3) (i64.const 1)))\n(br_if 0 (" +
                               type + "." + name + " (local.tee 1 (" + type + ".add (local.get 1) (" + type +
                               ".const " + by + "))) (local.get 2))))\n(local.get 3)))";
      const std::shared_ptr<const module> m = test::compile_wat(text);
      const auto number = [&](std::int64_t n) {
        return type == "i64" ? value::i64(n) : value::i32(static_cast<std::int32_t>(n));
      };
      // Where the local begins, and where its first address is: rounds are at most 40 but for bounds that are passed
      // by.
      const std::int64_t wide = type == "i64" ? std::numeric_limits<std::int64_t>::min() : std::int64_t{1} << 31;
      for (const std::int64_t begin : {std::int64_t{0}, std::int64_t{1000}, std::int64_t{-25}, wide - 20, wide + 30}) {
        for (const int rounds : {0, 1, 2, 39}) {
          const auto end =
              static_cast<std::int64_t>(static_cast<std::uint64_t>(begin) + static_cast<std::uint64_t>(rounds * step));
          for (const int beyond : {-2, -1, 0, 1}) {
            const std::int64_t last = step > 0 ? 65536 - 16 + beyond : -16 - beyond;
            const std::uint64_t seen =
                type == "i64" ? static_cast<std::uint64_t>(end) : static_cast<std::uint32_t>(end);
            const auto base = static_cast<std::int64_t>(static_cast<std::uint64_t>(last) - seen);
            INFO(text << "\n" << begin << " to " << end << ", last address " << last);
            check_loop<Compiler>(m, {value::i64(base), number(begin), number(end)}, 17 * rounds + 40 * (beyond + 2));
          }
        }
      }
    }
  }
}

/// The address is the same in all rounds, wherever that is.
template <class Compiler>
void check_fixed_addresses() {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  for (const std::string offset : {"0", "8", "65528", "65529", "4294967280"}) {
    const std::string text =
        "(module (memory i64 1)\n(func (export \"run\") (param i64 i64) (result i64) (local i64)\n"
        "(loop\n(i64.store offset=" +
        offset +
        " (local.get 0) (local.get 1))\n"
        "(local.set 2 (i64.add (local.get 2) (i64.load offset=" +
        offset +
        " (local.get 0))))\n"
        "(br_if 0 (i64.ne (local.tee 1 (i64.sub (local.get 1) (i64.const 1))) (i64.const 0))))\n"
        "(local.get 2)))";
    const std::shared_ptr<const module> m = test::compile_wat(text);
    const auto end = static_cast<std::int64_t>(65528 - std::stoull(offset));
    for (const std::int64_t address : {std::int64_t{0}, std::int64_t{1}, end - 1, end, end + 1, std::int64_t{65536},
                                       std::int64_t{-1}, std::int64_t{-8}, last, last - 100, -last, -last - 1}) {
      INFO(text << "\n" << address);
      check_loop<Compiler>(m, {value::i64(address), value::i64(9)}, 30);
    }
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("calls are as deep compiled as interpreted", "", test::compilers) {
  const auto m = test::compile_wat(deep_calls);
  check_deep_calls<engine_config, TestType>(m);
  check_deep_calls<metered_engine_config, TestType>(m);
}

TEMPLATE_LIST_TEST_CASE("compiled programs stop and go on where interpreted ones do", "", test::compilers) {
  namespace suspended = test::suspended;
  check_text<TestType>(suspended::calls, {value::i32(9)});
  check_text<TestType>(suspended::blocks, {value::i32(40)});
  check_text<TestType>(suspended::tails, {value::i32(8)}, 3);
  check_text<TestType>(suspended::exceptions, {value::i32(9)});
  check_text<TestType>(suspended::legacy_exceptions, {value::i32(9)});
  check_text<TestType>(suspended::paying, {value::i32(40)});
  check_text<TestType>(suspended::references, {value::i32(6)});
}

TEMPLATE_LIST_TEST_CASE("random programs do the same compiled", "", test::compilers) {
  check_random_programs<TestType>(1, test::is_long_run() ? 2'500 : TestType::random_programs);
}

TEMPLATE_LIST_TEST_CASE("random programs with objects do the same compiled", "", test::compilers) {
  check_random_objects<TestType>(1, test::is_long_run() ? 2'500 : TestType::random_programs);
}

// A host function may fail with the code of an exception that nobody has thrown.
TEMPLATE_LIST_TEST_CASE("traps of the host pass compiled handlers", "", test::compilers) {
  test::compiled_unmetered_engine<TestType> e;
  e.imports.func("host", "fail", [](caller&) -> result<void> { return fail(errc::trap_uncaught_exception); });
  const instance& in = e.add(R"((module (import "host" "fail" (func $fail)) (tag $e)
    (func (export "legacy") (try (do (call $fail)) (catch $e) (catch_all)))
    (func (export "table") (block (try_table (catch $e 0) (catch_all 0) (call $fail))))))");
  REQUIRE(aot::compiled_functions(*in.code) == 2);
  for (const char* const name : {"legacy", "table"}) CHECK(e.failure(in, name) == errc::trap_uncaught_exception);
}

TEMPLATE_LIST_TEST_CASE("loops end compiled where interpreted ones do", "", test::compilers) {
  check_ends_of_loops<TestType>();
  check_fixed_addresses<TestType>();
}

TEMPLATE_LIST_TEST_CASE("random loops do the same compiled", "", test::compilers) {
  check_random_loops<TestType>(1, test::is_long_run() ? 5'000 : TestType::random_programs);
}

TEMPLATE_LIST_TEST_CASE("random stores of floats do the same compiled", "", test::compilers) {
  check_random_floats<TestType>(1, test::is_long_run() ? 5'000 : TestType::random_programs);
}
