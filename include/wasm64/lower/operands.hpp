#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "wasm64/lower/emitter.hpp"

namespace wasm64 {

/// A value of the operand stack while a function is lowered: where it can be read.
struct operand {
  /// `displaced`: a local plus a constant, an integer that no cell has computed yet.
  enum class place : std::uint8_t { temporary, local, constant, displaced };

  place where = place::temporary;
  type_code type = type_code::none;
  std::int32_t home = 0;  ///< the slot that stands for its stack height; where a temporary is
  std::int32_t slot = 0;  ///< where it is now: `home`, or the local's slot
  std::uint32_t local = 0;
  std::uint64_t bits = 0;  ///< of a constant; of a displaced local, its 32 bits are extended as an immediate's

  bool reads_local() const noexcept { return where == place::local || where == place::displaced; }
};

/// Registers that hold the latest result of each class.
enum class value_class : std::uint8_t { integer, f32, f64, v128, none };

constexpr value_class class_of(type_code type) noexcept {
  switch (type) {
    case type_code::i32:
    case type_code::i64: return value_class::integer;
    case type_code::f32: return value_class::f32;
    case type_code::f64: return value_class::f64;
    case type_code::v128: return value_class::v128;
    default: return value_class::none;
  }
}

/// The symbolic operand stack: `local.get` and constants emit nothing, they are read where they are. Every entry owns
/// the slot of its height (its home), so that merging paths agree on places without any bookkeeping.
class operands : public emitter {
 public:
  using emitter::emitter;

  /// Lays out the frame: arguments below the header, then locals, references, temporaries.
  void lay_out(const func_type& type, std::span<const val_type> locals, std::int32_t ref_capacity) {
    area_ = std::max(slot_count(type.params), slot_count(type.results));
    param_count_ = type.params.size();
    std::int32_t argument = -frame::header - area_;
    std::int32_t number = 0;
    std::int32_t references = 0;
    for (std::size_t i = param_count_; i < locals.size(); ++i) {
      if (locals[i].is_ref()) ++references;
      else number += static_cast<std::int32_t>(locals[i].slots());
    }
    first_ref_ = number;
    std::int32_t next_number = 0;
    std::int32_t next_ref = first_ref_;
    local_slots_.resize(locals.size());
    pending_.assign(locals.size(), 0);
    untouched_.assign(locals.size(), 1);
    for (std::size_t i = 0; i < param_count_; ++i) untouched_[i] = 0;
    for (std::size_t i = 0; i < locals.size(); ++i) {
      std::int32_t& next = i < param_count_ ? argument : locals[i].is_ref() ? next_ref : next_number;
      local_slots_[i] = next;
      next += static_cast<std::int32_t>(locals[i].slots());
    }
    ref_temporaries_ = first_ref_ + references;
    temporaries_ = ref_temporaries_ + ref_capacity;
    highest_slot_ = temporaries_;
  }

  std::int32_t area() const noexcept { return area_; }
  std::int32_t first_ref() const noexcept { return first_ref_; }
  /// Slots from 0 that an activation zeroes: locals and references.
  std::int32_t zeroed_slots() const noexcept { return temporaries_; }
  std::int32_t max_refs() const noexcept { return max_refs_; }
  bool fits() const noexcept { return highest_slot_ <= frame::max_slot && area_ <= frame::max_slot; }

 protected:
  struct heights {
    std::int32_t number = 0;
    std::int32_t refs = 0;
    friend bool operator==(heights, heights) = default;
    friend heights operator-(heights a, heights b) noexcept { return {a.number - b.number, a.refs - b.refs}; }
  };

  std::int32_t number_slot(std::int32_t height) const noexcept { return temporaries_ + height; }
  std::int32_t ref_slot(std::int32_t height) const noexcept { return ref_temporaries_ + height; }
  heights height() const noexcept { return height_; }
  std::size_t depth() const noexcept { return stack_.size(); }
  operand& from_top(std::size_t n) noexcept { return stack_[stack_.size() - 1 - n]; }
  std::span<const operand> entries() const noexcept { return view_of(stack_); }
  std::int32_t local_slot(std::uint32_t index) const noexcept { return local_slots_[index]; }

  // Locals begin as zero, and no text in front of the first that sets one can run after it, but for loops around both.
  bool is_still_zero(std::uint32_t local) const noexcept { return untouched_[local] != 0 && open_loops_ == 0; }
  void touch(std::uint32_t local) noexcept { untouched_[local] = 0; }
  void loop_opened() noexcept { ++open_loops_; }
  void loop_closed() noexcept { --open_loops_; }

  /// The home of a value of this type at this height; advances the height.
  std::int32_t take_home(type_code type, heights& at) const noexcept {
    if (type == type_code::ref) return ref_slot(at.refs++);
    const std::int32_t slot = number_slot(at.number);
    at.number += type == type_code::v128 ? 2 : 1;
    return slot;
  }

  /// Records that slots up to this one are in use.
  void reach(std::int32_t slot) noexcept { highest_slot_ = std::max(highest_slot_, slot); }
  void reach(heights at) noexcept {
    reach(number_slot(at.number));
    max_refs_ = std::max(max_refs_, at.refs);
  }

