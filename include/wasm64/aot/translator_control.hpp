#pragma once

// translator: blocks, branches, fuel.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

// Fuel. Leaders are made and begun where `lowering` makes and begins them.

template <code_emitter E>
std::uint32_t translator<E>::new_leader() {
  if constexpr (plans) plan_->costs.push_back(0);
  return leaders_++;
}

/// A place of the plan, and control that comes to it from others.
template <code_emitter E>
std::uint32_t translator<E>::begin_place(std::uint32_t leader, bool is_check, std::span<const std::uint32_t> from) {
  place_ = places_++;
  if constexpr (plans) {
    plan_->places.push_back({leader, is_check, 0});
    for (const std::uint32_t before : from) plan_->edges.push_back({before, place_});
  }
  return place_;
}

/// Pays for the block that begins here.
template <code_emitter E>
void translator<E>::charge(std::uint32_t leader, bool is_check, std::span<const std::uint32_t> from) {
  if (!t_.metered) return;
  const std::uint32_t number = begin_place(leader, is_check, from);
  const function_plan::fuel_place at = plan_->places[number];
  const std::uint32_t cost = plan_->costs[leader];
  if (!plans && cost == 0 && (!at.is_check || at.reserve == 0)) return;
  const value before = e_.get(fuel_);
  const value left = e_.binary(primitive::sub, before, i64(cost));
  e_.set(fuel_, left);
  if (!plans && (!at.is_check || is_unasked_)) return;
  // What was there before is compared where more is needed: so the payments that follow can become one.
  const bool is_more = at.reserve != 0;
  const value compared = is_more ? before : left, least = i64(is_more ? std::uint64_t{at.reserve} + cost : 0);
  const map_point* const point = find_point(map_point::place::leader);
  const block low = e_.new_block(true), enough = e_.new_block();
  e_.branch(e_.binary(primitive::lt_s, compared, least), low, enough, likelihood::unlikely);
  e_.begin(low);
  take_fuel(point, at.reserve, value{}, value_type::none, enough);
  e_.begin(enough);
}

/// Where there is less fuel than needed for all ways from here the interpreter goes on. Behind a call it does so with
/// the results where it would have put them; one that came back in a register is not there.
template <code_emitter E>
void translator<E>::take_fuel(const map_point* point, std::uint32_t needed, value result, value_type type,
                              block enough) {
  store_fuel();
  const value status = call_helper(helper::out_of_fuel, frame_, budget(), i64(needed), i64(0));
  const block stops = e_.new_block(true), goes_on = e_.new_block(true);
  e_.branch(e_.binary(primitive::ne, status, i32(0)), stops, goes_on, likelihood::unknown);
  e_.begin(stops);
  if (type != value_type::none) store_slot(frame_, point == nullptr ? 0 : point->area, result, type);
  suspend(status, point);
  e_.begin(goes_on);
  e_.set(fuel_, load_context(machine(), layout::machine_fuel, value_type::i64, false));
  e_.jump(enough);
}

// Edges.

template <code_emitter E>
typename translator<E>::control& translator<E>::open(op kind, std::span<const val_type> params,
                                                     std::span<const val_type> results) {
  control c;
  c.kind = kind;
  c.params = params;
  c.results = results;
  c.entries = stack_.size() - params.size();
  c.height =
      params.empty() ? (stack_.empty() ? 0 : stack_.back().height + slots_of(stack_.back())) : stack_[c.entries].height;
  c.refs = refs_ - static_cast<std::int32_t>(references_in(params));
  c.leader = new_leader();
  c.opened_in = leader_;
  c.is_guarded = guarded_;
  c.first_mark = next_mark_;
  next_mark_ += marks_.size() + label_types(c).size();
  work_ += params.size() + results.size() + marks_.size();
  controls_.push_back(std::move(c));
  return controls_.back();
}

template <code_emitter E>
typename E::block translator<E>::target_block(control& c) {
  if (!c.has_target) {
    c.has_target = true;
    c.target = e_.new_block();
  }
  return c.target;
}

