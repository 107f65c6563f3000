#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "wasm64/lower/atomics.hpp"
#include "wasm64/lower/map.hpp"
#include "wasm64/lower/vectors.hpp"
#include "wasm64/valid/stacks.hpp"

namespace wasm64 {

/// Labels and the branches to them: where values have to be, comparisons that become branches, returning.
class label_lowering : public atomic_lowering {
 public:
  using atomic_lowering::atomic_lowering;

  /// Also fills a map. Types are as the validator knows them.
  void record(code_map& map, const validation_stacks& types) noexcept {
    map.positions.clear();
    map.points.clear();
    map.tail_calls.clear();
    record_positions(&map.positions);
    if (!map.with_points) return;
    map_ = &map;
    types_ = &types;
  }

  // Branches.

  void on_br(std::uint32_t depth) {
    control& to = target(depth);
    if (to.is_function) return on_return();
    place_values(to, label_types(to));
    jump(to);
    set_leader(new_leader());
  }

  void on_br_if(std::uint32_t depth) {
    const operand condition = pop();
    branch_if(take_test(condition), depth);
    point();
  }

  void on_br_table(std::span<const std::uint32_t> depths) {
    operand index = pop();
    see_through_wrap(index);
    const std::int32_t slot = in_slot(index);
    const std::span<const val_type> types = label_types(target(depths.back()));
    settle_top(types.size());
    const kind k = in_accumulator(index) ? kind::accumulator : kind::slot;
    emit(ir::br_table, {k, kind::slot}, 0, slot, static_cast<std::uint32_t>(depths.size() - 1));
    const heights from = height() - heights_of(types);
    small_vector<std::uint32_t, 8> stubs;  // depths whose values have to move: they go through code behind the table
    ++table_count_;
    for (const std::uint32_t depth : depths) {
      control& to = target(depth);
      if (!to.is_function && (types.empty() || from == to.base)) {
        to.used = true;
        emitter::target(to.label);
        fuel(to.leader, no_leader);
        first_handler(to.label);
        continue;
      }
      if (to.stub_table != table_count_) {
        to.stub_table = table_count_;
        to.stub_label = new_label();
        stubs.push_back(depth);
      }
      emitter::target(to.stub_label);
      fuel(no_leader, no_leader);
      first_handler(to.stub_label);
    }
    for (const std::uint32_t depth : stubs) {
      control& to = target(depth);
      bind(to.stub_label);
      if (to.is_function) {
        emit_return();
      } else {
        copy_values(to, types);
        jump(to);
      }
    }
    set_leader(new_leader());
  }

  void on_return() {
    emit_return();
    set_leader(new_leader());
  }
  void on_unreachable() {
    emit(ir::trap_unreachable, {}, 0, 0, 0);
    set_leader(new_leader());
  }

 protected:
  struct control {
    op kind = op::block;
    bool reachable = true;
    bool is_function = false;
    bool used = false;  ///< a branch, or a body that ends before another begins, continues after its end
    bool has_else = false;
    bool in_catch = false;
    label_id label = 0;  ///< of a loop its head, of everything else its end
    leader_id leader = 0;
    label_id else_label = 0;
    leader_id else_leader = 0;
    heights base;             ///< heights below the parameters
    std::uint32_t entries = 0;  ///< stack entries below the parameters
    std::span<const val_type> params;   ///< of the module, as `results`
    std::span<const val_type> results;
    std::int32_t region = -1;        ///< of a try: its protected range
    std::int32_t outer_region = -1;  ///< the innermost range around it
    std::int32_t exception = 0;      ///< in a catch body: the slot of the caught exception
    std::uint32_t stub_table = 0;    ///< the latest br_table that reaches this label through a stub
    label_id stub_label = 0;
  };

  /// A branch condition: a comparison taken back from the code, or a value to compare with zero.
  struct test {
    ir comparison;
    kind_pair kinds;
    std::int32_t a = 0;
    std::uint32_t imm = 0;
    word wide = 0;
    bool is_wide = false;
    producer loaded = {};  ///< the cell of operand a, when it is the one before and nobody else needs it
  };