  operand& push(type_code type) {
    operand& entry = stack_.emplace_back();
    entry.type = type;
    entry.home = entry.slot = take_home(type, height_);
    reach(height_);
    return entry;
  }
  void push_local(type_code type, std::uint32_t index) {
    operand& entry = push(type);
    entry.where = operand::place::local;
    entry.local = index;
    entry.slot = local_slots_[index];
    ++pending_[index];
  }
  void push_constant(type_code type, std::uint64_t bits) {
    operand& entry = push(type);
    entry.where = operand::place::constant;
    entry.bits = bits;
  }

  /// `local + constant`, to become part of an address or of the next addition.
  void push_displaced(type_code type, std::uint32_t index, std::uint64_t bits) {
    push_local(type, index);
    stack_.back().where = operand::place::displaced;
    stack_.back().bits = bits;
  }

  /// An entry that can be read where it is.
  operand pop() {
    operand entry = take();
    compute_displaced(entry);
    return entry;
  }
  void compute_displaced(operand& entry) {
    if (entry.where != operand::place::displaced) return;
    move_to(entry.home, entry);
    entry.where = operand::place::temporary;
    entry.slot = entry.home;
  }
  /// An entry as it is: of a displaced local nothing has been computed.
  operand take() {
    const operand entry = stack_.back();
    stack_.pop_back();
    if (entry.type == type_code::ref) --height_.refs;
    else height_.number -= entry.type == type_code::v128 ? 2 : 1;
    if (entry.reads_local()) --pending_[entry.local];
    if (settled_ > stack_.size()) settled_ = stack_.size();
    if (homed_ > stack_.size()) homed_ = stack_.size();
    return entry;
  }
  /// Forgets what an unreachable end of a block left behind.
  void reset(std::size_t depth, heights at) {
    while (stack_.size() > depth) take();
    height_ = at;
    reach(at);
  }

  // Accumulators: which slot's value each register holds.
  bool in_accumulator(const operand& entry) const noexcept {
    const value_class c = class_of(entry.type);
    const bool is_value = entry.where == operand::place::temporary || entry.where == operand::place::local;
    return c != value_class::none && is_value && accumulated_[static_cast<std::size_t>(c)] == entry.slot;
  }
  /// Where an entry can be read: the register of its class, that of its class's sums, or its slot.
  kind register_of(const operand& entry) const noexcept {
    if (in_accumulator(entry)) return kind::accumulator;
    const bool is_value = entry.type == type_code::f64 && entry.where != operand::place::constant;
    const bool in_sum = is_value && sum_ == entry.slot;
    return in_sum ? kind::sum : kind::slot;
  }
  /// The slot whose value the integer register holds.
  std::int32_t integer_register() const noexcept { return accumulated_[0]; }
  void forget_accumulators() noexcept {
    accumulated_[0] = accumulated_[1] = accumulated_[2] = accumulated_[3] = nowhere;
    sum_ = nowhere;
  }
  /// A slot was written by something that leaves the registers alone.
  void slot_written(std::int32_t slot) noexcept {
    for (std::int32_t& held : accumulated_) {
      if (held == slot) held = nowhere;
    }
    if (accumulated_[3] == slot - 1) accumulated_[3] = nowhere;  // the other half of a vector
    if (sum_ == slot) sum_ = nowhere;
  }
  void value_written(std::int32_t slot, type_code type) noexcept {
    slot_written(slot);
    if (type == type_code::v128) slot_written(slot + 1);
  }
  /// A slot was written by an operation that also leaves the value in the register of its class.
  void slot_computed(std::int32_t slot, value_class c) noexcept {
    slot_written(slot);
    if (c != value_class::none) accumulated_[static_cast<std::size_t>(c)] = slot;
  }
  /// The same for a sum of f64.
  void sum_computed(std::int32_t slot) noexcept {
    slot_written(slot);
    sum_ = slot;
  }
  void accumulator_clobbered(value_class c) noexcept { accumulated_[static_cast<std::size_t>(c)] = nowhere; }

  /// Moves an entry's value to a slot; later readers find it where they look for it.
  void move_to(std::int32_t slot, const operand& entry) {
    if (entry.where == operand::place::constant) {
      if (entry.bits <= 0xffffffff) emit(ir::mov_i32, {}, slot, 0, static_cast<std::uint32_t>(entry.bits));
      else emit_wide(ir::mov_i64, {}, slot, 0, 0, entry.bits);
    } else if (entry.where == operand::place::displaced) {
      const ir operation = entry.type == type_code::i32 ? ir::i32_add : ir::i64_add;
      const auto by = static_cast<std::int32_t>(entry.bits);
      const std::uint32_t at =
          emit(operation, {kind::slot, kind::immediate}, slot, entry.slot, static_cast<std::uint32_t>(by));
      added({at, here(), operation, slot, entry.slot, by});
      return slot_computed(slot, value_class::integer);
    } else if (entry.slot == slot) {
      return;
    } else if (entry.type == type_code::v128) {
      emit(ir::mov_v128, {}, slot, entry.slot, 0);  // the two places may overlap by a slot
    } else {
      emit_move(slot, entry.slot);
    }
    value_written(slot, entry.type);
  }

