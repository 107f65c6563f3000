#include "bench/execute/kernels.hpp"
#include "bench/support/fixture.hpp"

/// What the kernel `host` calls when it is native code.
extern "C" std::uint32_t host_add(std::uint32_t a, std::uint32_t b) { return a + b; }

namespace wasm64::bench {
namespace {

void native(benchmark::State& state, const kernel& k) {
  expectation expected;
  if (!read_expectation(k.name, expected)) return state.SkipWithError("not in expected.txt");
  for (auto _ : state) {
    const double start = cpu_seconds();
    const std::int64_t checksum = k.native(expected.n);
    state.SetIterationTime(cpu_seconds() - start);
    if (checksum != expected.checksum) return state.SkipWithError("wrong checksum");
  }
}

/// Runs the native build between the runs of the module: the ratio `x_native` then compares times of the same seconds,
/// which a change of the machine's speed leaves alone.
template <class Config>
void interpreted(benchmark::State& state, const kernel& k, const char* target) {
  expectation expected;
  if (!read_expectation(k.name, expected)) return state.SkipWithError("not in expected.txt");
  linker imports;
  imports.func("env", "host_add", host_add);
  fixture<Config> f(state, view_of(read_source(std::string("bench/workloads/") + k.name + "." + target + ".wasm")),
                    imports);
  if (!f.ready()) return;
  const func_instance& run = f.exported("run");

  const auto small = f.engine().template call<std::int64_t>(run, expected.small_n);
  if (!succeeded(state, small)) return;
  if (small.value() != expected.small_checksum) return state.SkipWithError("wrong checksum of the small run");

  double seconds = 0, native_seconds = 0;
  for (auto _ : state) {
    const double start = cpu_seconds();
    const std::int64_t native_checksum = k.native(expected.n);
    const double between = cpu_seconds();
    const auto checksum = f.engine().template call<std::int64_t>(run, expected.n);
    const double spent = cpu_seconds() - between;
    if (!succeeded(state, checksum)) return;
    if (checksum.value() != expected.checksum) return state.SkipWithError("wrong checksum");
    if (native_checksum != expected.checksum) return state.SkipWithError("wrong checksum of the native build");
    state.SetIterationTime(spent);
    seconds += spent;
    native_seconds += between - start;
  }
  state.counters["x_native"] = seconds / native_seconds;
}

const bool registered = [] {
  const auto add = [](const char* kind, const kernel& k, auto measure) {
    benchmark::RegisterBenchmark(("execute/" + std::string(k.name) + "/" + kind).c_str(), measure)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  };
  for (const kernel& k : kernels) {
    add("native", k, [&k](benchmark::State& s) { native(s, k); });
    add("wasm64", k, [&k](benchmark::State& s) { interpreted<engine_config>(s, k, "wasm64"); });
    add("wasm64_metered", k, [&k](benchmark::State& s) { interpreted<metered_engine_config>(s, k, "wasm64"); });
    add("wasm32", k, [&k](benchmark::State& s) { interpreted<engine_config>(s, k, "wasm32"); });
    add("wasm32_metered", k, [&k](benchmark::State& s) { interpreted<metered_engine_config>(s, k, "wasm32"); });
  }
  return true;
}();

}  // namespace
}  // namespace wasm64::bench
