#include <limits>

#include "tests/aot/compilers.hpp"
#include "tests/aot/loop_checks.hpp"
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

/// Tail calls through a table, in which a function is that takes more of the stack.
constexpr std::string_view deep_tails = R"((module
  (type $t (func (param i64 i32) (result i64)))
  (table 2 funcref)
  (elem (i32.const 0) $counts $wide)
  (func $counts (type $t)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 1))))
    (return_call_indirect (type $t) (i64.sub (local.get 0) (i64.const 1)) (i32.const 1) (local.get 1)))
  (func $wide (type $t) (local i64 i64 i64 i64 i64 i64 i64 f64 f64)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 2))))
    (local.set 2 (local.get 0))
    (if (i64.eqz (i64.and (local.get 0) (i64.const 7)))
      (then (return (i64.add (call $counts (i64.sub (local.get 0) (i64.const 1)) (i32.const 1)) (local.get 2)))))
    (return_call_indirect (type $t) (i64.sub (local.get 2) (i64.const 1)) (i32.const 0) (i32.const 0)))
  (func (export "run") (param i64) (result i64)
    (i64.add (call $counts (local.get 0) (i32.const 1)) (call $counts (i64.const 3) (i32.const 0))))))";

/// Two instances in whose table their functions are, beside others: `run` goes back and forth between them, and at the
/// end to an element of its choice. Every step makes an object.
constexpr std::string_view tails_to = R"((module
  (type $box (struct (field i32))) (type $t (func (param i32 i64 anyref) (result i64)))
  (global $k i64 (i64.const 3)) (table (export "t") 5 funcref) (elem (i32.const 0) $ping)
  (func $ping (export "ping") (type $t)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (global.get $k))
      (struct.new $box (i32.mul (i32.const 3) (struct.get $box 0 (ref.cast (ref $box) (local.get 2))))) (i32.const 1)))))";
constexpr std::string_view tails_from = R"((module
  (type $box (struct (field i32))) (type $t (func (param i32 i64 anyref) (result i64)))
  (import "to" "ping" (func $ping (type $t))) (import "to" "t" (table 5 funcref))
  (import "host" "twice" (func $twice (param i64) (result i64)))
  (elem (i32.const 1) $pong $last) (elem (i32.const 4) $twice) (elem declare func $ping)
  (global $k i64 (i64.const 4)) (global $end (mut i32) (i32.const 0))
  (func $last (type $t) (local i64 f64)
    (local.set 3 (i64.add (local.get 1)
      (i64.extend_i32_s (struct.get $box 0 (ref.cast (ref $box) (local.get 2))))))
    (return_call $twice (local.get 3)))
  (func $more (param anyref i64 i64 i64 i32) (result i64)
    (return_call_ref $t (local.get 4) (i64.add (local.get 1) (i64.mul (local.get 2) (local.get 3))) (local.get 0)
      (ref.func $ping)))
  (func $pong (type $t)
    (local.set 1 (i64.add (local.get 1) (global.get $k)))
    (block $ends (block $direct (block $by_reference
      (if (i32.eqz (local.get 0)) (then (br $ends)))
      (br_table $direct $by_reference $ends (i32.rem_u (local.get 0) (i32.const 4))))
      (return_call $more (local.get 2) (local.get 1) (i64.const 10) (global.get $k) (local.get 0)))
      (return_call $ping (local.get 0) (local.get 1) (struct.new $box (i32.const 77))))
    (return_call_indirect (type $t) (local.get 0) (local.get 1) (local.get 2)
      (select (i32.const 0) (global.get $end) (local.get 0))))
  (func (export "run") (param i32 i32) (result i64)
    (global.set $end (local.get 1))
    (i64.add (i64.const 1) (call $pong (local.get 0) (i64.const 0) (struct.new $box (i32.const 5)))))))";

/// A function whose frame begins where the one has its header that calls it.
constexpr std::string_view tails_that_grow = R"((module
  (type $box (struct (field i32)))
  (func $sum (param i32 anyref anyref anyref anyref anyref) (result i32) (local $last anyref)
    (loop $again
      (local.set $last (struct.new $box (local.get 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.add (struct.get $box 0 (ref.cast (ref $box) (local.get 1)))
             (struct.get $box 0 (ref.cast (ref $box) (local.get 5)))))
  (func (export "run") (param i32) (result i32)
    (return_call $sum (local.get 0) (struct.new $box (i32.const 5)) (struct.new $box (i32.const 6))
      (struct.new $box (i32.const 7)) (struct.new $box (i32.const 8)) (struct.new $box (i32.const 90))))))";

/// Tail calls of a host function that answers later, which ends functions that were called from compiled code.
constexpr std::string_view tails_later = R"((module
  (type $t (func (param i32) (result i32))) (import "later" "i" (func $later (type $t))) (table funcref (elem $later))
  (func $direct (type $t) (return_call $later (i32.mul (local.get 0) (i32.const 2))))
  (func $through (type $t) (local i64) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func $wide (param i32 i64 i64 i64) (result i32) (return_call $direct (local.get 0)))
  (func (export "run") (param i32) (result i32)
    (i32.add (i32.const 1) (call $direct (call $through
      (call $wide (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3))))))))";

