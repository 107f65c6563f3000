#include "tests/aot/compilers.hpp"
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

}  // namespace

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
