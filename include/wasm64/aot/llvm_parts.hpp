#pragma once

#include <algorithm>
#include <numeric>

#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/translator.hpp"

// What LLVM is given at once. Its time and memory grow faster than some functions, so these are told apart by their
// plans, compiled alone, and in the way that takes the least time.

namespace wasm64::aot::llvm {

/// Functions that are compiled together, in the same manner.
struct part {
  vector<std::uint32_t> functions;  ///< by number among the defined ones
  vector<bool> left_out;            ///< of these: interpreted after all
  manner how = manner::normal;
  bool has_loops = false;  ///< that ask nothing (translator_loops.hpp), in all of the functions
  std::uint64_t steps = 0;
  bool is_done = false;
  byte_vector object;
  error failure{};
};

/// What a function may have. LLVM's time and memory grow with the product of blocks and variables, where values join;
/// with the square of loops times variables, of which all may be alive at once; with the square of a block, whose
/// instructions are put into another order; and with the square of conditions on one value (`conditional`), which
/// instcombine looks at for each of its uses.
struct part_limits {
  std::uint64_t conditional = 1u << 11;  ///< blocks; beyond `plain`, beyond the others `least`
  std::uint64_t steps = 1u << 16;
  std::uint64_t longest = 1u << 12;
  std::uint64_t joins = 3u << 19;
  std::uint64_t loop_values = 1u << 13;
  std::uint64_t part_steps = 1u << 14;  ///< of a part with several functions
};

inline manner manner_of(const function_size& size, const part_limits& limits) noexcept {
  const std::uint64_t joins = std::uint64_t{size.blocks} * size.variables;
  const std::uint64_t loop_values = std::uint64_t{size.loops} * size.variables;
  const bool fits = size.steps <= limits.steps && size.longest <= limits.longest && joins <= limits.joins &&
                    loop_values <= limits.loop_values;
  if (!fits) return manner::least;
  return size.blocks <= limits.conditional ? manner::normal : manner::plain;
}

/// Parts are what threads share, and are the same for any number of these.
inline vector<part> divide(const translation& t, std::span<const function_state> states, const part_limits& limits) {
  vector<part> parts;
  constexpr std::size_t none = ~std::size_t{0};
  std::size_t latest[] = {none, none};  // without such loops and with them
  for (std::uint32_t i = 0; i < t.plans.size(); ++i) {
    const function_plan& plan = t.plans[i];
    if (!plan.is_compiled) continue;
    const manner how = std::max(manner_of(plan.size, limits), i < states.size() ? states[i].at_best.load() : manner{});
    std::size_t alone = none;
    const bool has_loops = plan.has_split_loops();
    std::size_t& number = how == manner::normal ? latest[has_loops ? 1 : 0] : alone;
    if (number == none || parts[number].steps >= limits.part_steps) {
      number = parts.size();
      parts.emplace_back();
    }
    part& p = parts[number];
    p.how = how;
    p.has_loops = has_loops;
    p.functions.push_back(i);
    p.left_out.push_back(false);
    p.steps += plan.size.steps;
  }
  return parts;
}

/// The largest first, so that none is left for the end.
inline vector<std::size_t> order_of(std::span<const part> parts) {
  vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parts[a].steps != parts[b].steps ? parts[a].steps > parts[b].steps : a < b;
  });
  return order;
}

}  // namespace wasm64::aot::llvm
