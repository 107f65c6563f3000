#pragma once

#include <cstdint>
#include <span>

#include "wasm64/lower/map.hpp"
#include "wasm64/lower/values.hpp"

namespace wasm64 {

/// Lowers one function body, driven in lockstep by the validator (valid/sink.hpp describes the members it calls).
/// The result depends on the module's text and the configuration only: lowering again gives the same words.
class lowering : public value_lowering {
 public:
  lowering(const module& m, const word* handlers, module_code& code, std::uint64_t charge, std::int32_t ref_capacity)
      : value_lowering(m, handlers, code.metered), code_(code), ref_capacity_(ref_capacity), charge_(charge) {}

  /// Also records where cells come from (`positions`) and what the stack holds at safe points (`points`).
  void record(vector<code_position>* positions, vector<map_point>* points) noexcept {
    record_positions(positions);
    points_ = points;
  }

  void begin(const func_type& type, std::span<const val_type> locals) {
    type_ = &type;
    lay_out(type, locals, ref_capacity_);
    set_leader(new_leader());
    if (zeroed_slots() > 0 || metered()) {
      emit(ir::enter, {}, 0, 0, static_cast<std::uint32_t>(zeroed_slots()));
      fuel(current_leader(), no_leader);
    }
    point();
    control& body = open(op::nop, {}, {type.results.data(), type.results.size()}, true);
    body.is_function = true;
  }
  void at(op o, std::uint32_t where) {
    offset = where;
    add_cost(info(o).cost);
  }

  // Blocks.

  void on_block(op kind, std::span<const val_type> params, std::span<const val_type> results, bool reachable) {
    if (!reachable) return open_unreachable();
    switch (kind) {
      case op::loop: return open_loop(params, results);
      case op::if_: return open_if(params, results);
      case op::try_: {
        settle_locals();
        control& block = open(kind, params, results, true);
        open_region(block);
        regions_.back().first_catch = legacy;
        return;
      }
      default:
        settle_locals();
        open(kind, params, results, true);
    }
  }

  void on_try_table(std::span<const catch_clause> clauses, std::span<const val_type> params,
                    std::span<const val_type> results, bool reachable) {
    if (!reachable) return open_unreachable();
    settle_locals();
    const auto first = static_cast<std::uint32_t>(catches_.size());
    for (const catch_clause& clause : clauses) add_catch(clause);
    control& block = open(op::try_table, params, results, true);
    open_region(block);
    regions_[static_cast<std::size_t>(block.region)].first_catch = first;
    regions_[static_cast<std::size_t>(block.region)].catch_count = static_cast<std::uint32_t>(clauses.size());
  }

  void on_else(bool reachable) {
    control& block = controls_.back();
    if (!block.reachable) return;
    leave(block, reachable);
    block.has_else = true;
    bind(block.else_label);
    restart(block, block.else_leader);
    for (std::uint32_t i = 0; i < block.param_count; ++i) push(types_[block.first_type + i].code);
    point();
  }

  void on_catch(std::uint32_t tag, std::span<const val_type> payload, bool reachable) {
    start_catch(catch_kind::tag, tag, payload, reachable);
  }
  void on_catch_all(bool reachable) { start_catch(catch_kind::all, 0, {}, reachable); }

  void on_delegate(std::uint32_t depth, bool reachable) {
    control& block = controls_.back();
    if (block.reachable) {
      close_region(block);
      regions_[static_cast<std::size_t>(block.region)].parent = handler_region(target(depth + 1));
    }
    on_end(reachable);
  }