  control& target(std::uint32_t depth) noexcept { return controls_[controls_.size() - 1 - depth]; }
  static std::span<const val_type> label_types(const control& c) noexcept {
    return c.kind == op::loop ? c.params : c.results;
  }

  /// Begins a body, or the code behind the block, with the stack as it was below the block's parameters.
  void restart(const control& block, leader_id leader) {
    reset(block.entries, block.base);
    forget_accumulators();
    forget_producer();
    set_leader(leader);
  }
  void push_results(const control& block) {
    for (const val_type type : block.results) push(type.code);
  }

  /// The fall-through edge into a leader pays in a cell of its own; branches to it pay in theirs and enter behind it.
  void fall_into(leader_id leader) {
    if (!metered()) return;
    emit(ir::charge, {}, 0, 0, 0);
    fuel(leader, no_leader);
  }

  void jump(control& to) {
    to.used = true;
    const addition added = last_addition();
    if (added_constant_last(added.d)) {
      truncate(added.at);
      emit(added.operation == ir::i32_add ? ir::i32_add_br : ir::i64_add_br, {}, added.d, added.a,
           static_cast<std::uint32_t>(added.by));
    } else {
      emit(ir::br, {}, 0, 0, 0);
    }
    emitter::target(to.label);
    fuel(to.leader, no_leader);
  }

  // Values at labels.

  bool in_place(const control& to, std::span<const val_type> types) const noexcept {
    return types.empty() || height() - heights_of(types) == to.base;
  }
  /// Moves the values on top to where the label expects them; they stay on the stack as they are. Labels are never
  /// above the values, so moving them from the bottom up overwrites nothing that is still needed.
  void copy_values(const control& to, std::span<const val_type> types) {
    heights at = to.base;
    if (types.size() > few_values) {
      settle_top(types.size());
      const heights size = heights_of(types), from = height() - size;
      move_range(number_slot(at.number), number_slot(from.number), size.number);
      move_range(ref_slot(at.refs), ref_slot(from.refs), size.refs);
      return reach({at.number + size.number, at.refs + size.refs});
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
      const operand& value = from_top(types.size() - 1 - i);
      move_to(take_home(value.type, at), value);
    }
    reach(at);
  }
  /// The same where the values are not needed afterwards: the last result goes there directly.
  void place_values(const control& to, std::span<const val_type> types) {
    if (types.size() == 1 && produced_last(from_top(0))) {
      heights at = to.base;
      set_destination(last().at, take_home(from_top(0).type, at));
      reach(at);
      forget_producer();
      return;
    }
    copy_values(to, types);
  }

  /// Results go where the arguments were. Several results are gathered first: one may still be an argument.
  void emit_return() {
    const vector<val_type>& results = type_->results;
    const std::int32_t first = -frame::header - area();
    if (results.size() == 1 && results[0].slots() == 1) {
      operand& value = from_top(0);
      if (value.where == operand::place::displaced) settle(value);
      if (value.where == operand::place::constant && value.bits < 0x80000000u) {
        emit_wide(ir::ret1, {kind::immediate, kind::slot}, first, 0, static_cast<std::uint32_t>(value.bits), charge_);
      } else {
        const bool held = class_of(value.type) == value_class::integer && in_accumulator(value);
        const std::int32_t slot = in_slot(value);
        emit_wide(ir::ret1, {held ? kind::accumulator : kind::slot, kind::slot}, first, slot, 0, charge_);
      }
      return;
    }
    settle_top(results.size());
    if (results.size() > few_values) {
      gather(first, height() - heights_of({results.data(), results.size()}), results);
      emit_wide(ir::ret, {}, 0, 0, 0, charge_);
      return;
    }
    std::int32_t to = first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      move_to(to, from_top(results.size() - 1 - i));
      to += static_cast<std::int32_t>(results[i].slots());
    }
    emit_wide(ir::ret, {}, 0, 0, 0, charge_);
  }

