#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include "wasm64/aot/support.hpp"
#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// What a function may take to be compiled; beyond that it is interpreted. Compilers' time grows faster than the text.
struct translation_limits {
  std::uint64_t operations = 50'000;              ///< instructions; 0 for no limit
  std::uint64_t work = std::uint64_t{1} << 24;  ///< values looked at while translating
  std::size_t marks = std::size_t{1} << 22;     ///< labels times float locals that are kept track of
};

namespace detail {

/// Whether the collector has to know of the function's activations.
inline bool holds_references(const module& m, const func_def& f) noexcept {
  bool holds = f.facts.max_refs != 0;
  for (const val_type param : m.types[f.type].func.params) holds = holds || param.is_ref();
  for (const local_run& run : f.locals) holds = holds || run.type.is_ref();
  return holds;
}

/// Runs the translator without an emitter until it knows what it needs. False where that takes too much.
inline result<bool> make_plan(translation& t, std::uint32_t function, const translation_limits& limits) {
  function_plan& plan = t.plans[function - t.source->imported_funcs];
  null_emitter nothing;
  translator<null_emitter> sink(t, nothing);
  function_validator<translator<null_emitter>> validator(*t.source);
  constexpr int most_runs = 8;
  for (int run = 0;; ++run) {
    if (run == most_runs) plan.is_eager = true;
    if (run == 8 * most_runs) return false;
    sink.start(function, plan, nullptr);
    WASM64_CHECK(validator.run(function - t.source->imported_funcs, sink));
    if (sink.marks() > limits.marks && !plan.is_eager) {
      plan.is_eager = true;
    } else {
      if (sink.work() > limits.work) return false;
      if (sink.plan_changed()) continue;
      plan.find_reserves(t.reserve);
      plan.size = nothing.size();
      plan.size.loops = sink.loops();
      return true;
    }
  }
}

}  // namespace detail

/// Decides which of the functions can be compiled (all defined ones, if the list is empty; indices of the module's
/// functions) and makes their plans. `e` says what it can do. Fails only for a module that is not valid.
template <code_emitter E>
result<void> plan_functions(translation& t, const E& e, std::span<const std::uint32_t> functions,
                            const translation_limits& limits = {}) {
  const module& m = *t.source;
  t.plans.clear();
  t.plans.resize(m.funcs.size());
  t.layouts.clear();
  for (std::uint32_t id = 0; id < m.canonical_types.size(); ++id) {
    t.layouts.push_back(object::lay_out(m.canonical_types.type(id), id));
  }
  loop_scan loops;
  const auto scan = [&](std::uint32_t defined) -> result<void> {
    const func_def& f = m.funcs[defined];
    if (!frame_fits(m, f)) return success();
    support_scan<E> sink(e);
    WASM64_CHECK(validate_function(m, defined, sink));
    const bool fits = limits.operations == 0 || sink.operations() <= limits.operations;
    function_plan& plan = t.plans[defined];
    plan.holds_references = detail::holds_references(m, f);
    plan.is_compiled = sink.is_supported() && fits;
    // References are where the interpreter has them, of which there is one place.
    constexpr std::uint64_t most_operations = 1u << 13;
    if (!plan.is_compiled || plan.holds_references || sink.operations() > most_operations) return success();
    WASM64_CHECK(validate_function(m, defined, loops));
    plan.loops = loops.loops;
    plan.covered = loops.covered;
    return success();
  };
  if (functions.empty()) {
    for (std::uint32_t i = 0; i < m.funcs.size(); ++i) WASM64_CHECK(scan(i));
  }
  for (const std::uint32_t function : functions) {
    if (function < m.imported_funcs || function - m.imported_funcs >= m.funcs.size()) continue;
    WASM64_CHECK(scan(function - m.imported_funcs));
  }
  t.type_charges.assign(m.canonical_types.size(), 0);
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (!t.plans[i].is_compiled) continue;
    std::uint64_t& charge = t.type_charges[m.type_ids[m.funcs[i].type]];
    charge = std::max(charge, activation_charge(m, m.funcs[i]));
  }
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (!t.plans[i].is_compiled) continue;
    WASM64_TRY(const bool fits, detail::make_plan(t, m.imported_funcs + i, limits));
    t.plans[i].is_compiled = fits;
  }
  // The interpreter makes tail calls to imports. What the module defines calls each other as often as it likes, so
  // there a callee has to be compiled as well.
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
      function_plan& plan = t.plans[i];
      if (!plan.is_compiled) continue;
      const signature own = signature_of(m.types[m.funcs[i].type].func);
      const auto takes = [&](const func_type& type) { return e.can_tail_call(own, signature_of(type)); };
      const bool can_call =
          std::all_of(plan.tail_callees.begin(), plan.tail_callees.end(),
                      [&](std::uint32_t callee) { return t.is_compiled(callee) && takes(m.type_of_func(callee)); }) &&
          std::all_of(plan.tail_types.begin(), plan.tail_types.end(),
                      [&](std::uint32_t type) { return takes(m.types[type].func); });
      changed = changed || !can_call;
      plan.is_compiled = can_call;
    }
  }
  std::uint32_t sites = 0;
  for (function_plan& plan : t.plans) {
    if (!plan.is_compiled) continue;
    t.has_tail_calls = t.has_tail_calls || !plan.tail_callees.empty() || !plan.tail_types.empty();
    plan.first_site = sites;
    sites += plan.sites;
  }
  t.sites.clear();
  t.sites.resize(sites);
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    const function_plan& plan = t.plans[i];
    // More are planned than needed; those that stay as they are belong to the function nevertheless.
    for (std::uint32_t s = 0; plan.is_compiled && s < plan.sites; ++s) {
      t.sites[plan.first_site + s].function = m.imported_funcs + i;
      t.sites[plan.first_site + s].offset = m.funcs[i].entry;
    }
  }
  return success();
}