  void on_end(bool reachable) {
    control& block = controls_.back();
    if (!block.reachable) return close();
    if (block.is_function) {
      if (reachable) emit_return();
      finish_function();
      return;
    }
    if (block.kind == op::try_table || (block.kind == op::try_ && !block.in_catch)) close_region(block);
    const bool open_else = block.kind == op::if_ && !block.has_else;
    if (block.kind != op::loop && (block.used || open_else)) {
      if (reachable) {
        place_values(block, results_of(block));
        fall_into(block.leader);
      }
      bind(block.label);
      if (open_else) {
        bind(block.else_label);
        same_leader(block.else_leader, block.leader);
      }
      restart(block, block.leader);
      push_results(block);
      point();
    } else if (!reachable) {
      restart(block, current_leader());
      push_results(block);
    }
    close();
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
    control& to = target(depth);
    const std::span<const val_type> types = label_types(to);
    const leader_id next = new_leader();
    test test_cell = take_test(condition);
    settle_top(types.size());
    if (!to.is_function && in_place(to, types)) {
      to.used = true;
      branch(test_cell, true, to.label, to.leader, next);
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
    }
    forget_accumulators();
    forget_producer();
    set_leader(next);
    point();
  }

  void on_br_table(std::span<const std::uint32_t> depths) {
    const operand index = pop();
    const kind k = in_accumulator(index) ? kind::accumulator : kind::slot;
    const std::int32_t slot = in_slot(index);
    const std::span<const val_type> types = label_types(target(depths.back()));
    settle_top(types.size());
    emit(ir::br_table, {k, kind::slot}, 0, slot, static_cast<std::uint32_t>(depths.size() - 1));
    small_vector<std::uint32_t, 8> stubs;  // depths whose values have to move: they go through code behind the table
    ++table_count_;
    for (const std::uint32_t depth : depths) {
      control& to = target(depth);
      if (!to.is_function && in_place(to, types)) {
        to.used = true;
        emitter::target(to.label);
        fuel(to.leader, no_leader);
        continue;
      }
      if (to.stub_table != table_count_) {
        to.stub_table = table_count_;
        to.stub_label = new_label();
        stubs.push_back(depth);
      }
      emitter::target(to.stub_label);
      fuel(no_leader, no_leader);
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

  // Calls.

  void on_call(std::uint32_t func) {
    const func_type& type = module_.type_of_func(func);
    const std::int32_t delta = stage(type);
    if (func < module_.imported_funcs) emit(ir::call_import, {}, delta, 0, func);
    else emit_wide(ir::call, {}, delta, 0, 0, reinterpret_cast<word>(callee(func)));
    returned(type, delta);
  }
  void on_call_indirect(std::uint32_t type_index, std::uint32_t table) {
    const func_type& type = module_.types[type_index].func;
    const operand index = pop();
    kind k = in_accumulator(index) ? kind::accumulator : kind::slot;
    const std::int32_t slot = stage_index(index, type);
    const std::int32_t delta = stage(type);
    emit_wide(ir::call_indirect, {k, kind::slot}, delta, slot, table, type_index);
    returned(type, delta);
  }
  void on_return_call(std::uint32_t func) {
    const func_type& type = module_.type_of_func(func);
    const std::int32_t delta = stage(type);
    if (func < module_.imported_funcs) emit(ir::return_call_import, {}, delta, area(), func);
    else emit_wide(ir::return_call, {}, delta, area(), 0, reinterpret_cast<word>(callee(func)));
    append(static_cast<word>(slot_count(type.params)));
    set_leader(new_leader());
  }
  void on_return_call_indirect(std::uint32_t type_index, std::uint32_t table) {
    const func_type& type = module_.types[type_index].func;
    const operand index = pop();
    const std::int32_t slot = stage_index(index, type);
    const std::int32_t delta = stage(type);
    emit_wide(ir::return_call_indirect, {}, delta, slot, table, type_index);
    append(word{static_cast<std::uint32_t>(area())} << 32 | static_cast<std::uint32_t>(slot_count(type.params)));
    set_leader(new_leader());
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

  /// Moves the result out; call once, after the function's last `on_end`.
  void take(func_code& out) {
    out.words = finish();
    out.regions = std::move(regions_);
    out.catches = std::move(catches_);
    out.area = area();
    out.first_ref = first_ref();
    out.ref_slots = zeroed_slots() - first_ref();
  }

 private:
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
    std::uint32_t first_type = 0;  ///< parameters, then results, in `types_`
    std::uint32_t param_count = 0;
    std::uint32_t result_count = 0;
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
  };

  control& target(std::uint32_t depth) noexcept { return controls_[controls_.size() - 1 - depth]; }
  std::span<const val_type> results_of(const control& c) const noexcept {
    return {types_.data() + c.first_type + c.param_count, c.result_count};
  }
  std::span<const val_type> label_types(const control& c) const noexcept {
    if (c.kind == op::loop) return {types_.data() + c.first_type, c.param_count};
    return results_of(c);
  }

  control& open(op kind, std::span<const val_type> params, std::span<const val_type> results, bool reachable) {
    control c;
    c.kind = kind;
    c.reachable = reachable;
    c.first_type = static_cast<std::uint32_t>(types_.size());
    c.param_count = static_cast<std::uint32_t>(params.size());
    c.result_count = static_cast<std::uint32_t>(results.size());
    types_.insert(types_.end(), params.begin(), params.end());
    types_.insert(types_.end(), results.begin(), results.end());
    c.entries = static_cast<std::uint32_t>(depth() - params.size());
    c.base = height();
    for (const val_type type : params) {
      if (type.is_ref()) --c.base.refs;
      else c.base.number -= static_cast<std::int32_t>(type.slots());
    }
    c.outer_region = region_;
    c.label = new_label();
    c.leader = new_leader();
    controls_.push_back(c);
    return controls_.back();
  }
  void open_unreachable() {
    control c;
    c.reachable = false;
    c.first_type = static_cast<std::uint32_t>(types_.size());
    c.outer_region = region_;
    controls_.push_back(c);
  }
  void close() {
    const control& c = controls_.back();
    types_.resize(c.first_type);
    controls_.pop_back();
  }

  void open_loop(std::span<const val_type> params, std::span<const val_type> results) {
    settle_locals();
    settle_top(params.size());
    control& block = open(op::loop, params, results, true);
    fall_into(block.leader);
    bind(block.label);
    forget_accumulators();
    forget_producer();
    set_leader(block.leader);
    point();
  }

  void open_if(std::span<const val_type> params, std::span<const val_type> results) {
    const operand condition = pop();
    const test test_cell = take_test(condition);
    settle_locals();
    settle_top(params.size());
    control& block = open(op::if_, params, results, true);
    block.else_label = new_label();
    block.else_leader = new_leader();
    const leader_id then = new_leader();
    branch(test_cell, false, block.else_label, block.else_leader, then);
    forget_accumulators();
    forget_producer();
    set_leader(then);
    point();
  }

  /// Ends a body that another body of the same block follows.
  void leave(control& block, bool reachable) {
    if (!reachable) return;
    place_values(block, results_of(block));
    jump(block);
  }

  /// Begins a body, or the code behind the block, with the stack as it was below the block's parameters.
  void restart(const control& block, leader_id leader) {
    reset(block.entries, block.base);
    forget_accumulators();
    forget_producer();
    set_leader(leader);
  }
  void push_results(const control& block) {
    for (std::uint32_t i = 0; i < block.result_count; ++i) push(types_[block.first_type + block.param_count + i].code);
  }

  /// The fall-through edge into a leader pays in a cell of its own; branches to it pay in theirs and enter behind it.
  void fall_into(leader_id leader) {
    if (!metered()) return;
    emit(ir::charge, {}, 0, 0, 0);
    fuel(leader, no_leader);
  }

  void jump(control& to) {
    to.used = true;
    emit(ir::br, {}, 0, 0, 0);
    emitter::target(to.label);
    fuel(to.leader, no_leader);
  }

  // Values at labels.

  bool in_place(const control& to, std::span<const val_type> types) const noexcept {
    if (types.empty()) return true;
    heights at = height();
    for (const val_type type : types) {
      if (type.is_ref()) --at.refs;
      else at.number -= static_cast<std::int32_t>(type.slots());
    }
    return at == to.base;
  }
  /// Moves the values on top to where the label expects them; they stay on the stack as they are. Labels are never
  /// above the values, so moving them from the bottom up overwrites nothing that is still needed.
  void copy_values(const control& to, std::span<const val_type> types) {
    heights at = to.base;
    for (std::size_t i = 0; i < types.size(); ++i) {
      const operand& value = from_top(types.size() - 1 - i);
      move_to(take_home(value.type, at), value);
    }
    reach(at);
  }
  /// The same where the values are not needed afterwards: the last result goes there directly.
  void place_values(const control& to, std::span<const val_type> types) {
    if (types.size() == 1 && produced_last(from_top(0)) && from_top(0).type != type_code::v128) {
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
      const operand& value = from_top(0);
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
    std::int32_t to = first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      move_to(to, from_top(results.size() - 1 - i));
      to += static_cast<std::int32_t>(results[i].slots());
    }
    emit_wide(ir::ret, {}, 0, 0, 0, charge_);
  }

  // Branches on conditions.

  test take_test(const operand& condition) {
    if (produced_last(condition) && branch_on(last().operation, true) != ir::count_) {
      const std::uint32_t cell = last().at;
      test t{last().operation, last().kinds};
      const word packed = at_word(cell + 1);
      t.a = static_cast<std::int16_t>(packed >> 16);
      t.imm = static_cast<std::uint32_t>(packed >> 32);
      t.is_wide = last().end - cell == cell_size::wide;
      if (t.is_wide) t.wide = at_word(cell + 2);
      return take_back(cell, condition), t;
    }
    if (produced_last(condition) && (last().operation == ir::i32_eqz || last().operation == ir::i64_eqz)) {
      const std::uint32_t cell = last().at;
      test t{last().operation == ir::i32_eqz ? ir::i32_eq : ir::i64_eq, {last().kinds.a, kind::immediate}};
      t.a = static_cast<std::int16_t>(at_word(cell + 1) >> 16);
      return take_back(cell, condition), t;
    }
    test t{ir::i32_ne, {in_accumulator(condition) ? kind::accumulator : kind::slot, kind::immediate}};
    t.a = in_slot(condition);
    return t;
  }

  /// Removes the comparison. What the registers held before it is still there for the branch.
  void take_back(std::uint32_t cell, const operand& condition) {
    truncate(cell);
    slot_written(condition.home);
    forget_producer();
  }

  void branch(const test& t, bool when, label_id to, leader_id taken, leader_id fall_through) {
    emit(branch_on(t.comparison, when), t.kinds, 0, t.a, t.imm);
    emitter::target(to);
    fuel(taken, fall_through);
    if (t.is_wide) append(t.wide);
  }

  // Calls.

  static std::int32_t call_area(const func_type& type) noexcept {
    return std::max(slot_count(type.params), slot_count(type.results));
  }
  const func_code* callee(std::uint32_t func) const noexcept {
    return &code_.funcs[func - module_.imported_funcs];
  }

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
    heights base = height();
    for (const val_type param : type.params) {
      if (param.is_ref()) --base.refs;
      else base.number -= static_cast<std::int32_t>(param.slots());
    }
    const std::int32_t first = number_slot(base.number);
    const std::int32_t delta = first + call_area(type) + frame::header;
    reach(delta);
    std::int32_t to = first + slot_count(type.params);
    for (std::size_t i = count; i-- > 0;) {
      to -= static_cast<std::int32_t>(type.params[i].slots());
      move_to(to, from_top(count - 1 - i));
    }
    for (std::size_t i = 0; i < count; ++i) pop();
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
  void returned(const func_type& type, std::int32_t delta) {
    forget_accumulators();
    forget_producer();
    point();
    std::int32_t from = delta - frame::header - call_area(type);
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

  // Exception handlers.

  void open_region(control& block) {
    try_region region;
    region.begin = here();
    region.parent = region_;
    block.region = region_ = static_cast<std::int32_t>(regions_.size());
    regions_.push_back(region);
  }
  void close_region(const control& block) {
    regions_[static_cast<std::size_t>(block.region)].end = here();
    region_ = block.outer_region;
  }
  std::int32_t handler_region(const control& to) const noexcept {
    return to.region >= 0 && !to.in_catch ? to.region : to.outer_region;
  }

  void add_catch(const catch_clause& clause) {
    control& to = target(clause.depth);
    catch_entry entry;
    entry.kind = static_cast<catch_kind>(clause.what);
    entry.tag = clause.tag;
    // At the function's own label the payload waits in the lowest temporaries and returns from there.
    heights at = to.base;
    entry.payload = number_slot(at.number);
    entry.ref_payload = ref_slot(at.refs);
    if (clause.has_tag()) {
      for (const val_type type : module_.types[module_.tags[clause.tag].type].func.params) take_home(type.code, at);
    }
    if (clause.has_ref()) entry.exception = take_home(type_code::ref, at);
    reach(at);
    entry.handler = new_label();
    to.used = true;
    stubs_.push_back({entry.handler, to.label, to.leader, to.is_function});
    catches_.push_back(entry);
  }

  void start_catch(catch_kind kind, std::uint32_t tag, std::span<const val_type> payload, bool reachable) {
    control& block = controls_.back();
    if (!block.reachable) return;
    leave(block, reachable);
    try_region& region = regions_[static_cast<std::size_t>(block.region)];
    if (!block.in_catch) {
      close_region(block);
      block.in_catch = true;
      block.used = true;  // the catch bodies' references sit one higher, so the end always gathers the results
    }
    legacy_catches_.push_back({static_cast<std::uint32_t>(block.region), {}});
    restart(block, new_leader());
    heights at = block.base;
    block.exception = take_home(type_code::ref, at);  // kept for `rethrow`, below everything the body pushes
    reset(block.entries, at);
    catch_entry& entry = legacy_catches_.back().entry;
    entry.kind = kind == catch_kind::tag ? catch_kind::tag_ref : catch_kind::all_ref;
    entry.tag = tag;
    entry.exception = block.exception;
    entry.payload = number_slot(at.number);
    entry.ref_payload = ref_slot(at.refs);
    entry.handler = new_label();
    bind(entry.handler);
    fall_into(current_leader());
    for (const val_type type : payload) push(type.code);
    region.catch_count++;
    point();
  }

  void finish_function() {
    for (const stub& s : stubs_) {
      bind(s.handler);
      if (s.is_function) {
        reset(0, {});
        for (const val_type type : type_->results) push(type.code);
        forget_accumulators();
        forget_producer();
        emit_return();
      } else {
        emit(ir::br, {}, 0, 0, 0);
        emitter::target(s.label);
        fuel(s.leader, no_leader);
      }
    }
    // The clauses of one try are looked up as a run; inner blocks came between them here.
    for (try_region& region : regions_) {
      if (region.first_catch != legacy) continue;
      region.first_catch = static_cast<std::uint32_t>(catches_.size());
      catches_.resize(catches_.size() + region.catch_count);
      region.catch_count = 0;
    }
    for (const legacy_catch& c : legacy_catches_) {
      try_region& region = regions_[c.region];
      catches_[region.first_catch + region.catch_count++] = c.entry;
    }
    for (catch_entry& c : catches_) c.handler = position(c.handler);
    close();
  }
  /// Records what a suspended activation holds here.
  void point() {
    if (points_ == nullptr) return;
    map_point p;
    p.at = {here(), offset};
    for (const operand& entry : entries()) p.stack.push_back({entry.where, entry.type, entry.slot, entry.bits});
    points_->push_back(std::move(p));
  }

  static constexpr std::uint32_t legacy = ~std::uint32_t{0};  ///< `first_catch` until the function ends

  struct stub {
    label_id handler;
    label_id label;
    leader_id leader;
    bool is_function;
  };
  struct legacy_catch {
    std::uint32_t region;
    catch_entry entry;
  };

  module_code& code_;
  std::int32_t ref_capacity_;
  std::uint64_t charge_;
  const func_type* type_ = nullptr;
  std::int32_t region_ = -1;
  std::uint32_t table_count_ = 0;
  vector<control> controls_;
  vector<val_type> types_;
  vector<try_region> regions_;
  vector<catch_entry> catches_;
  vector<legacy_catch> legacy_catches_;
  vector<stub> stubs_;
  vector<map_point>* points_ = nullptr;
};

}  // namespace wasm64
