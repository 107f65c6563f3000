#include "bench/support/additions.hpp"
#include "bench/support/fixture.hpp"

namespace wasm64::bench {
namespace {

constexpr std::string_view add_module = R"((module
  (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))))";

void typed_call(benchmark::State& state) {
  fixture f(state, add_module);
  if (!f.ready()) return;
  typed_calls(state, f.engine(), f.exported("add"));
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
  slot_calls(state, f.engine(), f.exported("add"));
}
BENCHMARK(call_with_slots)->Name("overhead/call/slots");

void metered_call(benchmark::State& state) {
  fixture<metered_engine_config> f(state, add_module);
  if (!f.ready()) return;
  typed_calls(state, f.engine(), f.exported("add"));
}
BENCHMARK(metered_call)->Name("overhead/call/typed_metered");

}  // namespace
}  // namespace wasm64::bench