/// Translates functions that have plans, one at a time; several may do so at once, each with an emitter of its own.
template <code_emitter E>
class function_translation {
 public:
  function_translation(translation& t, E& e) : t_(t), e_(e), sink_(t, e), validator_(*t.source) {
    // The module is not owned: it outlives this.
    code_.source = std::shared_ptr<const module>(std::shared_ptr<const module>(), t.source);
    code_.metered = t.metered;
    code_.type_ids = t.source->type_ids;
    code_.layouts = &t.layouts;
    handlers_.resize(handler_count * handler_entries);
    prepare(code_, handlers_.data());
  }

  /// Writes the function's body and entry. False where it is left to the interpreter after all; then there is a body
  /// that enters it, because others may call that.
  result<bool> run(std::uint32_t function) {
    const std::uint32_t defined = function - t_.source->imported_funcs;
    function_map map;
    map.code = code_.funcs[defined];
    WASM64_CHECK(lower_function(handlers_.data(), code_, map.code, &map.map));
    map.temporaries = static_cast<std::int32_t>(map.code.zeroed);
    if (t_.plans[defined].holds_references) {
      map.cells = map.map.positions;
      std::sort(map.cells.begin(), map.cells.end(), [](const code_position& a, const code_position& b) {
        return a.offset != b.offset ? a.offset < b.offset : a.word < b.word;
      });
    }
    map.live = local_liveness(*t_.source, defined);
    sink_.start(function, t_.plans[defined], &map);
    WASM64_CHECK(validator_.run(defined, sink_));
    if (!sink_.succeeded()) {
      e_.abandon();
      sink_.write_detour(function);
      return false;
    }
    sink_.write_entry(function);
    return true;
  }

 private:
  translation& t_;
  E& e_;
  translator<E> sink_;
  function_validator<translator<E>> validator_;
  module_code code_;
  wasm64::vector<word> handlers_;
};

}  // namespace wasm64::aot
