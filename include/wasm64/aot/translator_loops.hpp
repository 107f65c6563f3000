#pragma once

// translator: loops of which there are two, one that asks in advance whether all its rounds are within the memory and
// paid for, and goes round without asking, and one as any other loop. The validator goes through their text twice.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// How often the loop goes round again at most, an i64. `holds` gets what that takes.
template <code_emitter E>
typename E::value translator<E>::rounds_of(const loop_test& t, value& holds) {
  const std::uint64_t all = t.is_wide ? ~std::uint64_t{0} : 0xffffffff;
  const auto both = [&](value flag) { holds = e_.binary(primitive::and_, holds, flag); };
  const auto widened = [&](value v) { return t.is_wide ? v : e_.unary(primitive::extend_u, value_type::i64, v); };
  const auto plus = [&](value v, std::uint64_t bits) {
    return e_.binary(primitive::add, v, e_.constant(t.is_wide ? value_type::i64 : value_type::i32, bits & all));
  };
  value x = widened(plus(use(get_local(t.local)), t.offset));
  if (t.is_stepped) x = e_.binary(primitive::add, x, use(get_local(t.step.local)));
  value bound = t.bound.is_constant() ? i64(t.bound.constant & all)
                                      : widened(plus(use(get_local(t.bound.terms[0].local)), t.bound.constant));
  const bool is_down = t.step.local == loop_step::none && t.step.constant < 0;
  const std::uint64_t step = static_cast<std::uint64_t>(is_down ? -t.step.constant : t.step.constant);
  if (t.test == primitive::ne) {
    value distance = e_.binary(primitive::sub, is_down ? x : bound, is_down ? bound : x);
    if (!t.is_wide) distance = e_.binary(primitive::and_, distance, i64(all));
    if (step == 1) return distance;
    both(e_.binary(primitive::eq, e_.binary(primitive::rem_u, distance, i64(step)), i64(0)));
    return e_.binary(primitive::div_u, distance, i64(step));
  }
  // Everything else becomes `x < bound`, unsigned, of an x that grows.
  const bool is_signed =
      t.test == primitive::lt_s || t.test == primitive::le_s || t.test == primitive::gt_s || t.test == primitive::ge_s;
  const bool is_closed =
      t.test == primitive::le_u || t.test == primitive::le_s || t.test == primitive::ge_u || t.test == primitive::ge_s;
  const std::uint64_t flipped = (is_signed ? (all >> 1) + 1 : 0) ^ (is_down ? all : 0);
  x = e_.binary(primitive::xor_, x, i64(flipped));
  bound = e_.binary(primitive::xor_, bound, i64(flipped));
  if (is_closed) {
    both(e_.binary(primitive::ne, bound, i64(all)));
    bound = e_.binary(primitive::add, bound, i64(1));
  }
  value by = i64(step);
  if (t.step.local != loop_step::none) by = step_value(t.step.local, holds);
  // The last sum must not wrap.
  both(e_.binary(primitive::le_u, bound, e_.binary(primitive::sub, i64(all), e_.binary(primitive::sub, by, i64(1)))));
  const value distance = e_.binary(primitive::sub, e_.binary(primitive::sub, bound, x), i64(1));
  const value more = e_.binary(primitive::add, e_.binary(primitive::div_u, distance, by), i64(1));
  return e_.select(e_.binary(primitive::lt_u, x, bound), more, i64(0));
}

/// A step that is only known here: not 0, and small.
template <code_emitter E>
typename E::value translator<E>::step_value(std::uint32_t local, value& holds) {
  constexpr std::uint64_t most = std::uint64_t{1} << 20;
  const value step = use(get_local(local));
  const value is_small = e_.binary(primitive::lt_u, e_.binary(primitive::sub, step, i64(1)), i64(most));
  holds = e_.binary(primitive::and_, holds, is_small);
  return e_.select(is_small, step, i64(1));
}

