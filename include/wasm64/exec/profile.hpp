#pragma once

#include "wasm64/lower/ops.hpp"

/// What runs, for those who tune it: a build with `WASM64_PROFILE` defined counts the handlers that are executed and
/// the pairs that follow each other, and prints the most frequent ones to standard error when the process ends. Counts
/// are of all stores and threads together. Such a build is several times slower.
#if defined(WASM64_PROFILE)
#include <algorithm>
#include <cstdio>
#include <vector>

namespace wasm64::exec {

class dispatch_profile {
 public:
  void count(std::size_t id) noexcept {
    ++handlers_[id];
    ++pairs_[last_ * handler_count + id];
    last_ = id;
  }
  ~dispatch_profile() { print(); }

 private:
  struct row {
    std::uint64_t count;
    std::size_t index;
  };

  static const char* name_of(ir o) noexcept {
    static constexpr const char* names[] = {
#define WASM64_IR_OP(name, s) #name,
#define WASM64_IR_BRANCH(name, s) "br_" #name,
#define WASM64_IR_UNLESS(name, s) "unless_" #name,
#define WASM64_IR_SUM(name, s) "sum32_" #name, "sum64_" #name,
#define WASM64_IR_TEST(name) #name, "br_" #name,
#define WASM64_IR_STEP(name) "step_" #name,
#define WASM64_IR_OWN(name, s) #name,
#define WASM64_IR_PAIR(x, kx, y, ky) #x "." #kx "+" #y "." #ky,
#define WASM64_IR_CHAIN(x, kx, y, ky) #x "." #kx ">" #y "." #ky,
#include "wasm64/lower/ops.def"
    };
    return names[static_cast<std::size_t>(o)];
  }
  static void print_handler(std::size_t id) {
    const handler_key key = key_of_handler(id);
    std::fprintf(stderr, " %s.%c%c", name_of(key.operation), letter(key.kinds.a), letter(key.kinds.b));
  }
  static char letter(kind k) noexcept { return "sait"[static_cast<std::size_t>(k)]; }

  template <class Counts, class Print>
  static void print_most(const Counts& counts, std::uint64_t total, std::size_t rows, const Print& print) {
    std::vector<row> all;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != 0) all.push_back({counts[i], i});
    }
    std::sort(all.begin(), all.end(), [](const row& a, const row& b) { return a.count > b.count; });
    for (std::size_t i = 0; i < std::min(rows, all.size()); ++i) {
      const double share = 100.0 * static_cast<double>(all[i].count) / static_cast<double>(total);
      std::fprintf(stderr, "%14llu %5.1f %%", static_cast<unsigned long long>(all[i].count), share);
      print(all[i].index);
      std::fputc('\n', stderr);
    }
  }
  void print() const {
    constexpr std::size_t rows = 40;
    std::uint64_t total = 0;
    for (const std::uint64_t n : handlers_) total += n;
    if (total == 0) return;
    std::fprintf(stderr, "%14llu dispatches\n", static_cast<unsigned long long>(total));
    print_most(handlers_, total, rows, print_handler);
    std::fputs("pairs\n", stderr);
    print_most(pairs_, total, rows, [](std::size_t pair) {
      print_handler(pair / handler_count);
      print_handler(pair % handler_count);
    });
  }

  std::vector<std::uint64_t> handlers_ = std::vector<std::uint64_t>(handler_count);
  std::vector<std::uint64_t> pairs_ = std::vector<std::uint64_t>(handler_count * handler_count);
  std::size_t last_ = handler_id(ir::halt);
};

inline dispatch_profile profile;

}  // namespace wasm64::exec
#define WASM64_COUNT(operation, kinds) ::wasm64::exec::profile.count(handler_id(operation, kinds))
#else
#define WASM64_COUNT(operation, kinds) static_cast<void>(0)
#endif
