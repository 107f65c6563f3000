#include "bench/device/process.hpp"

namespace wasm64::bench {
namespace {

constexpr std::int64_t calls = 1'000;

constexpr std::string_view loop_module = R"((module
  (import "env" "host_add" (func $host_add (param i64 i64) (result i64)))
  (func (export "loop") (param $n i64) (result i64) (local $i i64) (local $sum i64)
    (loop $again
      (local.set $sum (call $host_add (local.get $sum) (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $again (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $sum))))";

/// A library of the host answers each call with a message; the state has a thousand keys.
void import_by_handler(benchmark::State& state) {
  using handler = import_handler<default_message_policy>;
  using answer = import_answer<default_message_policy>;
  memory_store storage;
  default_device device(storage);
  message base = message::map();
  for (int i = 0; i < 1'000; ++i) {
    if (!succeeded(state, base.set("key-" + std::to_string(i), message(i)))) return;
  }
  base = start(state, device, loop_module, std::move(base));
  if (base.is_null()) return;
  const handler host_add([](import_call<default_message_policy>& call) {
    const auto arg = [&](std::size_t i) { return call.args.elements()[i].as_integer().as_int64(); };
    vector<message> results;
    results.push_back(message(arg(0) + arg(1)));
    return result<answer>(answer{message::list(std::move(results)), std::move(call.state)});
  });
  if (!succeeded(state, base.set_private("stdlib/env/host_add", message(host_object::make(host_add))))) return;

  vector<message> parameters;
  parameters.push_back(message(calls));
  const message request = request_for("loop", std::move(parameters));
  for (auto _ : state) {
    base = value_or_skip(state, device.compute(std::move(base), request));
    if (base.is_null()) return;
    if (first_result(base) != calls / 2 * (calls - 1)) return state.SkipWithError("wrong sum");
  }
  using counter = benchmark::Counter;
  state.counters["per_call"] = counter(calls, counter::kIsIterationInvariantRate | counter::kInvert);
}
BENCHMARK(import_by_handler)->Name("device/import/handler");

}  // namespace
}  // namespace wasm64::bench