/// What a NaN of arithmetic and one whose bits matter have in common is the canonical form of the first. Which edges
/// bring what is only known when all have been seen: the plan says so from the run before. Answers whether the value
/// has to become canonical on this edge.
template <code_emitter E>
bool translator<E>::merge(control& to, std::size_t index, nan_bits nan, bool is_first) {
  nan_bits& mark = to.marks[index];
  const std::size_t at = to.first_mark + index;
  if (plan_->is_eager || (at < plan_->exact.size() && plan_->exact[at] != 0)) {
    mark = nan_bits::exact;
  } else if (is_first) {
    // At the head of a loop the edges to come may bring either; with luck none brings an exact one.
    mark = nan == nan_bits::canonical && to.kind == op::loop ? nan_bits::open : nan;
  } else if (mark == nan_bits::canonical) {
    mark = nan;
  } else if (nan != nan_bits::canonical && nan != mark) {
    if constexpr (plans) {
      if (plan_->exact.size() <= at) plan_->exact.resize(at + 1);
      plan_->exact[at] = 1;
      plan_changed_ = true;
    } else {
      failed_ = true;
    }
    mark = nan_bits::exact;
  }
  return mark == nan_bits::exact && nan == nan_bits::open;
}

/// The operands on top become the values of a label; what jumps there follows.
template <code_emitter E>
void translator<E>::edge(control& to, bool with_references) {
  const std::span<const val_type> types = label_types(to);
  const bool is_first = !to.has_edge;
  to.has_edge = true;
  if (plans && t_.metered) {
    if (to.kind != op::loop) to.places.push_back(place_);
    else if (!is_first) plan_->back_edges.push_back({place_, to.head_place});
  }
  if (is_first) {
    to.marks.resize(marks_.size() + types.size());
    to.values.reserve(types.size());
    for (const val_type type : types) {
      to.values.push_back(type.is_ref() ? variable{} : e_.new_variable(value_type_of(type)));
    }
  }
  work_ += marks_.size() + types.size();
  if (!marks_.empty()) {
    for (std::uint32_t i = 0; i < locals_.size(); ++i) {
      if (locals_[i].mark < 0) continue;
      const auto index = static_cast<std::size_t>(locals_[i].mark);
      if (!merge(to, index, marks_[index], is_first)) continue;
      operand now = get_local(i);
      now.v = canonical(use(now), now.type);
      now.is_constant = false;
      now.nan = nan_bits::canonical;
      set_local(i, now);
    }
  }
  const std::size_t first = stack_.size() - types.size();
  for (std::size_t i = 0; i < types.size(); ++i) {
    operand& o = stack_[first + i];
    if (o.is_ref) continue;
    const bool to_canonical = is_float(o.type) && merge(to, marks_.size() + i, o.nan, is_first);
    e_.set(to.values[i], to_canonical ? canonical(use(o), o.type) : use(o));
  }
  if (with_references) place_references(to);
}

/// Begins the code at a label, with the values that edges brought.
template <code_emitter E>
void translator<E>::arrive(control& at) {
  e_.begin(target_block(at));
  join();
  guarded_ = at.is_guarded;
  drop_to(at);
  const std::span<const val_type> types = label_types(at);
  if (!at.has_edge) {  // nothing comes here
    for (nan_bits& mark : marks_) mark = nan_bits::canonical;
    return push_zeros(types);
  }
  for (std::size_t i = 0; i < marks_.size(); ++i) marks_[i] = at.marks[i];
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].is_ref()) push_reference();
    else push(e_.get(at.values[i]), value_type_of(types[i]), at.marks[marks_.size() + i]);
  }
}

template <code_emitter E>
void translator<E>::drop_to(const control& c) {
  if (stack_.size() > c.entries) stack_.resize(c.entries);
  refs_ = c.refs;
}
template <code_emitter E>
void translator<E>::push_zeros(std::span<const val_type> types) {
  for (const val_type type : types) {
    if (type.is_ref()) push_reference();
    else if (type.is_vec()) push(zero_of(value_type::v128), value_type::v128);
    else push_constant(value_type_of(type), 0);
  }
}

