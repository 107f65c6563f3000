#if __has_include(<nlohmann/json.hpp>)
#include "wasm64/device/ao.hpp"

#include "bench/device/process.hpp"

namespace wasm64::bench {
namespace {

/// Answers the same to every message and takes no memory for good, so that all of the time is the devices'.
constexpr std::string_view constant_guest = R"((module
  (memory (export "memory") i64 4)
  (global $next (mut i64) (i64.const 4096))
  (func (export "malloc") (param i64) (result i64)
    (global.get $next)
    (global.set $next (i64.add (global.get $next) (local.get 0))))
  (func (export "free") (param i64) (global.set $next (i64.const 4096)))
  (func (export "handle") (param i64 i64) (result i64) (i64.const 16))
  (data (i64.const 16) "{\22ok\22:true,\22response\22:{\22Output\22:{\22data\22:\22done\22},\22Messages\22:[]}}\00")))";

message texts(std::initializer_list<std::string_view> list) {
  vector<message> elements;
  for (const std::string_view text : list) elements.push_back(message(text));
  return message::list(std::move(elements));
}

message map(std::initializer_list<std::pair<std::string, message>> entries) {
  return message::map(vector<std::pair<std::string, message>>(entries.begin(), entries.end()));
}

/// One message through the stack that AO processes have: both passes over its four devices.
void round_trip(benchmark::State& state, const byte_vector& image) {
  memory_store storage;
  ao_device<> device(storage);
  message base =
      map({{"device", "stack@1.0"},
           {"device-stack", texts({"WASI@1.0", "JSON-Iface@1.0", "WASM-64@1.0", "Multipass@1.0"})},
           {"stack-keys", texts({"init", "compute", "snapshot", "normalize"})},
           {"input-prefix", "process"},
           {"output-prefix", "wasm"},
           {"passes", 2},
           {"process", map({{"image", message(view_of(image))}, {"name", "bench"}, {"owner", "somebody"}})}});
  const message request = map({{"timestamp", 1'700'000'000'000},
                               {"block-height", 1},
                               {"slot", 1},
                               {"body", map({{"action", "Balance"}, {"target", "somebody"}, {"data", ""}})}});
  const auto run = [&](std::string_view key) {
    auto answer = device.call("stack@1.0", key, std::move(base), request);
    if (!succeeded(state, answer)) return false;
    base = std::move(answer.value().message);
    if (answer.value().status == device_status::ok) return true;
    state.SkipWithError(
        std::string(base.get("info").as_text()).append(base.get("info/results/reason").as_text()).c_str());
    return false;
  };
  if (!run("init")) return;
  for (auto _ : state) {
    if (!run("compute")) return;
    if (base.get("results/data").is_null()) return state.SkipWithError("no answer");
  }
  state.SetItemsProcessed(state.iterations());
}

void constant(benchmark::State& state) {
  const auto image = text::parse_module(constant_guest);
  if (succeeded(state, image)) round_trip(state, image.value());
}
BENCHMARK(constant)->Name("device/ao/constant");

/// The guest of examples/process, which is written in C.
void ledger(benchmark::State& state) { round_trip(state, read_source("examples/process/ledger.wasm")); }
BENCHMARK(ledger)->Name("device/ao/ledger");

}  // namespace
}  // namespace wasm64::bench
#endif