  /// The latest cell that added to a local: what follows can do it as well.
  struct addition {
    std::uint32_t at = 0;
    std::uint32_t end = 0;
    ir operation = ir::count_;
    std::int32_t d = 0;
    std::int32_t a = 0;
    std::int32_t by = 0;  ///< a constant, or a slot
    kind by_kind = kind::immediate;

    bool is_small() const noexcept { return by == static_cast<std::int16_t>(by); }
  };
  /// Whether it is the last cell, and wrote this slot.
  bool added_last(std::int32_t slot) const noexcept {
    return last_addition_.end == here() && last_addition_.at >= fixed() && last_addition_.d == slot &&
           last_addition_.operation != ir::count_;
  }
  bool added_constant_last(std::int32_t slot) const noexcept {
    return added_last(slot) && last_addition_.by_kind == kind::immediate;
  }
  const addition& last_addition() const noexcept { return last_addition_; }
  void added(const addition& cell) noexcept { last_addition_ = cell; }

  /// Puts an entry that is still on the stack into its home.
  void settle(operand& entry) {
    move_to(entry.home, entry);
    if (entry.reads_local()) --pending_[entry.local];
    entry.where = operand::place::temporary;
    entry.slot = entry.home;
  }
  void settle_top(std::size_t count) {
    const std::size_t below = stack_.size() - count;
    for (std::size_t i = std::max(below, homed_); i < stack_.size(); ++i) settle(stack_[i]);
    if (below <= homed_) homed_ = stack_.size();
  }
  /// Before a local changes: entries that still read it keep the old value.
  void settle_local(std::uint32_t index) {
    for (std::size_t i = stack_.size(); pending_[index] != 0 && i-- > 0;) {
      if (stack_[i].reads_local() && stack_[i].local == index) settle(stack_[i]);
    }
  }
  /// Before control forks: inside the block a local may change on one path only.
  void settle_locals() {
    for (; settled_ < stack_.size(); ++settled_) {
      if (stack_[settled_].reads_local()) settle(stack_[settled_]);
    }
  }

  // Many values at once. A branch of two bytes can move as many as a type lists, so beyond a few there is one cell for
  // all of them: code stays within a constant multiple of the body, whatever the types.

  static constexpr std::size_t few_values = 8;

  /// How many slots of each range values of these types take.
  static heights heights_of(std::span<const val_type> types) noexcept {
    heights sum;
    for (const val_type type : types) {
      if (type.is_ref()) ++sum.refs;
      else sum.number += static_cast<std::int32_t>(type.slots());
    }
    return sum;
  }
  void move_range(std::int32_t d, std::int32_t a, std::int32_t count) {
    if (count != 0 && d != a) emit(ir::mov_range, {}, d, a, static_cast<std::uint32_t>(count));
    forget_accumulators();
  }
  /// From the homes of both ranges to slots in a row, or back.
  void gather(std::int32_t to, heights from, const vector<val_type>& types) {
    emit_wide(ir::gather, {}, to, number_slot(from.number), static_cast<std::uint16_t>(ref_slot(from.refs)),
              reinterpret_cast<word>(&types));
    forget_accumulators();
  }
  void scatter(heights to, std::int32_t from, const vector<val_type>& types) {
    emit_wide(ir::scatter, {}, number_slot(to.number), from, static_cast<std::uint16_t>(ref_slot(to.refs)),
              reinterpret_cast<word>(&types));
    forget_accumulators();
  }

  /// A slot that holds an entry's value; what is in no slot goes to its home.
  std::int32_t in_slot(const operand& entry) {
    if (entry.where != operand::place::constant && entry.where != operand::place::displaced) return entry.slot;
    move_to(entry.home, entry);
    return entry.home;
  }

 private:
  static constexpr std::int32_t nowhere = -0x7fffffff;

  small_vector<operand, 32> stack_;
  heights height_;
  std::size_t settled_ = 0;  ///< entries below this one read no local
  std::size_t homed_ = 0;  ///< entries below this one are in their homes
  small_vector<std::int32_t, 32> local_slots_;
  small_vector<std::uint32_t, 32> pending_;  ///< entries that read each local
  small_vector<std::uint8_t, 64> untouched_;  ///< whether nothing so far sets the local
  std::uint32_t open_loops_ = 0;
  std::size_t param_count_ = 0;
  std::int32_t area_ = 0;
  std::int32_t first_ref_ = 0;
  std::int32_t ref_temporaries_ = 0;
  std::int32_t temporaries_ = 0;
  std::int32_t highest_slot_ = 0;
  std::int32_t max_refs_ = 0;
  std::int32_t accumulated_[4] = {nowhere, nowhere, nowhere, nowhere};
  addition last_addition_;
  std::int32_t sum_ = nowhere;  ///< what the register for sums of f64 holds
};

}  // namespace wasm64
