#include "tests/aot/compilers.hpp"
#include "tests/aot/random_loops.hpp"
#include "tests/aot/tiers.hpp"
#include "tests/unit/lower/random_arguments.hpp"
#include "tests/unit/runtime/suspended_programs.hpp"

// The interpreter beside compiled code, program by program.

using namespace wasm64;

namespace {

template <class Compiler>
void check_text(std::string_view text, const std::vector<value>& arguments) {
  const auto m = test::compile_wat(text);
  test::check_tiers<Compiler>([&m](auto& e) -> instance& { return e.add(m); }, arguments);
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

/// Without fuel to pay, and with some that may not suffice.
template <class Compiler>
void check_random_loops(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    test::loop_generator random(seed);
    const std::string text = random.module(seed % 4 != 0);
    const auto m = test::compile_wat(text);
    const auto make = [&m](auto& e) -> instance& { return e.add(m); };
    for (int i = 0; i < 8; ++i) {
      const std::vector<value> arguments = random.arguments();
      INFO("seed " << seed << ", arguments " << i << "\n" << text);
      const auto unmetered = [&]<class Engine>(Engine e) {
        vector<value> results;
        test::aftermath out;
        test::leave_behind(e, e.st.call(e.func(make(e), "run"), std::span<const value>(arguments), results), results,
                           out);
        return out;
      };
      CHECK((unmetered(test::compiled_unmetered_engine<Compiler>()) == unmetered(test::engine<>())));
      const std::int64_t fuel = 50 + static_cast<std::int64_t>((seed * 8 + static_cast<unsigned>(i)) * 79 % 1200);
      const auto metered = [&]<class Engine>(Engine e) {
        e.st.set_fuel(fuel);
        vector<value> results;
        result<void> done = e.st.call(e.func(make(e), "run"), std::span<const value>(arguments), results);
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
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("compiled programs stop and go on where interpreted ones do", "", test::compilers) {
  namespace suspended = test::suspended;
  check_text<TestType>(suspended::calls, {value::i32(9)});
  check_text<TestType>(suspended::blocks, {value::i32(40)});
  check_text<TestType>(suspended::tails, {value::i32(8)});
  check_text<TestType>(suspended::exceptions, {value::i32(9)});
  check_text<TestType>(suspended::legacy_exceptions, {value::i32(9)});
  check_text<TestType>(suspended::paying, {value::i32(40)});
  check_text<TestType>(suspended::references, {value::i32(6)});
}

TEMPLATE_LIST_TEST_CASE("random programs do the same compiled", "", test::compilers) {
  check_random_programs<TestType>(1, test::is_long_run() ? 2'500 : TestType::random_programs);
}

TEMPLATE_LIST_TEST_CASE("random loops do the same compiled", "", test::compilers) {
  check_random_loops<TestType>(1, test::is_long_run() ? 5'000 : TestType::random_programs);
}
