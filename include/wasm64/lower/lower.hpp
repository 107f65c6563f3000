#pragma once

#include "wasm64/lower/lowering.hpp"
#include "wasm64/valid/function.hpp"

namespace wasm64 {

/// Lowers a defined function of a valid module into `out`. With `map` it also records where everything comes from; the
/// words are the same either way. Fails only with `errc::implementation_limit`, for frames of more slots than a cell
/// can address.
inline result<void> lower_function(const word* handlers, module_code& code, func_code& out, code_map* map = nullptr) {
  const module& m = *code.source;
  const std::uint32_t defined = out.index - m.imported_funcs;
  // References have a slot range of their own in front of the temporaries, whose size is known at the end; most
  // functions hold none, so the first attempt assumes that.
  for (std::int32_t capacity = 0;;) {
    lowering sink(m, handlers, code, out.charge, capacity);
    function_validator<lowering> validator(m);
    if (map != nullptr) sink.record(*map, validator.stacks());
    sink.offset = m.funcs[defined].entry;
    WASM64_CHECK(validator.run(defined, sink));
    if (!sink.fits()) return fail(errc::implementation_limit, m.funcs[defined].body.offset, "frame size");
    if (sink.max_refs() > capacity) {
      capacity = sink.max_refs();
      continue;
    }
    sink.take(out);
    return success();
  }
}

/// What an activation of this function costs of the call budget: one frame, and parameters + locals + maximum operand
/// height in values.
inline std::uint64_t activation_charge(const module& m, const func_def& f) noexcept {
  std::uint64_t values = f.facts.max_height + static_cast<std::uint64_t>(slot_count(m.types[f.type].func.params));
  for (const local_run& run : f.locals) values += std::uint64_t{run.count} * run.type.slots();
  return call_budget::pack(1, static_cast<std::uint32_t>(values));
}

/// Whether every slot of the function's frame has a number that fits a cell. The bound is that of the widest layout:
/// locals, references, operands, and the staging of a call (lower/operands.hpp).
inline bool frame_fits(const module& m, const func_def& f) noexcept {
  const auto values = static_cast<std::uint32_t>(activation_charge(m, f));
  const auto results = static_cast<std::uint64_t>(slot_count(m.types[f.type].func.results));
  return values + 2 * std::uint64_t{f.facts.max_height} + results + 2 * frame::header <= frame::max_slot;
}

/// Prepares the code of a module: every function's entry is `unlowered` until its first call.
inline void prepare(module_code& code, const word* unlowered) {
  const module& m = *code.source;
  code.funcs.resize(m.funcs.size());
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    func_code& f = code.funcs[i];
    const func_type& type = m.types[m.funcs[i].type].func;
    f.index = m.imported_funcs + i;
    f.entry = f.body = unlowered;
    f.owner = &code;
    f.charge = activation_charge(m, m.funcs[i]);
    f.area = std::max(slot_count(type.params), slot_count(type.results));
    std::int32_t slot = -frame::header - f.area;
    for (const val_type param : type.params) {
      if (param.is_ref()) f.ref_params.push_back(slot);
      slot += static_cast<std::int32_t>(param.slots());
    }
  }
}

}  // namespace wasm64
