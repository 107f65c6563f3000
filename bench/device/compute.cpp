#include "bench/device/process.hpp"

namespace wasm64::bench {
namespace {

constexpr std::string_view counter_module = R"((module
  (global $sum (mut i64) (i64.const 0))
  (func (export "add") (param i64) (result i64)
    (global.set $sum (i64.add (global.get $sum) (local.get 0)))
    (global.get $sum))))";

message state_of(std::int64_t keys) {
  vector<std::pair<std::string, message>> entries;
  for (std::int64_t i = 0; i < keys; ++i) entries.push_back({"key-" + std::to_string(i), message(i)});
  return message::map(std::move(entries));
}

void compute(benchmark::State& state, message base, bool keep_previous) {
  memory_store storage;
  default_device device(storage);
  base = start(state, device, counter_module, std::move(base));
  if (base.is_null()) return;
  vector<message> parameters;
  parameters.push_back(message(1));
  const message request = request_for("add", std::move(parameters));
  for (auto _ : state) {
    const message previous = keep_previous ? base : message();
    base = value_or_skip(state, device.compute(std::move(base), request));
    if (base.is_null()) return;
  }
  if (first_result(base) != state.iterations()) state.SkipWithError("wrong sum");
  state.SetItemsProcessed(state.iterations());
}

/// One message a turn, the answer in place: the state beside it is none of its business, however large.
void compute_in_place(benchmark::State& state) { compute(state, state_of(state.range(0)), false); }
BENCHMARK(compute_in_place)->Name("device/compute/in_place/keys")->Arg(10)->Arg(1'000)->Arg(100'000);

/// The same while somebody keeps the message before, as a history does. The keys are one level down; those beside
/// `results` are copied.
void compute_with_history(benchmark::State& state) {
  message base = message::map();
  if (!succeeded(state, base.set("state", state_of(state.range(0))))) return;
  compute(state, std::move(base), true);
}
BENCHMARK(compute_with_history)->Name("device/compute/history/keys")->Arg(10)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace wasm64::bench
