#include "bench/support/fixture.hpp"

namespace wasm64::bench {
namespace {

constexpr std::int32_t calls = 10'000;

/// Runs a loop of calls to `env.host_add`; the counter `per_call` is seconds, the loop around the call included.
void run_loop(benchmark::State& state, fixture<>& f) {
  if (!f.ready()) return;
  const func_instance& loop = f.exported("loop");
  for (auto _ : state) {
    const auto sum = f.engine().call<std::int32_t>(loop, calls);
    if (!succeeded(state, sum)) return;
    if (sum.value() != calls / 2 * (calls - 1)) return state.SkipWithError("wrong sum");
  }
  using counter = benchmark::Counter;
  state.counters["per_call"] = counter(calls, counter::kIsIterationInvariantRate | counter::kInvert);
}

byte_vector hostcall() { return read_source("tests/guests/hostcall.wasm64.wasm"); }

void typed_host_function(benchmark::State& state) {
  linker imports;
  imports.func("env", "host_add", [](std::int32_t a, std::int32_t b) { return a + b; });
  fixture f(state, view_of(hostcall()), imports);
  run_loop(state, f);
}
BENCHMARK(typed_host_function)->Name("overhead/host/typed");

void typed_host_function_with_caller(benchmark::State& state) {
  linker imports;
  imports.func("env", "host_add", [](caller& from, std::int32_t a, std::int32_t b) -> result<std::int32_t> {
    if (from.memory() == nullptr) return fail(errc::out_of_bounds);
    return a + b;
  });
  fixture f(state, view_of(hostcall()), imports);
  run_loop(state, f);
}
BENCHMARK(typed_host_function_with_caller)->Name("overhead/host/typed_result");

void untyped_host_function(benchmark::State& state) {
  func_type type;
  type.params.push_back(types::i32);
  type.params.push_back(types::i32);
  type.results.push_back(types::i32);
  linker imports;
  imports.define("env", "host_add",
                 untyped_host_func(type, [](caller&, std::span<const value> in, std::span<value> out) -> result<void> {
                   out[0] = value::i32(in[0].as_i32() + in[1].as_i32());
                   return success();
                 }));
  fixture f(state, view_of(hostcall()), imports);
  run_loop(state, f);
}
BENCHMARK(untyped_host_function)->Name("overhead/host/untyped");

/// Every call of the host calls WebAssembly again, in another instance of the same store.
void reentrant_host_function(benchmark::State& state) {
  const auto wasm = text::parse_module(R"((module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))))");
  if (!succeeded(state, wasm)) return;
  const auto adder = compile(view_of(wasm.value()));
  if (!succeeded(state, adder)) return;

  store_base* engine = nullptr;
  const func_instance* add = nullptr;
  linker imports;
  imports.func("env", "host_add",
               [&](std::int32_t a, std::int32_t b) { return engine->call<std::int32_t>(*add, a, b); });
  fixture f(state, view_of(hostcall()), imports);
  engine = &f.engine();
  const auto made = engine->instantiate(adder.value());
  if (!succeeded(state, made)) return;
  add = made.value()->exported_func("add");
  run_loop(state, f);
}
BENCHMARK(reentrant_host_function)->Name("overhead/host/reentrant");

}  // namespace
}  // namespace wasm64::bench
