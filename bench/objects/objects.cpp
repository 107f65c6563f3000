#include "bench/objects/native.hpp"
#include "bench/support/fixture.hpp"

// Structures and arrays on the collected heap against malloc and free.

namespace wasm64::bench {
namespace {

struct workload {
  const char* name;
  std::int64_t (*native)(std::int32_t n);
  std::int32_t n;  ///< for about 10 ms of native code
};
constexpr workload workloads[] = {
    {"trees", native_trees, 14}, {"list", native_list, 30}, {"map", native_map, 120}, {"sort", native_sort, 100}};

/// As in bench/execute: both in turn, so that the ratio compares times of the same seconds.
template <class Config>
void interpreted(benchmark::State& state, const workload& w) {
  const auto source = read_source(std::string("bench/objects/") + w.name + ".wat");
  fixture<Config> f(state, std::string_view(reinterpret_cast<const char*>(source.data()), source.size()));
  if (!f.ready()) return;
  const func_instance& run = f.exported("run");
  double seconds = 0, native_seconds = 0;
  for (auto _ : state) {
    const double start = cpu_seconds();
    const std::int64_t expected = w.native(w.n);
    const double between = cpu_seconds();
    const auto checksum = f.engine().template call<std::int64_t>(run, w.n);
    const double spent = cpu_seconds() - between;
    if (!succeeded(state, checksum)) return;
    if (checksum.value() != expected) return state.SkipWithError("wrong checksum");
    state.SetIterationTime(spent);
    seconds += spent;
    native_seconds += between - start;
  }
  state.counters["x_native"] = seconds / native_seconds;
}

const bool registered = [] {
  for (const workload& w : workloads) {
    const auto add = [&w](const char* kind, auto measure) {
      benchmark::RegisterBenchmark(("objects/" + std::string(w.name) + "/" + kind).c_str(), measure)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    };
    add("wasm64", [&w](benchmark::State& s) { interpreted<engine_config>(s, w); });
    add("wasm64_metered", [&w](benchmark::State& s) { interpreted<metered_engine_config>(s, w); });
  }
  return true;
}();

}  // namespace
}  // namespace wasm64::bench