  // Branches on conditions.

  /// Branches when the test holds, with the values on top. What goes on otherwise begins a leader; the caller records
  /// its point.
  void branch_if(test test_cell, std::uint32_t depth) {
    control& to = target(depth);
    const std::span<const val_type> types = label_types(to);
    const leader_id next = new_leader();
    const std::int32_t held = integer_register();
    settle_top(types.size());
    read_again(test_cell, held);
    if (!to.is_function && in_place(to, types)) {
      to.used = true;
      branch(test_cell, true, to.label, to.leader, next);
      fall_through();
    } else {
      const label_id skip = new_label();
      // The taken edge pays at the jump behind this branch; the other one enters the next block.
      branch(test_cell, false, skip, next, no_leader);
      if (to.is_function) {
        emit_return();
      } else {
        copy_values(to, types);
        jump(to);
      }
      bind(skip);
      forget_accumulators();
    }
    forget_producer();
    set_leader(next);
  }
  /// Behind a branch that did not jump registers hold what they held, unless fuel can run out there.
  void fall_through() noexcept {
    if (metered()) forget_accumulators();
  }

  test take_test(operand condition) {
    see_through_wrap(condition);
    const ir tests = produced_last(condition) ? bits_are_zero(last().operation) : ir::count_;
    const ir comparison = tests != ir::count_ ? opposite_comparison(tests) : last().operation;
    if (produced_last(condition) && branch_on(comparison, true) != ir::count_) {
      const std::uint32_t cell = last().at;
      test t{comparison, last().kinds};
      const word packed = at_word(cell + 1);
      t.a = static_cast<std::int16_t>(packed >> 16);
      t.imm = static_cast<std::uint32_t>(packed >> 32);
      t.is_wide = last().end - cell == cell_size::wide;
      if (t.is_wide) t.wide = at_word(cell + 2);
      if (before_last().end == cell && before_last().home == t.a) t.loaded = before_last();
      take_back(cell, condition);
      if (t.kinds.a == kind::accumulator && !compares_floats(t.comparison)) slot_computed(t.a, value_class::integer);
      return t;
    }
    test t{ir::i32_ne, {in_accumulator(condition) ? kind::accumulator : kind::slot, kind::immediate}};
    t.a = in_slot(condition);
    if (produced_last(condition)) t.loaded = last();
    return t;
  }

  /// Settling may have computed a displaced local in the integer register, which held this before.
  void read_again(test& t, std::int32_t held) const noexcept {
    if (!compares_floats(t.comparison) && t.kinds.a == kind::accumulator && integer_register() != held)
      t.kinds.a = kind::slot;
  }

  static constexpr bool compares_floats(ir comparison) noexcept {
    return shape_of(comparison) == shape::float_compare || (comparison >= ir::f32_eq && comparison <= ir::f32_ge);
  }

  /// Removes the comparison. What the registers held before it is still there for the branch.
  void take_back(std::uint32_t cell, const operand& condition) {
    truncate(cell);
    slot_written(condition.home);
    forget_producer();
  }

