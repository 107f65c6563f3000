#include <cstdlib>

#include "bench/support/fixture.hpp"
#include "bench/support/temporary_folder.hpp"
#include "wasm64/aot/open_tier.hpp"

namespace wasm64::bench {
namespace {

/// Everything between a module that is validated and a store that runs its compiled code, which is in a folder: who
/// would compile it is looked for, the module hashed, the code found, authenticated and made executable.
void load_artifact(benchmark::State& state, const byte_vector& wasm) {
  const auto compiled = compile(view_of(wasm));
  if (!succeeded(state, compiled)) return;
  const temporary_folder folder;
  aot::tier_choice choice;
  choice.cache = folder.path();
  choice.in_process = true;
  const auto made = aot::compile_artifact(choice, *compiled.value(), false);
  if (!succeeded(state, made)) return;
  choice.in_process = false;  // it is there, or nothing is
  for (auto _ : state) {
    store<> engine;
    const auto tier = aot::open_tier(choice);
    if (!succeeded(state, tier) || !succeeded(state, tier.value()->provide(engine, compiled.value()))) return;
    benchmark::DoNotOptimize(engine);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(made.value().bytes.size()));
  state.counters["artifact_bytes"] = static_cast<double>(made.value().bytes.size());
}

const bool registered = [] {
  benchmark::RegisterBenchmark("load/artifact/ledger", [](benchmark::State& state) {
    load_artifact(state, read_source("examples/process/ledger.wasm"));
  });
  if (const char* const given = std::getenv("WASM64_BENCH_MODULE")) {
    benchmark::RegisterBenchmark("load/artifact/given",
                                 [given](benchmark::State& state) { load_artifact(state, read_file(given)); });
  }
  return true;
}();

}  // namespace
}  // namespace wasm64::bench
