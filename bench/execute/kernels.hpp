#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

/// The kernels of bench/workloads; CMake compiles each with its `run` under one of these names.
#define WASM64_BENCH_KERNELS(each)                                                                                  \
  each(fib) each(sieve) each(sha256) each(matmul) each(linked) each(vm) each(simd) each(nbody) each(mandelbrot)     \
      each(mix) each(quicksort) each(hash) each(json) each(indirect) each(stream) each(bulk) each(int64) each(host) \
          each(script)

extern "C" {
#define WASM64_BENCH_DECLARE(name) std::int64_t wasm64_bench_native_##name(std::int32_t n);
WASM64_BENCH_KERNELS(WASM64_BENCH_DECLARE)
#undef WASM64_BENCH_DECLARE
}

namespace wasm64::bench {

struct kernel {
  const char* name;
  std::int64_t (*native)(std::int32_t n);
};

inline constexpr kernel kernels[] = {
#define WASM64_BENCH_ROW(name) {#name, wasm64_bench_native_##name},
    WASM64_BENCH_KERNELS(WASM64_BENCH_ROW)
#undef WASM64_BENCH_ROW
};

/// A line of expected.txt: how much work, and the checksum after it.
struct expectation {
  std::int32_t n = 0;
  std::int64_t checksum = 0;
  std::int32_t small_n = 0;
  std::int64_t small_checksum = 0;
};

/// False when expected.txt has no line for the kernel.
inline bool read_expectation(const std::string& name, expectation& e) {
  std::ifstream file(WASM64_BENCH_ROOT "/bench/workloads/expected.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    if (words >> first && first == name) return !!(words >> e.n >> e.checksum >> e.small_n >> e.small_checksum);
  }
  return false;
}

}  // namespace wasm64::bench
