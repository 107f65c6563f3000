#include "tests/aot/compilers.hpp"
#include "tests/aot/tiers.hpp"
#include "tests/unit/runtime/suspended_programs.hpp"

// The interpreter beside compiled code, program by program.

using namespace wasm64;

namespace {

val_type type_of(char letter) {
  switch (letter) {
    case 'i': return types::i32;
    case 'I': return types::i64;
    case 'f': return types::f32;
    case 'F': return types::f64;
    default: return types::externref;
  }
}

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
    test::random_source random(seed);
    std::vector<value> arguments;
    for (const char type : p.functions[0].params) arguments.push_back({type_of(type), random.bits() >> 34, 0});
    INFO("seed " << seed << "\n" << text);
    const auto make = [&m](auto& e) -> instance& {
      instance& in = e.add(m);
      in.globals[0]->bits = 12;
      return in;
    };
    test::check_tiers<Compiler>(make, arguments, "f0");
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
