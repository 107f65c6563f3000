#include "tests/support/wat.hpp"
#include "tests/unit/lower/random_evaluator.hpp"
#include "tests/unit/lower/random_generator.hpp"

using namespace wasm64;

namespace {

/// A run's visible state: what both sides have to agree on.
struct state {
  errc trap{};
  std::vector<std::uint64_t> results, globals, table;
  std::string memories;
  friend bool operator==(const state&, const state&) = default;
};

constexpr std::uint32_t iterations = 60;

std::vector<std::uint64_t> arguments_of(const std::string& types, test::random_source& random) {
  std::vector<std::uint64_t> arguments;
  for (const char type : types) {
    switch (type) {
      case 'i': arguments.push_back(random.bits() >> (32 + random.below(32))); break;
      case 'I': arguments.push_back(random.bits() >> random.below(64)); break;
      case 'f': arguments.push_back(test::ops::to(static_cast<float>(random.below(1000)) / 8 - 50)); break;
      case 'F': arguments.push_back(test::ops::to(static_cast<double>(random.below(1000)) / 8 - 50)); break;
      default: arguments.push_back(random.below(3)); break;
    }
  }
  return arguments;
}

state expected(const test::random_program& p, const std::vector<std::uint64_t>& arguments) {
  test::reference_evaluator reference(p);
  reference.globals[0] = iterations;
  state s;
  s.trap = reference.call(0, arguments, s.results);
  if (s.trap != errc{}) s.results.clear();
  s.globals.assign(std::begin(reference.globals), std::end(reference.globals));
  s.table.assign(std::begin(reference.table), std::end(reference.table));
  for (const auto& m : reference.memories) s.memories.append(reinterpret_cast<const char*>(m.data()), m.size());
  return s;
}

val_type type_of(char letter) {
  switch (letter) {
    case 'i': return types::i32;
    case 'I': return types::i64;
    case 'f': return types::f32;
    case 'F': return types::f64;
    default: return types::externref;
  }
}

/// The same in a store; with `slice` > 0 in slices of fuel.
template <class Config>
state actual(const std::shared_ptr<const module>& m, const test::random_program& p,
             const std::vector<std::uint64_t>& arguments, std::int64_t slice) {
  test::engine<Config> e;
  instance& in = e.add(m);
  in.globals[0]->bits = iterations;
  std::vector<value> given;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    given.push_back({type_of(p.functions[0].params[i]), arguments[i], 0});
  if (slice > 0) e.st.set_fuel(slice);
  vector<value> results;
  auto done = e.st.call(e.func(in, "f0"), std::span<const value>(given), results);
  while (!done.has_value() && e.st.suspended()) {
    e.st.add_fuel(slice);
    done = e.st.resume(results);
  }
  state s;
  if (!done.has_value()) s.trap = done.error().code;
  else
    for (const value& v : results) s.results.push_back(v.bits);
  for (const global_instance* g : in.globals) s.globals.push_back(e.st.get(*g).bits);
  for (std::size_t i = 0; i < in.tables[0]->elements.size(); ++i) {
    s.table.push_back(e.st.get(*in.tables[0], i).value().bits);
  }
  for (const memory_instance* memory : in.memories) {
    s.memories.append(reinterpret_cast<const char*>(memory->base), static_cast<std::size_t>(memory->size));
  }
  return s;
}

}  // namespace

TEST_CASE("lowering: random programs do what the reference evaluator does") {
  const std::uint64_t programs = std::getenv("WASM64_LONG_RUNS") != nullptr ? 20'000 : 4'000;
  std::uint64_t trapped = 0;
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    const test::random_program p = test::program_generator(seed).make();
    const std::string text = test::program_printer(p).text;
    const auto m = test::compile_wat(text);
    test::random_source random(seed);
    for (int run = 0; run < 2; ++run) {
      const std::vector<std::uint64_t> arguments = arguments_of(p.functions[0].params, random);
      const state wanted = expected(p, arguments);
      trapped += wanted.trap != errc{} ? 1 : 0;
      const bool same = actual<engine_config>(m, p, arguments, 0) == wanted &&
                        actual<metered_engine_config>(m, p, arguments, run == 0 ? 0 : 1 + random.below(40)) == wanted;
      if (!same) {
        const state got = actual<engine_config>(m, p, arguments, 0);
        INFO("trap " << message(got.trap) << ", not " << message(wanted.trap));
        INFO("results " << Catch::Detail::stringify(got.results) << ", not "
                        << Catch::Detail::stringify(wanted.results));
        INFO("arguments " << Catch::Detail::stringify(arguments));
        FAIL("seed " << seed << " run " << run << "\n" << text);
      }
    }
  }
  // Programs that only trap would prove little.
  CHECK(trapped < programs);
}
