#pragma once

// translator: exceptions. One on its way is in the machine; whoever may catch it asks `helper::caught`. The clauses of
// a `try_table` are asked where the exception is raised, those of a `try`, which are not known there, in its landing.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// Clauses count the labels around the `try_table`.
template <code_emitter E>
void translator<E>::on_try_table(std::span<const catch_clause> clauses, std::span<const val_type> params,
                                 std::span<const val_type> results, bool reachable) {
  if (!reachable) {
    controls_.emplace_back().reachable = false;
    return;
  }
  for (const catch_clause& clause : clauses) {
    control& to = target(clause.depth);
    to.used = to.is_check = true;
    if (plans && t_.metered && to.kind == op::loop) plan_->back_edges.push_back({to.head_place, to.head_place});
  }
  settle_locals();
  control& c = open(op::try_table, params, results);
  c.clauses.assign(clauses.begin(), clauses.end());
  c.region = regions_++;
}

template <code_emitter E>
void translator<E>::open_try(std::span<const val_type> params, std::span<const val_type> results) {
  settle_locals();
  open(op::try_, params, results);
  control landing = open(op::block, {}, {});
  controls_.pop_back();
  control& c = controls_.back();
  landing.entries = c.entries;
  landing.height = c.height;
  landing.refs = c.refs;
  c.region = regions_++;
  c.landing = landings_.size();
  landings_.push_back(std::move(landing));
}

/// What lowering says of a clause: where it has the payload and the exception.
template <code_emitter E>
catch_entry translator<E>::clause_of(std::uint32_t region, std::uint32_t number) {
  if (map_ == nullptr) return {};
  const func_code& code = map_->code;
  if (region < code.regions.size() && number < code.regions[region].catch_count) {
    return code.catches[code.regions[region].first_catch + number];
  }
  failed_ = true;
  return {};
}

template <code_emitter E>
typename E::value translator<E>::test_clause(std::uint64_t tag, const catch_entry& slots) {
  const std::uint64_t places = caught_slots(slots.payload, slots.ref_payload, slots.exception);
  return e_.binary(primitive::ne, call_helper(helper::caught, frame_, budget(), i64(tag), i64(places)), i32(0));
}

template <code_emitter E>
void translator<E>::push_payload(std::span<const val_type> payload, const catch_entry& slots) {
  std::int32_t slot = slots.payload;
  for (const val_type type : payload) {
    if (type.is_ref()) {
      push_reference();
      continue;
    }
    push(load_slot(slot, value_type_of(type)), value_type_of(type));
    slot += static_cast<std::int32_t>(type.slots());
  }
}

/// Sends the exception on its way to the innermost block that may catch it, from a control on outwards, or out of the
/// function. `status_` and `site_` say how the function is left then.
template <code_emitter E>
void translator<E>::raise(std::size_t from) {
  const wasm64::vector<nan_bits> marks = marks_;
  const wasm64::vector<operand> stack = stack_;
  const std::int32_t refs = refs_;
  constexpr std::uint64_t work_of_clause = 32;  // it makes code
  work_ += stack.size() + marks.size();
  for (std::size_t i = from + 1; i-- > 0;) {
    if (controls_[i].kind == op::try_ && !controls_[i].in_catch) {
      path_ = ++paths_;
      control& landing = landings_[controls_[i].landing];
      edge(landing);
      e_.jump(target_block(landing));
      stack_ = stack;
      refs_ = refs;
      marks_ = marks;
      return;
    }
    for (std::uint32_t number = 0; number < controls_[i].clauses.size(); ++number) {
      const catch_clause& clause = controls_[i].clauses[number];
      control& to = controls_[i - 1 - clause.depth];
      work_ += work_of_clause + stack.size() + marks.size();
      const catch_entry slots = clause_of(controls_[i].region, number);
      const value caught = test_clause(clause.has_tag() ? clause.tag : any_tag, slots);
      const block here = e_.new_block(true), next = e_.new_block(true);
      e_.branch(caught, here, next, likelihood::unknown);
      e_.begin(here);
      path_ = ++paths_;
      reload();
      drop_to(to);
      if (clause.has_tag()) {
        const wasm64::vector<val_type>& payload = module_.types[module_.tags[clause.tag].type].func.params;
        push_payload({payload.data(), payload.size()}, slots);
      }
      if (clause.has_ref()) push_reference();
      if (to.is_function) return_values(to.results, stack_.size() - to.results.size());
      else take_branch(to);
      stack_ = stack;
      refs_ = refs;
      marks_ = marks;
      e_.begin(next);
    }
  }
  e_.jump(way_out(leaves_));
}