/// Back to how things were in front of an `if`.
template <code_emitter E>
void translator<E>::restore(const control& c) {
  join();
  guarded_ = c.is_guarded;
  drop_to(c);
  for (const operand& o : c.saved) push(o);
  for (std::size_t i = 0; i < marks_.size(); ++i) marks_[i] = c.saved_marks[i];
  work_ += marks_.size() + c.saved.size();
}

// Blocks.

template <code_emitter E>
void translator<E>::on_block(op kind, std::span<const val_type> params, std::span<const val_type> results,
                             bool reachable) {
  if (!reachable) {
    controls_.emplace_back().reachable = false;
  } else if (kind == op::loop) {
    open_loop(params, results);
  } else if (kind == op::if_) {
    open_if(params, results);
  } else if (kind == op::try_) {
    open_try(params, results);
  } else {
    settle_locals();
    open(kind, params, results);
  }
}

template <code_emitter E>
void translator<E>::open_loop(std::span<const val_type> params, std::span<const val_type> results) {
  settle_locals();
  settle_top(params.size());
  const std::uint32_t number = loops_++;
  const auto is_split = [&] { return number < plan_->loops.size() && plan_->loops[number].is_split; };
  if (!plans && !is_again_ && is_split()) split_loop(plan_->loops[number], params.size(), results);
  control& head = open(op::loop, params, results);
  head.loop = number;
  head.first_site = sites_;
  if constexpr (plans) {
    if (number < plan_->loops.size()) {
      plan_->loops[number].first_leader = head.leader;
      plan_->loops[number].first_place = places_;
    }
  }
  ++open_loops_;
  edge(head);
  e_.jump(target_block(head));
  arrive(head);
  set_leader(head.leader);
  const std::uint32_t before = place_;
  begin_block(head.leader, true, {&before, 1});
  head.head_place = place_;
}

template <code_emitter E>
void translator<E>::open_if(std::span<const val_type> params, std::span<const val_type> results) {
  const value condition = flag_of(pop());
  settle_locals();
  settle_top(params.size());
  control& c = open(op::if_, params, results);
  c.saved.assign(stack_.begin() + static_cast<std::ptrdiff_t>(c.entries), stack_.end());
  c.saved_marks = marks_;
  c.else_leader = new_leader();
  const std::uint32_t then_leader = new_leader();
  const block then = e_.new_block();
  c.else_block = e_.new_block();
  e_.branch(condition, then, c.else_block, likelihood::unknown);
  e_.begin(then);
  set_leader(then_leader);
  const std::uint32_t before = c.if_place = place_;
  begin_block(then_leader, false, {&before, 1});
}

template <code_emitter E>
void translator<E>::on_else(bool reachable) {
  control& c = controls_.back();
  if (!c.reachable) return;
  if (reachable) take_branch(c);
  c.has_else = true;
  e_.begin(c.else_block);
  restore(c);
  set_leader(c.else_leader);
  const std::uint32_t before = c.if_place;
  begin_block(c.else_leader, false, {&before, 1});
}

template <code_emitter E>
void translator<E>::on_end(bool reachable) {
  control& c = controls_.back();
  if (!c.reachable) {
    controls_.pop_back();
    return;
  }
  if (c.kind == op::loop) return end_loop(reachable);
  if (c.is_function) {
    if (reachable) return_values(c.results, stack_.size() - c.results.size());
    finish_function();
    controls_.pop_back();
    return;
  }
  if (c.kind == op::try_) end_try(reachable, controls_.size() - 2);
  const bool open_else = c.kind == op::if_ && !c.has_else;
  if (c.used || open_else) {
    if (reachable) {
      edge(c);
      e_.jump(target_block(c));
    }
    if (open_else) {
      e_.begin(c.else_block);
      restore(c);
      place_ = c.if_place;
      edge(c);
      e_.jump(target_block(c));
    }
    arrive(c);
    set_leader(c.leader);
    begin_block(c.leader, c.is_check, view_of(c.places));
  } else if (!reachable) {
    begin_dead_code(c);
  }
  controls_.pop_back();
}

