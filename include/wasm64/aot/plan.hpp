#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/aot/loop_plan.hpp"

namespace wasm64::aot {

/// How much there is for a compiler to do.
struct function_size {
  std::uint32_t steps = 0;      ///< operations, accesses, branches
  std::uint32_t longest = 0;    ///< steps of a block
  std::uint32_t blocks = 0;
  std::uint32_t variables = 0;
  std::uint32_t loops = 0;
};

/// What running over a function without writing code tells: everything that has to be known in advance.
struct function_plan {
  bool is_compiled = false;
  bool uses_memory = false;       ///< memory 0
  bool holds_references = false;  ///< its frame has slots that the collector looks at
  bool leaves_suspended = false;  ///< it can be left in a way that it goes on later
  bool is_eager = false;          ///< NaNs of locals become canonical at once: there are too many to keep track of
  function_size size;
  std::uint32_t sites = 0;        ///< most that it needs
  std::uint32_t first_site = 0;
  vector<std::uint32_t> costs;    ///< fuel, by number of the leader
  /// By label and float local or value of the label: some edge brings a NaN whose bits matter, so that those of
  /// arithmetic become canonical on their edges (translator.hpp).
  vector<std::uint8_t> exact;
  /// By float local, which kinds of NaN it has where the function is left.
  vector<std::uint8_t> saved;
  static constexpr std::uint8_t saved_open = 1, saved_exact = 2;
  vector<std::uint32_t> tail_callees;  ///< functions of the module
  vector<std::uint32_t> tail_types;    ///< of functions that tail calls find at run time
  /// By number of the leader: where is looked whether stack and call budget are enough for calls
  /// (translator_calls.hpp).
  vector<std::uint8_t> guards;
  std::uint64_t callee_charge = 0;  ///< most that a function called by its index takes of the call budget
  vector<loop_plan> loops;  ///< in the order of the text
  vector<std::uint32_t> covered;  ///< offsets of accesses that need no check in a loop that does not ask

  bool has_split_loops() const noexcept {
    return std::any_of(loops.begin(), loops.end(), [](const loop_plan& loop) { return loop.is_split; });
  }
  bool is_covered(std::uint32_t offset) const noexcept {
    return std::binary_search(covered.begin(), covered.end(), offset);
  }

  // Fuel. A function looks at its fuel where it begins, behind calls and at loops that have a way round without a call,
  // whether there is enough for every way from there to the next such place; where there is not, the interpreter goes
  // on. Everywhere else it only pays.

  /// Where a leader begins, or a call has come back, in the order of the text.
  struct fuel_place {
    std::uint32_t leader = none;
    bool is_check = false;
    std::uint32_t reserve = 0;  ///< what ways to the next checks cost at most, without what is paid here
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  vector<fuel_place> places;
  /// From places to later ones, by the latter; empty once the reserves are known.
  struct fuel_edge {
    std::uint32_t from;
    std::uint32_t to;
  };
  vector<fuel_edge> edges;
  vector<fuel_edge> back_edges;  ///< to the loops that they are in

  std::uint32_t cost_of(const fuel_place& p) const noexcept { return p.leader == none ? 0 : costs[p.leader]; }

  /// Finds reserves. None is more than `most`: leaders look themselves then, and with 0 all of them do.
  void find_reserves(std::uint32_t most) {
    release_loops();
    constexpr int most_runs = 8;
    for (int run = 0; !find_reserves_once(most); ++run) {
      if (run == most_runs) {
        for (const fuel_edge& e : back_edges) places[e.to].is_check = true;
      }
    }
    edges.clear();
    back_edges.clear();
  }

 private:
  /// Loops need not look where everything does that goes round. Inner ones, which come later, are decided first.
  void release_loops() {
    constexpr std::size_t most_steps = std::size_t{1} << 22;
    if (back_edges.size() * edges.size() > most_steps) return;
    const auto by_head = [](const fuel_edge& a, const fuel_edge& b) {
      return a.to != b.to ? a.to > b.to : a.from > b.from;
    };
    std::sort(back_edges.begin(), back_edges.end(), by_head);
    vector<std::uint8_t> unseen(places.size());  // on a way from the head where nothing has looked
    for (std::size_t first = 0, last = 0; first < back_edges.size(); first = last) {
      const std::uint32_t head = back_edges[first].to, end = back_edges[first].from;
      while (last < back_edges.size() && back_edges[last].to == head) ++last;
      std::fill(unseen.begin() + head, unseen.begin() + end + 1, std::uint8_t{0});
      unseen[head] = 1;
      const auto behind_head = std::upper_bound(edges.begin(), edges.end(), head,
                                                [](std::uint32_t h, const fuel_edge& e) { return h < e.to; });
      for (auto e = behind_head; e != edges.end() && e->to <= end; ++e) {
        if (e->from >= head && unseen[e->from] != 0 && !places[e->to].is_check) unseen[e->to] = 1;
      }
      places[head].is_check = std::any_of(back_edges.begin() + static_cast<std::ptrdiff_t>(first),
                                          back_edges.begin() + static_cast<std::ptrdiff_t>(last),
                                          [&](const fuel_edge& e) { return unseen[e.from] != 0; });
    }
  }

  /// Whether that was enough: what goes back reaches over places that are done already.
  bool find_reserves_once(std::uint32_t most) {
    bool is_done = true;
    std::size_t edge = edges.size();
    for (std::size_t i = places.size(); i-- > 0;) {
      fuel_place& to = places[i];
      const std::uint64_t needed = std::uint64_t{to.reserve} + cost_of(to);
      if (needed > most) to.is_check = true;
      for (; edge > 0 && edges[edge - 1].to == i; --edge) {
        std::uint32_t& reserve = places[edges[edge - 1].from].reserve;
        if (!to.is_check) reserve = std::max(reserve, static_cast<std::uint32_t>(needed));
      }
    }
    for (const fuel_edge& e : back_edges) {
      const fuel_place& to = places[e.to];
      std::uint32_t& reserve = places[e.from].reserve;
      if (to.is_check || reserve >= to.reserve + cost_of(to)) continue;
      reserve = to.reserve + cost_of(to);
      is_done = false;
    }
    return is_done;
  }
};

}  // namespace wasm64::aot