/// An exception goes to whoever catches it; everything else goes on here.
template <code_emitter E>
void translator<E>::dispatch_exception(value status, value site) {
  bool catches = false;
  for (const control& c : controls_) catches = catches || !c.clauses.empty() || (c.kind == op::try_ && !c.in_catch);
  if (!catches) return;
  const block raised = e_.new_block(true), passes = e_.new_block(true);
  const value is_exception = e_.binary(primitive::eq, status, status_of(errc::trap_uncaught_exception));
  e_.branch(is_exception, raised, passes, likelihood::unknown);
  e_.begin(raised);
  const std::uint32_t path = path_;
  e_.set(status_, status);
  e_.set(site_, site);
  raise(controls_.size() - 1);
  path_ = path;
  e_.begin(passes);
}

/// Behind an instruction that throws, or traps.
template <code_emitter E>
void translator<E>::thrown(value status) {
  const value site = trap_site();
  dispatch_exception(status, site);
  e_.set(status_, status);
  e_.set(site_, site);
  e_.jump(way_out(leaves_));
  set_leader(new_leader());
}

template <code_emitter E>
void translator<E>::on_rethrow(std::uint32_t depth) {
  store_fuel();
  const value at = e_.displaced(frame_, std::int64_t{target(depth).exception} * 8);
  thrown(call_helper(helper::operate, at, budget(), i64(static_cast<std::uint32_t>(operation::throw_ref)), i64(0)));
}

template <code_emitter E>
void translator<E>::on_throw_ref() {
  const operand o = pop();
  const value exception = reference_in_slot(o);
  store_fuel();
  const std::int32_t slot = home(stack_.size());
  store_reference(slot, exception);
  const value at = e_.displaced(frame_, std::int64_t{slot} * 8);
  thrown(call_helper(helper::operate, at, budget(), i64(static_cast<std::uint32_t>(operation::throw_ref)), i64(0)));
}

// `try`

template <code_emitter E>
void translator<E>::on_catch(std::uint32_t tag, std::span<const val_type> payload, bool reachable) {
  start_catch(tag, payload, reachable);
}

template <code_emitter E>
void translator<E>::start_catch(std::uint64_t tag, std::span<const val_type> payload, bool reachable) {
  control& c = controls_.back();
  if (!c.reachable) return;
  if (reachable) take_branch(c);
  control& landing = landings_[c.landing];
  if (!c.in_catch) {
    c.in_catch = c.used = true;
    arrive(landing);
    guarded_ = c.is_guarded;
  } else {
    guarded_ = c.is_guarded;
    e_.begin(c.has_other ? c.other : e_.new_block());
    join();
    drop_to(c);
    for (std::size_t i = 0; i < marks_.size(); ++i)
      marks_[i] = landing.marks.empty() ? nan_bits::canonical : landing.marks[i];
  }
  const catch_entry slots = clause_of(c.region, c.clause++);
  c.exception = slots.exception;
  const value caught = test_clause(tag, slots);
  const block here = e_.new_block();
  c.has_other = true;
  c.other = e_.new_block(true);
  e_.branch(caught, here, c.other, likelihood::unknown);
  e_.begin(here);
  reload();
  ++refs_;  // the exception's
  push_payload(payload, slots);
  const std::uint32_t leader = new_leader();
  set_leader(leader);
  begin_block(leader, true, {});
}

/// Exceptions that nobody here catches go on to the control of that number.
template <code_emitter E>
void translator<E>::end_try(bool reachable, std::size_t outer) {
  control& c = controls_.back();
  control& landing = landings_[c.landing];
  if (c.in_catch ? !c.has_other : !landing.has_edge) return;
  const wasm64::vector<nan_bits> marks = marks_;
  const wasm64::vector<operand> stack = stack_;
  const std::int32_t refs = refs_;
  const std::uint32_t path = path_;
  const bool guarded = guarded_;
  block behind{};
  if (reachable) {
    behind = e_.new_block();
    e_.jump(behind);
  }
  if (c.in_catch) {
    e_.begin(c.other);
    join();
    drop_to(c);
    for (std::size_t i = 0; i < marks_.size(); ++i)
      marks_[i] = landing.marks.empty() ? nan_bits::canonical : landing.marks[i];
  } else {
    arrive(landing);
  }
  raise(outer);
  marks_ = marks;
  stack_ = stack;
  refs_ = refs;
  path_ = path;
  guarded_ = guarded;
  c.has_other = landing.has_edge = false;
  c.in_catch = true;
  if (reachable) e_.begin(behind);
}

template <code_emitter E>
void translator<E>::on_delegate(std::uint32_t depth, bool reachable) {
  if (controls_.back().reachable) end_try(reachable, controls_.size() - 2 - depth);
  on_end(reachable);
}

}  // namespace wasm64::aot
