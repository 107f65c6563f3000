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
template <class Provider>
struct compiled_unmetered_engine : engine<> {
  compiled_unmetered_engine() { st.use(Provider::get()); }
};

/// Runs a program in one piece and in the smallest ones, in new stores each time.
template <class Provider, class Make>
void check_tiers(Make make, const std::vector<value>& arguments, const char* name = "run") {
  for (const unsigned every : {0u, 1u, 5u}) {
    INFO("new store at every stop of " << every);
    std::uint64_t hashes[2] = {};
    const aftermath interpreted = run_hopping<metered_engine>(make, arguments, every, &hashes[0], name);
    const aftermath compiled = run_hopping<compiled_engine<Provider>>(make, arguments, every, &hashes[1], name);
    CHECK(compiled.trap == interpreted.trap);
    CHECK(compiled.trace == interpreted.trace);
    CHECK(compiled.results == interpreted.results);
    CHECK(compiled.globals == interpreted.globals);
    CHECK((compiled.memories == interpreted.memories));
    CHECK(compiled.spent == interpreted.spent);
    CHECK(hashes[0] == hashes[1]);
  }
}

}  // namespace wasm64::test
