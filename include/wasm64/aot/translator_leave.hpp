#pragma once

// translator: everything by which a function is left otherwise than by returning. Each such place sets `status_` and
// `site_` and goes to a block of one of three kinds at the function's end.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

/// What lowering says of this place; null where the plan is made.
template <code_emitter E>
const map_point* translator<E>::find_point(map_point::place kind) {
  work_ += stack_.size();
  if (map_ == nullptr) return nullptr;
  const wasm64::vector<map_point>& points = map_->map.points;
  auto p = std::lower_bound(points.begin(), points.end(), offset_,
                            [](const map_point& a, std::uint32_t offset) { return a.at.offset < offset; });
  for (; p != points.end() && p->at.offset == offset_; ++p) {
    if (p->kind == kind && p->stack.size() == stack_.size()) return &*p;
  }
  failed_ = true;
  return nullptr;
}

/// A place where the interpreter can go on, or without a point one where only traps leave.
template <code_emitter E>
typename E::value translator<E>::new_site(const map_point* point) {
  if (point != nullptr && point == site_point_) return i64(site_number_);
  const std::uint32_t number = add_site(point == nullptr ? site::none : point->at.word);
  site_point_ = point;
  site_number_ = number;
  if (point != nullptr && point->kind == map_point::place::call && !failed_) t_.sites[number].cell = point->cell;
  return i64(number);
}

template <code_emitter E>
std::uint32_t translator<E>::add_site(std::uint32_t word) {
  const std::uint32_t number = plan_->first_site + sites_++;
  if constexpr (plans) {
    plan_->sites = std::max(plan_->sites, sites_);
  } else if (sites_ > plan_->sites) {
    failed_ = true;
  } else {
    site& s = t_.sites[number];
    s.function = function_;
    s.offset = offset_;
    s.word = word;
  }
  return number;
}

/// One for all traps of an instruction.
template <code_emitter E>
typename E::value translator<E>::trap_site() {
  if (trap_site_ != site::none && trap_offset_ == offset_) return i64(trap_site_);
  trap_site_ = plan_->first_site + sites_;
  trap_offset_ = offset_;
  return new_site(nullptr);
}

template <code_emitter E>
typename E::block translator<E>::way_out(exits& kind) {
  if (kind.blocks.empty() || kind.ways_in == exits::most_ways_in) {
    kind.blocks.push_back(e_.new_block(true));
    kind.ways_in = 0;
  }
  ++kind.ways_in;
  return kind.blocks.back();
}

/// Returns what `helper::leave` answers, which may have run the rest of the function.
template <code_emitter E>
void translator<E>::leave() {
  const value status = e_.unary(primitive::extend_u, value_type::i64, e_.get(status_));
  const value ended = call_helper(helper::leave, frame_, i64(0), e_.get(site_), status);
  const value area = e_.displaced(frame_, std::int64_t{-frame::header - area_of(*type_)} * 8);
  value left{};
  if (t_.metered) left = load_context(machine(), layout::machine_fuel, value_type::i64, false);
  unlink_frame();
  e_.return_left(ended, area, left);
}

template <code_emitter E>
void translator<E>::trap(value status) {
  e_.set(status_, status);
  e_.set(site_, trap_site());
  e_.jump(raw_.empty() ? way_out(traps_) : way_out_of_raw());
}
template <code_emitter E>
void translator<E>::trap_if(value flag, value status) {
  const block traps = e_.new_block(true), behind = e_.new_block();
  e_.branch(flag, traps, behind, likelihood::unlikely);
  e_.begin(traps);
  trap(status);
  e_.begin(behind);
}

/// Operands that the interpreter has in slots at this point.
template <code_emitter E>
void translator<E>::save_operands(const map_point* point) {
  if (point == nullptr) return;
  for (std::size_t i = 0; i < stack_.size(); ++i) {
    const map_value& there = point->stack[i];
    const operand& o = stack_[i];
    if (there.where != wasm64::operand::place::temporary || o.is_ref) continue;
    store_slot(frame_, there.slot, visible(o), value_type_of(there.type));
  }
}

/// Float locals that have NaNs of arithmetic at some places where the function is left and other NaNs at others become
/// canonical at the former, which is here; those that have only the former in the end.
template <code_emitter E>
void translator<E>::note_marks() {
  work_ += marks_.size();
  for (std::uint32_t i = 0; i < locals_.size() && !marks_.empty(); ++i) {
    if (locals_[i].mark < 0) continue;
    const auto index = static_cast<std::size_t>(locals_[i].mark);
    if constexpr (plans) {
      if (marks_[index] == nan_bits::open) plan_->saved[index] |= function_plan::saved_open;
      if (marks_[index] == nan_bits::exact) plan_->saved[index] |= function_plan::saved_exact;
    } else if (marks_[index] == nan_bits::open && (plan_->saved[index] & function_plan::saved_exact) != 0) {
      e_.set(locals_[i].place, canonical(e_.get(locals_[i].place), locals_[i].type));
    }
  }
}

/// Locals that nothing reads from here on need not be kept for frames: whoever writes these down puts zeros there. Not
/// where that would be too many.
template <code_emitter E>
void translator<E>::drop_locals(const map_point* point) {
  constexpr std::uint64_t most = std::uint64_t{1} << 18;
  if (point == nullptr || std::uint64_t{plan_->sites} * locals_.size() > most) return;
  const wasm64::vector<std::uint8_t> needed = map_->live.needed(*point, locals_.size());
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    if (needed[i] == 0 && !locals_[i].is_ref) e_.set(locals_[i].place, zero_of(locals_[i].type));
  }
}

/// Leaves the function, possibly in order to go on later.
template <code_emitter E>
void translator<E>::suspend(value status, const map_point* point) {
  if constexpr (plans) plan_->leaves_suspended = true;
  save_operands(point);
  note_marks();
  drop_locals(point);
  e_.set(status_, status);
  e_.set(site_, new_site(point));
  e_.jump(way_out(suspends_));
}

template <code_emitter E>
void translator<E>::finish_function() {
  for (const block b : suspends_.blocks) {
    e_.begin(b);
    const block saves = e_.new_block(true), leaves = e_.new_block(true);
    e_.branch(e_.binary(primitive::le_u, e_.get(status_), i32(interpreted)), saves, leaves, likelihood::unknown);
    e_.begin(saves);
    work_ += locals_.size();
    for (std::size_t i = 0; i < locals_.size(); ++i) {
      const local_state& local = locals_[i];
      if (local.is_ref) continue;
      value v = e_.get(local.place);
      const bool is_open =
          local.mark >= 0 && plan_->saved[static_cast<std::size_t>(local.mark)] == function_plan::saved_open;
      if (is_open) v = canonical(v, local.type);
      if (map_ != nullptr) store_slot(frame_, map_->map.local_slots[i], v, local.type);
    }
    e_.jump(leaves);
    e_.begin(leaves);
    leave();
  }
  for (const block b : traps_.blocks) {
    e_.begin(b);
    store_fuel();
    leave();
  }
  for (const block b : leaves_.blocks) {
    e_.begin(b);
    leave();
  }
  e_.end_function();
}

}  // namespace wasm64::aot