template <code_emitter E>
void translator<E>::end_loop(bool reachable) {
  control& c = controls_.back();
  --open_loops_;
  if constexpr (plans) {
    if (c.loop < plan_->loops.size()) {
      loop_plan& loop = plan_->loops[c.loop];
      loop.last_leader = leaders_;
      loop.last_place = places_;
      if (loop.is_split) plan_->sites = std::max(plan_->sites, sites_ += sites_ - c.first_site);
    }
  }
  if (is_unasked_ || is_again_) return end_split_loop(reachable);
  if (!reachable) begin_dead_code(c);
  controls_.pop_back();
}

/// Behind the end of a block that nothing comes out of.
template <code_emitter E>
void translator<E>::begin_dead_code(const control& c) {
  e_.begin(e_.new_block());
  join();
  guarded_ = true;
  drop_to(c);
  push_zeros(c.results);
  for (nan_bits& mark : marks_) mark = nan_bits::canonical;
}

// Branches.

/// Jumps with the operands on top, which stay.
template <code_emitter E>
void translator<E>::take_branch(control& to) {
  to.used = true;
  edge(to);
  e_.jump(target_block(to));
}

template <code_emitter E>
void translator<E>::on_br(std::uint32_t depth) {
  control& to = target(depth);
  if (to.is_function) return on_return();
  take_branch(to);
  set_leader(new_leader());
}

template <code_emitter E>
void translator<E>::on_br_if(std::uint32_t depth) {
  branch_if(flag_of(pop()), depth);
}

template <code_emitter E>
void translator<E>::branch_if(value condition, std::uint32_t depth) {
  control& to = target(depth);
  settle_top(label_types(to).size());
  const std::uint32_t next = new_leader();
  const block behind = e_.new_block();
  if (to.is_function) {
    const block returns = e_.new_block();
    e_.branch(condition, returns, behind, likelihood::unknown);
    e_.begin(returns);
    return_values(to.results, stack_.size() - to.results.size());
  } else {
    to.used = true;
    edge(to, false);
    if (in_place(to)) {
      e_.branch(condition, target_block(to), behind, likelihood::unknown);
    } else {
      const block taken = e_.new_block();
      e_.branch(condition, taken, behind, likelihood::unknown);
      e_.begin(taken);
      place_references(to);
      e_.jump(target_block(to));
    }
  }
  e_.begin(behind);
  set_leader(next);
  const std::uint32_t before = place_;
  begin_block(next, false, {&before, 1});
}

template <code_emitter E>
void translator<E>::on_br_table(std::span<const std::uint32_t> depths) {
  const value index = use(pop());
  settle_top(label_types(target(depths.back())).size());
  ++br_tables_;
  work_ += depths.size();
  wasm64::vector<block> targets;
  targets.reserve(depths.size());
  struct stub {
    block at;
    std::uint32_t depth;
  };
  wasm64::vector<stub> stubs;
  bool returns = false;
  block return_block{};
  for (const std::uint32_t depth : depths) {
    control& to = target(depth);
    if (to.is_function) {
      if (!returns) return_block = e_.new_block();
      returns = true;
      targets.push_back(return_block);
      continue;
    }
    if (to.seen_by != br_tables_) {
      to.seen_by = br_tables_;
      to.used = true;
      edge(to, false);
      to.stub = target_block(to);
      if (!in_place(to)) stubs.push_back({to.stub = e_.new_block(), depth});
    }
    targets.push_back(to.stub);
  }
  e_.switch_(index, view_of(targets).first(targets.size() - 1), targets.back());
  if (returns) {
    const std::span<const val_type> results = controls_.front().results;
    e_.begin(return_block);
    return_values(results, stack_.size() - results.size());
  }
  for (const stub& s : stubs) {
    e_.begin(s.at);
    place_references(target(s.depth));
    e_.jump(target_block(target(s.depth)));
  }
  set_leader(new_leader());
}

template <code_emitter E>
void translator<E>::on_return() {
  const std::span<const val_type> results = controls_.front().results;
  return_values(results, stack_.size() - results.size());
  set_leader(new_leader());
}

template <code_emitter E>
void translator<E>::on_unreachable() {
  trap(status_of(errc::trap_unreachable));
  set_leader(new_leader());
}

}  // namespace wasm64::aot
