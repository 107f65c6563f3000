#include <cstdlib>

#include "bench/support/fixture.hpp"
#include "bench/support/stub_imports.hpp"
#include "bench/support/synthetic.hpp"

namespace wasm64::bench {
namespace {

struct subject {
  std::string name;
  byte_vector (*bytes)();
};

byte_vector ledger() { return read_source("examples/process/ledger.wasm"); }
byte_vector synthetic() { return synthetic_module::make(std::size_t{4} << 20); }
byte_vector given() { return read_file(std::getenv("WASM64_BENCH_MODULE")); }

void report_bytes(benchmark::State& state, const byte_vector& wasm) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(wasm.size()));
  state.counters["module_bytes"] = static_cast<double>(wasm.size());
}

void decode_only(benchmark::State& state, const byte_vector& wasm) {
  for (auto _ : state) {
    auto decoded = decode(view_of(wasm), feature_set());
    if (!succeeded(state, decoded)) return;
    benchmark::DoNotOptimize(decoded);
  }
  report_bytes(state, wasm);
}

void decode_and_validate(benchmark::State& state, const byte_vector& wasm) {
  for (auto _ : state) {
    auto compiled = compile(view_of(wasm));
    if (!succeeded(state, compiled)) return;
    benchmark::DoNotOptimize(compiled);
  }
  report_bytes(state, wasm);
}

/// A store has one copy of a module's code, so that lowering again takes another store.
void lower(benchmark::State& state, const byte_vector& wasm) {
  const auto compiled = compile(view_of(wasm));
  if (!succeeded(state, compiled)) return;
  for (auto _ : state) {
    store<> engine;
    const auto imports = stub_imports(engine, *compiled.value());
    if (!succeeded(state, imports)) return;
    const auto made = engine.instantiate(compiled.value(), imports.value());
    if (!succeeded(state, made)) return;
    const double start = cpu_seconds();
    if (!succeeded(state, engine.lower_all(*made.value()))) return;
    state.SetIterationTime(cpu_seconds() - start);
  }
  report_bytes(state, wasm);
}

/// A store and an instance, from a module that is there already.
void instantiate(benchmark::State& state, const byte_vector& wasm) {
  const auto compiled = compile(view_of(wasm));
  if (!succeeded(state, compiled)) return;
  for (auto _ : state) {
    store<> engine;
    const auto imports = stub_imports(engine, *compiled.value());
    if (!succeeded(state, imports)) return;
    auto made = engine.instantiate(compiled.value(), imports.value());
    if (!succeeded(state, made)) return;
    benchmark::DoNotOptimize(made);
  }
}

const bool registered = [] {
  vector<subject> subjects{{"ledger", ledger}, {"synthetic", synthetic}};
  if (std::getenv("WASM64_BENCH_MODULE") != nullptr) subjects.push_back({"given", given});
  for (const subject& s : subjects) {
    const auto add = [&s](const char* phase, void (*measure)(benchmark::State&, const byte_vector&)) {
      return benchmark::RegisterBenchmark(
          ("load/" + std::string(phase) + "/" + s.name).c_str(),
          [bytes = s.bytes, measure](benchmark::State& state) { measure(state, bytes()); });
    };
    add("decode", decode_only);
    add("decode_validate", decode_and_validate);
    add("lower", lower)->UseManualTime();
    add("instantiate", instantiate);
  }
  return true;
}();

}  // namespace
}  // namespace wasm64::bench
