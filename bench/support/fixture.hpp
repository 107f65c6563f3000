#pragma once

#include <benchmark/benchmark.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include "wasm64/base/messages.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace wasm64::bench {

/// False for a failure, which then stands in the benchmark's row in place of a time.
template <class T>
bool succeeded(benchmark::State& state, const result<T>& outcome) {
  if (outcome.has_value()) return true;
  state.SkipWithError(to_string(outcome.error()).c_str());
  return false;
}

/// A file of the source tree; empty when there is none, which no module is.
inline byte_vector read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return byte_vector(bytes.begin(), bytes.end());
}
inline byte_vector read_source(const std::string& path) { return read_file(WASM64_BENCH_ROOT "/" + path); }

/// CPU time of this process in seconds: on a machine shared with others it says more than the time of day.
inline double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// An instance in a store of its own, or a skipped benchmark.
template <class Config = engine_config>
class fixture {
 public:
  fixture(benchmark::State& state, bytes_view wasm, const linker& imports = {}) {
    auto module = compile(wasm);
    if (!succeeded(state, module)) return;
    auto made = store_.instantiate(std::move(module).value(), imports);
    if (succeeded(state, made)) instance_ = made.value();
  }
  fixture(benchmark::State& state, std::string_view text) {
    const auto wasm = text::parse_module(text);
    if (!succeeded(state, wasm)) return;
    auto module = compile(view_of(wasm.value()));
    if (!succeeded(state, module)) return;
    auto made = store_.instantiate(std::move(module).value());
    if (succeeded(state, made)) instance_ = made.value();
  }

  bool ready() const { return instance_ != nullptr; }
  store<Config>& engine() { return store_; }
  const func_instance& exported(std::string_view name) const { return *instance_->exported_func(name); }

 private:
  store<Config> store_;
  instance* instance_ = nullptr;
};

}  // namespace wasm64::bench
