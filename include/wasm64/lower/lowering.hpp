#pragma once

#include <cstdint>
#include <span>

#include "wasm64/lower/stops.hpp"

namespace wasm64 {

/// Lowers one function body, driven in lockstep by the validator (valid/sink.hpp describes the members it calls).
/// The result depends on the module's text and the configuration only: lowering again gives the same words.
class lowering : public stop_lowering {
 public:
  lowering(const module& m, const word* handlers, module_code& code, std::uint64_t charge, std::int32_t ref_capacity)
      : stop_lowering(m, handlers, code), ref_capacity_(ref_capacity) {
    charge_ = charge;
  }

  void begin(const func_type& type, std::span<const val_type> locals) {
    type_ = &type;
    lay_out(type, locals, ref_capacity_);
    record_locals(locals);
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
      default: settle_locals(); open(kind, params, results, true);
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
    for (const val_type type : block.params) push(type.code);
    point(block.params);
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
        place_values(block, block.results);
        fall_into(block.leader);
      }
      bind(block.label);
      if (open_else) {
        bind(block.else_label);
        same_leader(block.else_leader, block.leader);
      }
      restart(block, block.leader);
      push_results(block);
      block.in_catch = false;
      point(block.results);
    } else if (!reachable) {
      restart(block, current_leader());
      push_results(block);
    }
    close();
  }

  /// Moves the result out; call once, after the function's last `on_end`.
  void take(func_code& out) {
    out.words = finish(zeroed_slots());
    out.regions = std::move(regions_);
    out.catches = std::move(catches_);
    out.area = area();
    out.first_ref = first_ref();
    out.ref_slots = zeroed_slots() - first_ref();
    out.zeroed = static_cast<std::uint32_t>(zeroed_slots());
    out.has_tail_calls = has_tail_calls();
  }

 private:
  control& open(op kind, std::span<const val_type> params, std::span<const val_type> results, bool reachable) {
    control c;
    c.kind = kind;
    c.reachable = reachable;
    c.params = params;
    c.results = results;
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
    c.outer_region = region_;
    controls_.push_back(c);
  }
  void close() {
    if (controls_.back().kind == op::loop) loop_closed();
    controls_.pop_back();
  }

  void open_loop(std::span<const val_type> params, std::span<const val_type> results) {
    settle_locals();
    settle_top(params.size());
    control& block = open(op::loop, params, results, true);
    loop_opened();
    fall_into(block.leader);
    bind(block.label);
    forget_accumulators();
    forget_producer();
    set_leader(block.leader);
    point();
  }

  void open_if(std::span<const val_type> params, std::span<const val_type> results) {
    const operand condition = pop();
    test test_cell = take_test(condition);
    const std::int32_t held = integer_register();
    settle_locals();
    settle_top(params.size());
    read_again(test_cell, held);
    control& block = open(op::if_, params, results, true);
    block.else_label = new_label();
    block.else_leader = new_leader();
    const leader_id then = new_leader();
    branch(test_cell, false, block.else_label, block.else_leader, then);
    fall_through();
    forget_producer();
    set_leader(then);
    point();
  }

  /// Ends a body that another body of the same block follows.
  void leave(control& block, bool reachable) {
    if (!reachable) return;
    place_values(block, block.results);
    jump(block);
  }

  // Exception handlers.

  void open_region(control& block) {
    try_region region;
    fix();
    region.begin = here();
    region.parent = region_;
    block.region = region_ = static_cast<std::int32_t>(regions_.size());
    regions_.push_back(region);
  }
  void close_region(const control& block) {
    fix();
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
    point(payload);
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

  std::int32_t ref_capacity_;
  std::int32_t region_ = -1;
  vector<try_region> regions_;
  vector<catch_entry> catches_;
  vector<legacy_catch> legacy_catches_;
  vector<stub> stubs_;
};

}  // namespace wasm64
