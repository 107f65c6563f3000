#pragma once

#include "wasm64/aot/loop_scan.hpp"

namespace wasm64::aot {

namespace detail {

inline constexpr std::int64_t most_factor = std::int64_t{1} << 10, most_step = std::int64_t{1} << 20;
inline constexpr std::uint64_t most_spread = std::uint64_t{1} << 32;

inline linear_sum constant_sum(bool is_wide, std::uint64_t bits) noexcept {
  linear_sum s;
  s.is_wide = is_wide;
  s.constant = bits;
  return s;
}

/// Adds `from` times `factor`; false where that is no sum that can be told.
inline bool add(linear_sum& to, const linear_sum& from, std::int64_t factor) noexcept {
  to.constant += from.constant * static_cast<std::uint64_t>(factor);
  for (std::uint8_t i = 0; i < from.size; ++i) {
    linear_term term = from.terms[i];
    term.factor *= factor;
    linear_term* const end = to.terms + to.size;
    linear_term* const same = std::find_if(to.terms, end, [&](const linear_term& t) { return t.is_alike(term); });
    if (same == end) {
      if (to.size == linear_sum::most_terms) return false;
      to.terms[to.size++] = term;
    } else {
      same->factor += term.factor;
      term = *same;
      if (term.factor == 0) *same = to.terms[--to.size];
    }
    if (term.factor > most_factor || term.factor < -most_factor) return false;
  }
  return true;
}

/// Where a test and its opposite are next to each other, and where the operands change places.
inline constexpr primitive tests[] = {primitive::eq,   primitive::ne,   primitive::lt_u, primitive::ge_u,
                                      primitive::lt_s, primitive::ge_s, primitive::gt_u, primitive::le_u,
                                      primitive::gt_s, primitive::le_s};
constexpr primitive opposite(primitive test) noexcept {
  const auto at = static_cast<std::size_t>(std::find(std::begin(tests), std::end(tests), test) - std::begin(tests));
  return tests[at ^ 1];
}
constexpr primitive mirrored(primitive test) noexcept {
  switch (test) {
    case primitive::lt_u: return primitive::gt_u;
    case primitive::gt_u: return primitive::lt_u;
    case primitive::lt_s: return primitive::gt_s;
    case primitive::gt_s: return primitive::lt_s;
    case primitive::le_u: return primitive::ge_u;
    case primitive::ge_u: return primitive::le_u;
    case primitive::le_s: return primitive::ge_s;
    case primitive::ge_s: return primitive::le_s;
    default: return test;
  }
}
constexpr bool goes_up(primitive test) noexcept {
  return test == primitive::lt_u || test == primitive::lt_s || test == primitive::le_u || test == primitive::le_s;
}

}  // namespace detail

inline loop_scan::form loop_scan::local(std::uint32_t index) const {
  const local_form& l = locals_[index];
  if (l.round == round_) return l.now;
  form f;
  if (is_wide_[index] == other) return f;
  f.is = form::kind::sum;
  f.left.is_wide = is_wide_[index] == wide;
  f.left.size = 1;
  f.left.terms[0].local = index;
  return f;
}

inline void loop_scan::set(std::uint32_t index, const form& f) {
  if (candidate_ == none) return;
  if (locals_[index].round != round_) set_.push_back(index);
  locals_[index].round = round_;
  locals_[index].now = f.is == form::kind::sum ? f : form{};
  if (depth_ != 0) changed_.push_back(index);
}

inline void loop_scan::open_loop() {
  candidate_ = static_cast<std::uint32_t>(loops.size());
  loops.emplace_back();
  ++round_;
  depth_ = latches_ = 0;
  stack_.clear();
  set_.clear();
  changed_.clear();
  changed_from_.clear();
  tests_.clear();
  accesses_.clear();
}

inline void loop_scan::on_end(bool) {
  if (candidate_ == none) return;
  if (depth_ == 0) {
    if (latches_ == 1) finish(loops[candidate_]);
    candidate_ = none;
    return;
  }
  join();
  changed_from_.pop_back();
  --depth_;
}

/// The branch to the head.
inline void loop_scan::go_round(const form* test) {
  if (candidate_ == none) return;
  if (depth_ != 0 || ++latches_ > 1) {
    candidate_ = none;
    return;
  }
  if (test != nullptr) limit(*test, true);
  for (const std::uint32_t index : set_) {
    locals_[index].latch = round_;
    locals_[index].at_latch = locals_[index].now;
  }
}

inline void loop_scan::on_br_if(std::uint32_t depth) {
  const form test = pop();
  if (candidate_ == none) return;
  if (depth == depth_) return go_round(&test);
  if (depth_ == 0 && latches_ == 0) limit(test, false);
}

/// Rounds that are followed by another have `test`, or have it not.
inline void loop_scan::limit(const form& test, bool holds) {
  constexpr std::size_t most = 4;
  if (tests_.size() == most || test.is == form::kind::unknown) return;
  form f = test;
  if (f.is == form::kind::sum) {
    f.is = form::kind::test;
    f.test = primitive::ne;
    f.right = detail::constant_sum(f.left.is_wide, 0);
  }
  if (!holds) f.test = detail::opposite(f.test);
  if (f.test != primitive::eq) tests_.push_back(f);
}

inline void loop_scan::access(const form& address, const memarg& arg, std::uint8_t log2) {
  if (candidate_ == none || arg.memory != 0 || address.is != form::kind::sum) return;
  if (arg.offset > detail::most_spread) return;
  const std::uint64_t reach = arg.offset + (std::uint64_t{1} << log2);
  linear_sum sum = address.left;
  if (!sum.is_wide) {  // an address of 32 bits
    if (sum.size != 1 || sum.terms[0].factor != 1 || sum.terms[0].how != linear_term::extension::none) return;
    sum.terms[0].how = linear_term::extension::zero;
    sum.terms[0].offset = static_cast<std::uint32_t>(sum.constant);
    sum.is_wide = true;
    sum.constant = 0;
  }
  if (!sum.is_constant()) accesses_.push_back({offset_, reach, sum});
}

inline void loop_scan::on_const(val_type type, std::uint64_t bits) {
  form f;
  if (type == types::i32 || type == types::i64) f.is = form::kind::sum;
  f.left = detail::constant_sum(type == types::i64, bits);
  push(f);
}

inline void loop_scan::on_numeric(op o) {
  if (candidate_ == none) return;
  const std::size_t operands = letters(info(o).params);
  if (operands > 2) return apply(operands, letters(info(o).results));
  if (operands == 1) {
    form f = pop();
    const bool is_sum = f.is == form::kind::sum;
    form made;
    if ((o == op::i32_eqz || o == op::i64_eqz) && f.is != form::kind::unknown) {
      made = f;
      made.is = form::kind::test;
      if (is_sum) made.right = detail::constant_sum(f.left.is_wide, 0);
      made.test = is_sum ? primitive::eq : detail::opposite(f.test);
    } else if ((o == op::i64_extend_i32_u || o == op::i64_extend_i32_s) && is_sum && f.left.size == 1 &&
               f.left.terms[0].factor == 1) {
      made = f;
      made.left.is_wide = true;
      made.left.terms[0].how = o == op::i64_extend_i32_u ? linear_term::extension::zero : linear_term::extension::sign;
      made.left.terms[0].offset = static_cast<std::uint32_t>(f.left.constant);
      made.left.constant = 0;
    }
    return push(made);
  }
  const form b = pop(), a = pop();
  form made;
  if (a.is != form::kind::sum || b.is != form::kind::sum) return apply(0, letters(info(o).results));
  if (comparison_of(o, made.test)) {
    made.is = form::kind::test;
    made.left = a.left;
    made.right = b.left;
    return push(made);
  }
  const auto sums = [&](const linear_sum& from, std::int64_t factor) {
    made = a;
    if (!detail::add(made.left, from, factor)) made = {};
  };
  const auto product = [&](const linear_sum& from, std::uint64_t factor) {
    made.is = form::kind::sum;
    made.left = detail::constant_sum(from.is_wide, 0);
    const auto by = static_cast<std::int64_t>(factor);
    if (by > detail::most_factor || by < 1 || !detail::add(made.left, from, by)) made = {};
  };
  switch (o) {
    case op::i32_add:
    case op::i64_add: sums(b.left, 1); break;
    case op::i32_sub:
    case op::i64_sub: sums(b.left, -1); break;
    case op::i64_shl:
      if (b.left.is_constant() && b.left.constant < 16) product(a.left, std::uint64_t{1} << b.left.constant);
      break;
    case op::i64_mul:
      if (b.left.is_constant()) product(a.left, b.left.constant);
      break;
    default: return apply(0, letters(info(o).results));
  }
  push(made);
}

/// False where the local may change in any way.
inline bool loop_scan::step_of(std::uint32_t index, loop_step& to) const {
  to = {};
  const local_form& l = locals_[index];
  if (l.latch != round_) return true;
  const linear_sum& sum = l.at_latch.left;
  if (l.at_latch.is != form::kind::sum) return false;
  bool is_self = false;
  for (std::uint8_t i = 0; i < sum.size; ++i) {
    const linear_term& term = sum.terms[i];
    if (term.factor != 1 || term.how != linear_term::extension::none) return false;
    if (term.local == index) {
      is_self = true;
    } else {
      if (sum.constant != 0 || !sum.is_wide || !is_fixed(term.local)) return false;
      to.local = term.local;
    }
  }
  const bool is_wide_step = is_wide_[index] == wide;
  to.constant = is_wide_step ? static_cast<std::int64_t>(sum.constant)
                             : static_cast<std::int32_t>(static_cast<std::uint32_t>(sum.constant));
  return is_self && to.constant <= detail::most_step && to.constant >= -detail::most_step;
}

inline bool loop_scan::make_test(const form& f, loop_test& to) const {
  // The side that changes is to be the left one.
  for (const bool swap : {false, true}) {
    const linear_sum& left = swap ? f.right : f.left;
    const linear_sum& right = swap ? f.left : f.right;
    const auto is_plain = [](const linear_term& t) { return t.factor == 1 && t.how == linear_term::extension::none; };
    if (left.size == 0 || !std::all_of(left.terms, left.terms + left.size, is_plain)) continue;
    const auto is_bound = [&](const linear_term& t) { return t.factor == 1 && is_fixed(t.local); };
    if (right.size > 1 || !std::all_of(right.terms, right.terms + right.size, is_bound)) continue;
    if (right.size == 1 && right.terms[0].how != linear_term::extension::none) continue;
    to.test = swap ? detail::mirrored(f.test) : f.test;
    to.is_wide = left.is_wide;
    to.is_stepped = left.size == 2;
    const std::uint8_t first = to.is_stepped && is_fixed(left.terms[0].local) ? 1 : 0;
    to.local = left.terms[first].local;
    to.offset = left.constant;
    to.bound = right;
    if (!step_of(to.local, to.step)) continue;
    if (to.is_stepped && to.step.local != left.terms[1 - first].local) continue;
    const bool is_dynamic = to.step.local != loop_step::none;
    if (to.step.constant == 0 && !is_dynamic) continue;
    if (to.test == primitive::ne ? !is_dynamic : detail::goes_up(to.test) == (is_dynamic || to.step.constant > 0))
      return true;
  }
  return false;
}

inline void loop_scan::cover(loop_plan& plan, const found_access& a) {
  constexpr std::size_t most_ranges = 8;
  const auto as_signed = [](std::uint64_t v) { return static_cast<std::int64_t>(v); };
  for (loop_range& r : plan.ranges) {
    if (!r.address.has_same_terms(a.address)) continue;
    const std::uint64_t distance = a.address.constant - r.address.constant;  // of a above the lowest
    const bool is_below = as_signed(distance) < 0;
    const std::uint64_t spread = is_below ? r.spread - distance : std::max(r.spread, distance);
    if (spread > detail::most_spread || (is_below ? 0 - distance : distance) > detail::most_spread) continue;
    if (is_below) r.address.constant = a.address.constant;
    r.spread = spread;
    r.reach = std::max(r.reach, a.reach);
    covered.push_back(a.offset);
    return;
  }
  if (plan.ranges.size() == most_ranges) return;
  loop_range made;
  made.address = a.address;
  made.reach = a.reach;
  std::int64_t sum = 0;
  bool is_dynamic = false;
  for (std::uint8_t i = 0; i < a.address.size; ++i) {
    const linear_term& term = a.address.terms[i];
    if (!step_of(term.local, made.steps[i])) return;
    sum += term.factor * made.steps[i].constant;
    if (made.steps[i].local == loop_step::none) continue;
    if (term.factor < 0) return;
    is_dynamic = true;
  }
  if (is_dynamic && sum < 0) return;
  plan.ranges.push_back(made);
  covered.push_back(a.offset);
}

inline void loop_scan::finish(loop_plan& plan) {
  const auto is_known = [&](const form& f) { return make_test(f, plan.test); };
  if (std::none_of(tests_.rbegin(), tests_.rend(), is_known)) return;
  for (const found_access& a : accesses_) cover(plan, a);
  plan.is_split = !plan.ranges.empty();
}

}  // namespace wasm64::aot
