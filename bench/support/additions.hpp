#pragma once

#include "bench/support/fixture.hpp"

// Calls of a function that adds two i64, each of which adds one to the sum of the calls before.

namespace wasm64::bench {

inline void expect_sum(benchmark::State& state, std::int64_t sum) {
  if (sum != state.iterations()) state.SkipWithError("wrong sum");
}

template <class Store>
void typed_calls(benchmark::State& state, Store& engine, const func_instance& add) {
  std::int64_t sum = 0;
  for (auto _ : state) {
    const auto called = engine.template call<std::int64_t>(add, sum, std::int64_t{1});
    if (!succeeded(state, called)) return;
    sum = called.value();
  }
  expect_sum(state, sum);
}

template <class Store>
void slot_calls(benchmark::State& state, Store& engine, const func_instance& add) {
  word* const slots = engine.call_area();
  slots[0] = 0;
  for (auto _ : state) {
    slots[1] = 1;
    if (!succeeded(state, engine.call_slots(add))) return;
  }
  expect_sum(state, static_cast<std::int64_t>(slots[0]));
}

}  // namespace wasm64::bench
