#pragma once

#include "tests/unit/lower/random_generator.hpp"
#include "tests/unit/runtime/hopping.hpp"

/// The interpreter beside compiled code: everything that a program, its host or a snapshot can see has to be the same.
namespace wasm64::test {

/// Engines whose modules somebody compiles; `Provider` is a type of test that answers a `code_provider`.
template <class Provider>
struct compiled_engine : metered_engine {
  compiled_engine() { st.use(Provider::get()); }
};
/// Engines whose heap is small, and collected before every allocation: what the collector sees shows at once, in what
/// is left of objects and in where the limit is reached.
struct small_heap_engine : metered_engine {
  static constexpr limits small{.heap_bytes = 200, .heap_step_bytes = 0};
  explicit small_heap_engine(const limits& l = small) : metered_engine(l) {}
};
template <class Provider>
struct compiled_small_heap_engine : small_heap_engine {
  compiled_small_heap_engine() { st.use(Provider::get()); }
};
/// The same with so little native stack that compiled functions let the interpreter run most of those they call.
template <class Provider>
struct compiled_shallow_engine : small_heap_engine {
  static constexpr limits shallow{
      .heap_bytes = small.heap_bytes, .heap_step_bytes = small.heap_step_bytes, .native_stack_bytes = 700};
  compiled_shallow_engine() : small_heap_engine(shallow) { st.use(Provider::get()); }
};
template <class Provider>
struct compiled_unmetered_engine : engine<> {
  compiled_unmetered_engine() { st.use(Provider::get()); }
};

/// Runs a program in one piece, in the smallest ones, and in larger ones: compiled code runs only with some fuel left.
template <class Interpreted, class Compiled, class Make>
void check_engines(Make make, const std::vector<value>& arguments, const char* name = "run") {
  struct way {
    unsigned every;
    std::int64_t portion;
  };
  for (const auto [every, portion] : {way{0, 1}, way{1, 1}, way{5, 1}, way{1, 37}, way{1, 200}, way{3, 1000}}) {
    INFO("new store at every stop of " << every << ", by " << portion);
    std::uint64_t hashes[2] = {};
    const aftermath interpreted = run_hopping<Interpreted>(make, arguments, every, &hashes[0], name, portion);
    const aftermath compiled = run_hopping<Compiled>(make, arguments, every, &hashes[1], name, portion);
    CHECK(compiled.trap == interpreted.trap);
    CHECK(compiled.trace == interpreted.trace);
    CHECK(compiled.results == interpreted.results);
    CHECK(compiled.globals == interpreted.globals);
    CHECK((compiled.memories == interpreted.memories));
    CHECK(compiled.spent == interpreted.spent);
    CHECK(hashes[0] == hashes[1]);
  }
}
template <class Provider, class Make>
void check_tiers(Make make, const std::vector<value>& arguments, const char* name = "run") {
  check_engines<metered_engine, compiled_engine<Provider>>(make, arguments, name);
}

}  // namespace wasm64::test
