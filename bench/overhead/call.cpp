#include "bench/support/fixture.hpp"

namespace wasm64::bench {
namespace {

constexpr std::string_view add_module = R"((module
  (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))))";

/// Each call adds one to the sum of the calls before.
void expect_sum(benchmark::State& state, std::int64_t sum) {
  if (sum != state.iterations()) state.SkipWithError("wrong sum");
}

void typed_call(benchmark::State& state) {
  fixture f(state, add_module);
  if (!f.ready()) return;
  const func_instance& add = f.exported("add");
  std::int64_t sum = 0;
  for (auto _ : state) {
    const auto called = f.engine().call<std::int64_t>(add, sum, std::int64_t{1});
    if (!succeeded(state, called)) return;
    sum = called.value();
  }
  expect_sum(state, sum);
}
BENCHMARK(typed_call)->Name("overhead/call/typed");

void call_with_values(benchmark::State& state) {
  fixture f(state, add_module);
  if (!f.ready()) return;
  const func_instance& add = f.exported("add");
  value arguments[] = {value::i64(0), value::i64(1)};
  vector<value> results;
  for (auto _ : state) {
    if (!succeeded(state, f.engine().call(add, std::span<const value>(arguments), results))) return;
    arguments[0] = results[0];
  }
  expect_sum(state, arguments[0].as_i64());
}
BENCHMARK(call_with_values)->Name("overhead/call/values");

void call_with_slots(benchmark::State& state) {
  fixture f(state, add_module);
  if (!f.ready()) return;
  const func_instance& add = f.exported("add");
  word* const slots = f.engine().call_area();
  slots[0] = 0;
  for (auto _ : state) {
    slots[1] = 1;
    if (!succeeded(state, f.engine().call_slots(add))) return;
  }
  expect_sum(state, static_cast<std::int64_t>(slots[0]));
}
BENCHMARK(call_with_slots)->Name("overhead/call/slots");

void metered_call(benchmark::State& state) {
  fixture<metered_engine_config> f(state, add_module);
  if (!f.ready()) return;
  const func_instance& add = f.exported("add");
  std::int64_t sum = 0;
  for (auto _ : state) {
    const auto called = f.engine().call<std::int64_t>(add, sum, std::int64_t{1});
    if (!succeeded(state, called)) return;
    sum = called.value();
  }
  expect_sum(state, sum);
}
BENCHMARK(metered_call)->Name("overhead/call/typed_metered");

}  // namespace
}  // namespace wasm64::bench