  void branch(const test& t, bool when, label_id to, leader_id taken, leader_id fall_through) {
    const ir operation = branch_on(t.comparison, when);
    const ir with_step = stepping(operation);
    const addition added = last_addition();
    const bool is_narrow = added.operation == ir::i32_add;
    const bool steps = with_step != ir::count_ && (with_step < ir::step_i64_ne) == is_narrow && added_last(t.a) &&
                       added.d == added.a && added.is_small() && t.kinds.a == kind::accumulator;
    const producer& loaded = t.loaded;
    const ir with_load = loaded.end == here() && loaded.at >= fixed() && t.kinds.a == kind::accumulator
                             ? loading(operation, loaded.operation)
                             : ir::count_;
    const word access = with_load != ir::count_ ? at_word(loaded.at + 1) : 0;
    if (steps) {
      truncate(added.at);
      emit(with_step, {added.by_kind, t.kinds.b}, added.d, added.by, t.imm);
    } else if (with_load != ir::count_ && access >> 32 <= UINT16_MAX) {
      const std::uint32_t here_in_module = std::exchange(offset, loaded.offset);  // where the access traps
      truncate(loaded.at);
      emit(with_load, {kind::slot, t.kinds.b}, static_cast<std::int32_t>(access >> 32),
           static_cast<std::int16_t>(access >> 16), t.imm);
      offset = here_in_module;
      accumulator_clobbered(value_class::integer);
    } else {
      emit(operation, t.kinds, 0, t.a, t.imm);
    }
    emitter::target(to);
    fuel(taken, fall_through);
    if (t.is_wide) append(t.wide);
  }

  // What a suspended activation holds here. `more` are the types of operands that are not on the validator's stack.

  void point(std::span<const val_type> more = {}) {
    if (WASM64_UNLIKELY(map_ != nullptr)) add_point(map_point::place::leader, more);
  }
  void call_point(const func_type& type, std::uint32_t callee, std::uint32_t cell, std::int32_t area) {
    if (WASM64_LIKELY(map_ == nullptr)) return;
    map_point* const p = add_point(map_point::place::call, {});
    if (p == nullptr) return;
    p->type = &type;
    p->callee = callee;
    p->cell = cell;
    p->area = area;
  }
  void tail_call_at(std::uint32_t cell, std::int32_t area, std::int32_t slot) {
    if (WASM64_UNLIKELY(map_ != nullptr)) map_->tail_calls.push_back({{cell, offset}, area, slot});
  }
  /// In front of an instruction that may stop for want of fuel: its operands go where they can be read again.
  void instruction_point(std::span<const val_type> asked) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      operand& entry = from_top(i);
      if (entry.where == operand::place::constant || entry.where == operand::place::displaced) settle(entry);
    }
    if (WASM64_UNLIKELY(map_ != nullptr)) add_point(map_point::place::instruction, asked);
  }
  void record_locals(std::span<const val_type> locals) {
    if (map_ == nullptr) return;
    map_->local_types.assign(locals.begin(), locals.end());
    map_->local_slots.clear();
    for (std::uint32_t i = 0; i < locals.size(); ++i) map_->local_slots.push_back(local_slot(i));
  }

  /// Set when the function begins.
  const func_type* type_ = nullptr;
  std::uint64_t charge_ = 0;
  small_vector<control, 16> controls_;

 private:
  /// Null where nobody wants this one.
  [[gnu::noinline, gnu::cold]] map_point* add_point(map_point::place kind, std::span<const val_type> more) {
    vector<map_point>& points = map_->points;
    if (kind == map_point::place::instruction && !points.empty() && points.back().at.word == here() &&
        points.back().kind == map_point::place::leader) {
      points.back().superseded = true;
    }
    const std::span<const operand> stack = entries();
    const code_position at{here(), offset};
    if (map_->filter != nullptr && !map_->filter->takes(at, stack.size())) return nullptr;
    map_point& p = points.emplace_back();
    p.at = at;
    p.kind = kind;
    p.stack.reserve(stack.size());
    const std::span<const val_type> types = types_->operands();
    for (std::size_t i = 0; i < stack.size(); ++i) {
      const operand& entry = stack[i];
      const val_type type = i < types.size() ? types[i] : more[i - types.size()];
      p.stack.push_back({entry.where, type, entry.slot, entry.local, entry.bits});
    }
    for (const control& block : controls_) {
      if (block.reachable && block.in_catch) p.caught.push_back(block.exception);
    }
    types_->inits.each_unset([&p](std::uint32_t local) { p.unset.push_back(local); });
    return &p;
  }

  std::uint32_t table_count_ = 0;
  code_map* map_ = nullptr;
  const validation_stacks* types_ = nullptr;
};

}  // namespace wasm64