/// Whether a range is within the memory over that many rounds. Numbers are small enough for sums and products not to
/// wrap: less than 2^31 rounds, by 2^31 each.
template <code_emitter E>
void translator<E>::hold_range(const loop_range& range, value rounds, value& holds) {
  const auto both = [&](value flag) { holds = e_.binary(primitive::and_, holds, flag); };
  const auto times = [&](value v, std::int64_t factor) {
    return factor == 1 ? v : e_.binary(primitive::mul, v, i64(static_cast<std::uint64_t>(factor)));
  };
  value start = i64(range.address.constant);
  std::int64_t constant_step = 0;
  value step{};
  for (std::uint8_t i = 0; i < range.address.size; ++i) {
    const linear_term& term = range.address.terms[i];
    const loop_step& by = range.steps[i];
    value v = use(get_local(term.local));
    if (term.how != linear_term::extension::none) {
      const bool is_signed = term.how == linear_term::extension::sign;
      v = e_.binary(primitive::add, v, i32(term.offset));
      v = e_.unary(is_signed ? primitive::extend_s : primitive::extend_u, value_type::i64, v);
      value last = e_.binary(primitive::add, v, times(rounds, by.constant));
      if (is_signed) last = e_.binary(primitive::add, last, i64(0x80000000));
      both(e_.binary(primitive::le_u, last, i64(0xffffffff)));
    }
    start = e_.binary(primitive::add, start, times(v, term.factor));
    constant_step += term.factor * by.constant;
    if (by.local == loop_step::none) continue;
    const value grows = times(step_value(by.local, holds), term.factor);
    step = step == value{} ? grows : e_.binary(primitive::add, step, grows);
  }
  const std::uint64_t size = static_cast<std::uint64_t>(constant_step < 0 ? -constant_step : constant_step);
  step = step == value{} ? i64(size) : e_.binary(primitive::add, step, i64(size));
  const value advance = e_.binary(primitive::mul, rounds, step);
  if (constant_step < 0) start = e_.binary(primitive::sub, start, advance);
  const value whole = e_.binary(primitive::add, advance, i64(range.spread + range.reach));
  const value bytes = memory_bytes(0);
  both(e_.binary(primitive::le_u, whole, bytes));
  both(e_.binary(primitive::le_u, start, e_.binary(primitive::sub, bytes, whole)));
}

/// Fuel for all rounds, and for the ways from the loop to where fuel is looked at again.
template <code_emitter E>
void translator<E>::hold_fuel(const loop_plan& loop, value rounds, value& holds) {
  std::uint64_t cost = 0;
  for (std::uint32_t i = loop.first_leader; i < loop.last_leader; ++i) cost += plan_->costs[i];
  std::uint32_t reserve = 0;
  for (std::uint32_t i = loop.first_place; i < loop.last_place; ++i)
    reserve = std::max(reserve, plan_->places[i].reserve);
  const value times = e_.binary(primitive::add, rounds, i64(1));
  const value needed = e_.binary(primitive::add, e_.binary(primitive::mul, times, i64(cost)), i64(reserve));
  holds = e_.binary(primitive::and_, holds, e_.binary(primitive::ge_s, e_.get(fuel_), needed));
}

/// In front of the loop: the way to the one that does not ask, which comes first.
template <code_emitter E>
void translator<E>::split_loop(const loop_plan& loop, std::size_t params, std::span<const val_type> results) {
  value holds = e_.constant(value_type::flag, 1);
  const value rounds = rounds_of(loop.test, holds);
  constexpr std::uint64_t most_rounds = std::uint64_t{1} << 31;
  holds = e_.binary(primitive::and_, holds, e_.binary(primitive::lt_u, rounds, i64(most_rounds)));
  for (const loop_range& range : loop.ranges) hold_range(range, rounds, holds);
  if (t_.metered) hold_fuel(loop, rounds, holds);
  split_.offset = offset_;
  split_.stack = stack_;
  split_.marks = marks_;
  split_.loops = loops_ - 1;
  split_.next_mark = next_mark_;
  split_.leaders = leaders_;
  split_.place = place_;
  split_.places = places_;
  split_.is_guarded = guarded_;
  split_.asking = e_.new_block();
  control& behind = split_.behind = {};
  behind.results = results;
  behind.entries = stack_.size() - params;
  behind.first_mark = ~std::uint32_t{0};  // both bring the same: nothing is to be planned
  const block fast = e_.new_block();
  e_.branch(holds, fast, split_.asking, likelihood::likely);
  e_.begin(fast);
  is_unasked_ = true;
}

/// At the loop's end. The first of the two is followed by the second: the validator goes back.
template <code_emitter E>
void translator<E>::end_split_loop(bool reachable) {
  control& behind = split_.behind;
  if (reachable) {
    edge(behind);
    e_.jump(target_block(behind));
  }
  behind.is_guarded = guarded_;
  controls_.pop_back();
  if (is_unasked_) {
    is_unasked_ = false;
    is_again_ = true;
    repeat_from_ = split_.offset;
    stack_ = split_.stack;
    marks_ = split_.marks;
    loops_ = split_.loops;
    next_mark_ = split_.next_mark;
    leaders_ = split_.leaders;
    place_ = split_.place;
    places_ = split_.places;
    guarded_ = split_.is_guarded;
    e_.begin(split_.asking);
    join();
    return;
  }
  is_again_ = false;
  if (behind.has_edge) arrive(behind);
  else begin_dead_code(behind);
}

}  // namespace wasm64::aot
