#pragma once

#include <cstdint>

#include "wasm64/lower/labels.hpp"

namespace wasm64 {

/// Calls and throws: both hand values over in consecutive slots above everything else.
class call_lowering : public label_lowering {
 public:
  call_lowering(const module& m, const word* handlers, module_code& code)
      : label_lowering(m, handlers, code.metered), code_(code) {}

  void on_call(std::uint32_t func) {
    const func_type& type = module_.type_of_func(func);
    const std::int32_t delta = stage(type);
    const bool is_import = func < module_.imported_funcs;
    const std::uint32_t cell = is_import
                                   ? emit(ir::call_import, {}, delta, delta - frame::header - call_area(type), func)
                                   : emit_wide(ir::call, {}, delta, 0, 0, reinterpret_cast<word>(callee(func)));
    returned(type, delta, cell, func);
  }
  void on_call_indirect(std::uint32_t type_index, std::uint32_t table) {
    const func_type& type = module_.types[type_index].func;
    const operand index = pop();
    const std::int32_t slot = stage_index(index, type);
    const std::int32_t delta = stage(type);
    const kind k = in_accumulator(index) ? kind::accumulator : kind::slot;
    const std::uint32_t cell =
        emit_wide(ir::call_indirect, {k, kind::slot}, delta, slot, table, code_.type_ids[type_index]);
    returned(type, delta, cell);
  }
  void on_return_call(std::uint32_t func) {
    const func_type& type = module_.type_of_func(func);
    const std::int32_t delta = stage(type);
    const std::uint32_t cell = func < module_.imported_funcs ? emit(ir::return_call_import, {}, delta, area(), func)
                                                             : emit_wide(ir::return_call, {}, delta, area(), 0,
                                                                         reinterpret_cast<word>(callee(func)));
    append(static_cast<word>(slot_count(type.params)));
    tail_called(type, delta, cell, 0);
  }
  void on_return_call_indirect(std::uint32_t type_index, std::uint32_t table) {
    const func_type& type = module_.types[type_index].func;
    const operand index = pop();
    const std::int32_t slot = stage_index(index, type);
    const std::int32_t delta = stage(type);
    const std::uint32_t cell = emit_wide(ir::return_call_indirect, {}, delta, slot, table, code_.type_ids[type_index]);
    append(word{static_cast<std::uint32_t>(area())} << 32 | static_cast<std::uint32_t>(slot_count(type.params)));
    tail_called(type, delta, cell, slot);
  }

  // Exceptions.

  void on_throw(std::uint32_t tag) {
    const func_type& type = module_.types[module_.tags[tag].type].func;
    const std::int32_t delta = stage(type);
    emit(ir::throw_, {}, 0, delta - frame::header - call_area(type), tag);
    set_leader(new_leader());
  }
  void on_throw_ref() {
    const std::int32_t slot = in_slot(pop());
    emit(ir::throw_ref, {}, 0, slot, 0);
    set_leader(new_leader());
  }
  void on_rethrow(std::uint32_t depth) {
    emit(ir::throw_ref, {}, 0, target(depth).exception, 0);
    set_leader(new_leader());
  }

 protected:
  static std::int32_t call_area(const func_type& type) noexcept {
    return std::max(slot_count(type.params), slot_count(type.results));
  }
  const func_code* callee(std::uint32_t func) const noexcept { return &code_.funcs[func - module_.imported_funcs]; }

  static bool has_refs(const vector<val_type>& types) noexcept {
    for (const val_type type : types) {
      if (type.is_ref()) return true;
    }
    return false;
  }

  /// Puts the arguments on top where the callee expects them and pops them. Answers how far the callee's frame is.
  /// References come from their own range, so with them every argument may have to move up: from the last to the first.
  std::int32_t stage(const func_type& type) {
    const std::size_t count = type.params.size();
    const heights size = heights_of({type.params.data(), count}), base = height() - size;
    const std::int32_t first = number_slot(base.number);
    const std::int32_t delta = first + call_area(type) + frame::header;
    reach(delta);
    if (count > few_values && size.refs != 0) {
      settle_top(count);
      gather(first, base, type.params);
      for (std::size_t i = 0; i < count; ++i) take();
      return delta;
    }
    std::int32_t to = first + slot_count(type.params);
    for (std::size_t i = count; i-- > 0;) {
      to -= static_cast<std::int32_t>(type.params[i].slots());
      move_to(to, from_top(count - 1 - i));
    }
    for (std::size_t i = 0; i < count; ++i) take();
    return delta;
  }
  /// A call's index operand must survive the staging of arguments, which only moves when there are references.
  std::int32_t stage_index(const operand& index, const func_type& type) {
    if (!has_refs(type.params) || index.where == operand::place::local) return in_slot(index);
    const std::int32_t beyond = index.home + call_area(type) + frame::header;
    reach(beyond);
    move_to(beyond, index);
    return beyond;
  }
  void returned(const func_type& type, std::int32_t delta, std::uint32_t cell, std::uint32_t callee = map_point::none) {
    forget_accumulators();
    forget_producer();
    std::int32_t from = delta - frame::header - call_area(type);
    call_point(type, callee, cell, from);
    if (type.results.size() > few_values && has_refs(type.results)) {
      scatter(height(), from, type.results);
      for (const val_type result : type.results) push(result.code);
      return;
    }
    for (const val_type result : type.results) {
      operand& value = push(result.code);
      if (value.home != from) {
        operand staged = value;
        staged.slot = from;
        move_to(value.home, staged);
      }
      from += static_cast<std::int32_t>(result.slots());
    }
  }

  void tail_called(const func_type& type, std::int32_t delta, std::uint32_t cell, std::int32_t slot) {
    has_tail_calls_ = true;
    tail_call_at(cell, delta - frame::header - call_area(type), slot);
    set_leader(new_leader());
  }
  bool has_tail_calls() const noexcept { return has_tail_calls_; }

  module_code& code_;

 private:
  bool has_tail_calls_ = false;
};

}  // namespace wasm64