/// What is asked and answered, and the result, going to a new store at every question.
template <class Engine>
std::vector<std::uint64_t> run_answering(const std::shared_ptr<const module>& m) {
  const auto make = [&m](Engine& e) -> instance& {
    e.imports.func("later", "i", [](caller& from, std::int32_t) -> result<std::int32_t> { return from.suspend(); });
    return e.add(m);
  };
  auto e = std::make_unique<Engine>();
  const value argument = value::i32(7);
  vector<value> results;
  std::vector<std::uint64_t> seen;
  auto done = e->st.call(e->func(make(*e), "run"), std::span<const value>(&argument, 1), results);
  while (!done.has_value() && e->st.suspended() && seen.size() < 20) {
    std::uint64_t hash = 0;
    e = test::hop(*e, make, &hash);
    vector<value> asked;
    e->st.awaited_arguments(asked);
    seen.push_back(hash);
    seen.push_back(asked.at(0).bits);
    const value answer = value::i32(asked[0].as_i32() + 100);
    done = e->st.resume(std::span<const value>(&answer, 1), results);
  }
  seen.push_back(done.has_value() ? results.at(0).bits : static_cast<std::uint64_t>(done.error().code));
  return seen;
}

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
void check_deep_calls(std::string_view text) {
  const auto m = test::compile_wat(text);
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

template <class Compiler>
void check_random_loops(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    test::loop_generator random(seed);
    const std::string text = random.module(seed % 4 != 0);
    const std::shared_ptr<const module> m = test::compile_wat(text);
    for (unsigned i = 0; i < 8; ++i) {
      const std::vector<value> arguments = random.arguments();
      INFO("seed " << seed << ", arguments " << i << "\n" << text);
      test::check_loop<Compiler>(m, arguments, 50 + static_cast<std::int64_t>((seed * 8 + i) * 79 % 1200));
    }
  }
}

template <class Compiler>
void check_limits_of_loops(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    test::limit_loop_generator random(seed);
    const std::string text = random.module();
    const std::shared_ptr<const module> m = test::compile_wat(text);
    for (unsigned i = 0; i < 12; ++i) {
      const std::vector<value> arguments = random.arguments();
      INFO("seed " << seed << ", arguments " << i << "\n" << text);
      test::check_loop<Compiler>(m, arguments, i % 3 == 0 ? 2000 : static_cast<std::int64_t>((seed + i * 7) % 300));
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
      test::check_loop<Compiler>(m, arguments, 50 + static_cast<std::int64_t>((seed * 8 + i) * 79 % 1200));
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
            test::check_loop<Compiler>(m, {value::i64(base), number(begin), number(end)},
                                       17 * rounds + 40 * (beyond + 2));
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
      test::check_loop<Compiler>(m, {value::i64(address), value::i64(9)}, 30);
    }
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("calls are as deep compiled as interpreted", "", test::compilers) {
  for (const std::string_view text : {deep_calls, deep_tails}) {
    check_deep_calls<engine_config, TestType>(text);
    check_deep_calls<metered_engine_config, TestType>(text);
  }
}

TEMPLATE_LIST_TEST_CASE("tail calls do the same compiled, whatever they call", "", test::compilers) {
  const auto to = test::compile_wat(tails_to), from = test::compile_wat(tails_from);
  const auto make = [&](auto& e) -> instance& {
    e.imports.func("host", "twice", [](std::int64_t n) { return n * 2; });
    e.imports.define_instance("to", e.add(to));
    instance& in = e.add(from);
    const bool is_compiled = in.code->native_image != nullptr;
    if (is_compiled && TestType::has_tail_calls) CHECK(aot::compiled_functions(*in.code) == from->funcs.size());
    return in;
  };
  for (const int end : {0, 2, 3, 4, 5}) {  // a function of the other module, of its own, none, of another type, beyond
    INFO("ends with element " << end);
    const std::vector<value> arguments{value::i32(22), value::i32(end)};
    test::check_tiers<TestType>(make, arguments);
    test::check_engines<test::small_heap_engine, test::compiled_small_heap_engine<TestType>>(make, arguments);
  }
  check_text<TestType>(tails_that_grow, {value::i32(9)}, TestType::has_tail_calls ? 0 : 1);
  const auto later = test::compile_wat(tails_later);
  CHECK(run_answering<test::compiled_unmetered_engine<TestType>>(later) == run_answering<test::engine<>>(later));
  CHECK(run_answering<test::compiled_engine<TestType>>(later) == run_answering<test::metered_engine>(later));
  // As many as there is no native stack for.
  test::compiled_unmetered_engine<TestType> compiled;
  test::engine<> interpreted;
  const auto far = [&](auto& e) { return e.template call<std::int64_t>(make(e), "run", 1'000'000, 0); };
  CHECK(far(compiled) == far(interpreted));
}

TEMPLATE_LIST_TEST_CASE("compiled programs stop and go on where interpreted ones do", "", test::compilers) {
  namespace suspended = test::suspended;
  check_text<TestType>(suspended::calls, {value::i32(9)});
  check_text<TestType>(suspended::blocks, {value::i32(40)});
  check_text<TestType>(suspended::tails, {value::i32(8)}, TestType::has_tail_calls ? 0 : 3);
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

TEMPLATE_LIST_TEST_CASE("random loops that reach a limit do the same compiled", "", test::compilers) {
  check_limits_of_loops<TestType>(1, test::is_long_run() ? 5'000 : TestType::random_programs);
}

TEMPLATE_LIST_TEST_CASE("random stores of floats do the same compiled", "", test::compilers) {
  check_random_floats<TestType>(1, test::is_long_run() ? 5'000 : TestType::random_programs);
}
