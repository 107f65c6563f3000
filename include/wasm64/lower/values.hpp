#pragma once

#include <cstdint>

#include "wasm64/binary/immediates.hpp"
#include "wasm64/lower/operands.hpp"

namespace wasm64 {

/// Lowers the instructions that compute values: numeric, parametric, variable, memory and table instructions.
class value_lowering : public operands {
 public:
  value_lowering(const module& m, const word* handlers, bool metered) : operands(handlers, metered), module_(m) {}

  void on_const(val_type type, std::uint64_t bits) { push_constant(type.code, bits); }
  void on_ref_null(heap_type) { push_constant(type_code::ref, 0); }
  void on_drop(val_type) { take(); }

  void on_numeric(op o) {
    const op_info& row = info(o);
    const ir operation = ir_of(o);
    const type_code result = type_of(row.results[0]);
    if (o == op::i32_eqz) equals_zero(ir::i32_eq);
    else if (o == op::i64_eqz) equals_zero(ir::i64_eq);
    else if (o == op::i64_extend_i32_u) retype(result);
    else if (row.params[1] == 0) unary(operation, result);
    else binary(operation, result);
  }

  void on_ref_is_null() {
    const operand reference = pop();
    compute(ir::i64_eq, {kind::slot, kind::immediate}, in_slot(reference), 0, type_code::i32);
  }
  void on_ref_func(std::uint32_t func) { compute(ir::ref_func, {}, 0, func, type_code::ref); }

  void on_select(val_type type) {
    const operand condition = pop();
    const operand b = pop();
    const operand a = pop();
    const kind k = in_accumulator(condition) ? kind::accumulator : kind::slot;
    const std::int32_t first = in_slot(a);
    const std::int32_t second = in_slot(b);
    const std::int32_t third = in_slot(condition);
    compute(ir::select_, {k, kind::slot}, first, halves(second, third), type.code);
    integer_register_only(type.code);
  }

  void on_local_get(std::uint32_t index, val_type type) { push_local(type.code, index); }
  void on_local_set(std::uint32_t index, val_type) { set_local(index, take()); }
  void on_local_tee(std::uint32_t index, val_type type) {
    set_local(index, take());
    push_local(type.code, index);
  }

  void on_global_get(std::uint32_t index, val_type type) {
    compute(ir::global_load, {}, 0, index, type.code);
    integer_register_only(type.code);
  }
  void on_global_set(std::uint32_t index, val_type type) {
    operand value = take();
    if (value.where == operand::place::displaced && index <= INT16_MAX) {
      emit(value.type == type_code::i32 ? ir::i32_global_set_sum : ir::i64_global_set_sum, {},
           static_cast<std::int32_t>(index), value.slot, static_cast<std::uint32_t>(value.bits));
      return;
    }
    compute_displaced(value);
    const bool held = class_of(type.code) == value_class::integer && in_accumulator(value);
    const std::int32_t slot = in_slot(value);
    emit(ir::global_store, {held ? kind::accumulator : kind::slot, kind::slot}, 0, slot, index);
  }

  void on_load(op o, const memarg& arg) {
    operand address = take();
    const ir operation = ir_of(o);
    const type_code type = type_of(info(o).results[0]);
    if (is_displaced_access(operation, address, arg)) {
      const ir access = sum_access(operation, addition_of(address.type));
      return compute(access, {kind::slot, kind::immediate}, address.slot, static_cast<std::uint32_t>(address.bits),
                     type);
    }
    compute_displaced(address);
    if (fast(arg, access_width(operation))) {
      if (load_behind_addition(operation, address, arg, type)) return;
      if (sum s; take_sum(operation, address, arg, s)) return compute(s.operation, s.kinds, s.a, s.imm, type);
      const kind k = in_accumulator(address) ? kind::accumulator : kind::slot;
      compute(operation, {k, kind::slot}, in_slot(address), static_cast<std::uint32_t>(arg.offset), type);
      return;
    }
    const std::int32_t slot = in_slot(address);
    const operand& result = push(type);
    const std::uint32_t at =
        emit_wide(ir::load_far, {}, result.home, slot, static_cast<std::uint32_t>(operation), arg.offset);
    append(arg.memory);
    value_written(result.home, type);
    produced(at, operation, {});
  }

  void on_store(op o, const memarg& arg) {
    const operand value = pop();
    operand address = take();
    const ir operation = ir_of(o);
    if (is_displaced_access(operation, address, arg)) return store_displaced(operation, address, value);
    compute_displaced(address);
    if (!fast(arg, access_width(operation))) {
      const std::int32_t to = in_slot(address);
      const std::int32_t from = in_slot(value);
      emit_wide(ir::store_far, {}, from, to, static_cast<std::uint32_t>(operation), arg.offset);
      append(arg.memory);
      return;
    }
    if (sum s; value.where == operand::place::local && take_sum(operation, address, arg, s)) {
      emit(s.operation, s.kinds, value.slot, s.a, s.imm);
      return;
    }
    kind_pair kinds{in_accumulator(address) ? kind::accumulator : kind::slot, kind::slot};
    const std::int32_t to = in_slot(address);
    std::int32_t from = 0;
    ir store = operation;
    if (value.where == operand::place::constant && small_store(operation, value.bits, from)) {
      kinds.b = kind::immediate;
      store = integer_store(operation);
    } else {
      if (kinds.a == kind::slot) kinds.b = register_of(value);
      from = in_slot(value);
    }
    emit(store, kinds, from, to, static_cast<std::uint32_t>(arg.offset));
  }

  void on_memory_op(op o, std::uint32_t a, std::uint32_t b) {
    switch (o) {
      case op::memory_size: return number_op(ir::memory_size, 0, a, address_code(module_.memories[a].limits));
      case op::memory_grow: {
        const std::int32_t delta = in_slot(pop());
        number_op(ir::memory_grow, delta, a, address_code(module_.memories[a].limits));
        return forget_accumulators();
      }
      case op::memory_fill: return bulk(ir::memory_fill, a, 0);
      case op::memory_copy: return bulk(ir::memory_copy, a, b);
      case op::memory_init: return bulk(ir::memory_init, a, b);
      default: emit(ir::data_drop, {}, 0, 0, a);
    }
  }

  void on_table_op(op o, std::uint32_t a, std::uint32_t b) {
    switch (o) {
      case op::table_get: {
        const std::int32_t index = in_slot(pop());
        return number_op(ir::table_get, index, a, type_code::ref);
      }
      case op::table_set: {
        const std::int32_t value = in_slot(pop());
        const std::int32_t index = in_slot(pop());
        emit(ir::table_set, {}, value, index, a);
        return;
      }
      case op::table_size: return number_op(ir::table_size, 0, a, address_code(module_.tables[a].type.limits));
      case op::table_grow: {
        const std::int32_t delta = in_slot(pop());
        const std::int32_t value = in_slot(pop());
        const operand& result = push(address_code(module_.tables[a].type.limits));
        const std::uint32_t at = emit_wide(ir::table_grow, {}, result.home, delta, a, static_cast<word>(value));
        forget_accumulators();
        return produced(at, ir::table_grow, {});
      }
      case op::table_fill: return bulk(ir::table_fill, a, 0);
      case op::table_copy: return bulk(ir::table_copy, a, b);
      case op::table_init: return bulk(ir::table_init, a, b);
      default: emit(ir::elem_drop, {}, 0, 0, a);
    }
  }

 protected:
  /// The cell that computed the value on top, if nothing was emitted since: its destination can still be changed, and
  /// a comparison can still become a branch.
  struct producer {
    std::uint32_t at = no_cell;
    std::uint32_t end = 0;
    ir operation = ir::count_;
    kind_pair kinds;
    std::int32_t home = 0;
    std::uint32_t offset = 0;  ///< of the instruction
  };
  static constexpr std::uint32_t no_cell = ~std::uint32_t{0};

  static constexpr type_code type_of(char letter) noexcept {
    switch (letter) {
      case 'i': return type_code::i32;
      case 'I': return type_code::i64;
      case 'f': return type_code::f32;
      case 'F': return type_code::f64;
      default: return type_code::v128;
    }
  }
  static constexpr type_code address_code(const limits_type& limits) noexcept { return limits.address_type().code; }
  static constexpr std::uint32_t halves(std::int32_t low, std::int32_t high) noexcept {
    return static_cast<std::uint16_t>(low) | std::uint32_t{static_cast<std::uint16_t>(high)} << 16;
  }

  /// The producer of a popped entry, while it is still the last cell.
  bool produced_last(const operand& entry) const noexcept {
    return entry.where == operand::place::temporary && last_.at != no_cell && last_.end == here() &&
           last_.home == entry.home;
  }
  const producer& last() const noexcept { return last_; }
  /// The one whose cell ends where that of `last` begins.
  const producer& before_last() const noexcept { return before_last_; }
  /// The latest cell that adds a small constant to a local: a branch behind it can do both.
  struct step {
    std::uint32_t at = 0;
    std::uint32_t end = 0;
    ir addition = ir::count_;
    std::int32_t slot = 0;
    kind by_kind = kind::immediate;
    std::int32_t by = 0;  ///< a constant or a slot
  };
  const step& last_step() const noexcept { return step_; }
  void forget_producer() noexcept { last_.at = no_cell; }
  /// Call after the last word of a cell whose result was pushed.
  void produced(std::uint32_t at, ir operation, kind_pair kinds) {
    before_last_ = last_.at != no_cell && last_.end == at ? last_ : producer{};
    last_ = {at, here(), operation, kinds, from_top(0).home, offset};
  }
  /// Emits an operation whose result goes to a new temporary and to the register of its class.
  void compute(ir operation, kind_pair kinds, std::int32_t a, std::uint32_t imm, type_code type) {
    const std::int32_t home = push(type).home;
    const std::uint32_t at = emit(operation, kinds, home, a, imm);
    value_written(home, type);
    slot_computed(home, class_of(type));
    produced(at, operation, kinds);
  }

  const module& module_;

  /// After an operation that moves bits of any type through the integer register.
  void integer_register_only(type_code type) noexcept {
    const value_class c = class_of(type);
    if (c == value_class::integer) return;
    accumulator_clobbered(value_class::integer);
    if (c != value_class::none) accumulator_clobbered(c);
  }

  /// An access together with the addition that computes its address.
  struct sum {
    ir operation;
    kind_pair kinds;
    std::int32_t a;
    std::uint32_t imm;
  };
  /// An address that the access itself can compute: a displaced local without a further offset.
  bool is_displaced_access(ir operation, const operand& address, const memarg& arg) const noexcept {
    return address.where == operand::place::displaced && arg.offset == 0 && fast(arg, access_width(operation)) &&
           sum_access(operation, addition_of(address.type)) != ir::count_;
  }
  /// `x = y + constant` and the load at x.
  bool load_behind_addition(ir operation, const operand& address, const memarg& arg, type_code type) {
    const addition added = last_addition();
    if (address.where != operand::place::local || !added_last(address.slot) || !added.is_small()) return false;
    const ir combined = addition_and_load(added.operation, operation);
    if (combined == ir::count_) return false;
    truncate(added.at);
    const std::int32_t home = push(type).home;
    const std::uint32_t at = emit_wide(combined, {}, home, added.a, halves(added.d, added.by), arg.offset);
    slot_computed(home, class_of(type));
    if (class_of(type) != value_class::integer) accumulator_clobbered(value_class::integer);
    produced(at, combined, {});
    return true;
  }
  void store_displaced(ir operation, const operand& address, const operand& value) {
    kind_pair kinds{kind::immediate, register_of(value)};
    std::int32_t from = 0;
    if (value.where == operand::place::constant && small_store(operation, value.bits, from)) {
      operation = integer_store(operation);
      kinds.b = kind::immediate;
    } else {
      from = in_slot(value);
    }
    const ir access = sum_access(operation, addition_of(address.type));
    if (!has_handler(access, kinds)) kinds = {kind::slot, kind::immediate};
    emit(access, kinds, from, address.slot, static_cast<std::uint32_t>(address.bits));
  }
  /// Constants are stored as integers.
  static constexpr ir integer_store(ir operation) noexcept {
    return operation == ir::f32_store ? ir::i32_store : operation == ir::f64_store ? ir::i64_store : operation;
  }
  static constexpr ir addition_of(type_code type) noexcept {
    return type == type_code::i32 ? ir::i32_add : ir::i64_add;
  }
  /// Takes the addition back from the code when it is the last cell and the offset finds room.
  bool take_sum(ir operation, const operand& address, const memarg& arg, sum& out) {
    if (!produced_last(address)) return false;
    const ir fused = sum_access(operation, last_.operation);
    const std::uint64_t room = last_.kinds.b == kind::immediate ? 0 : 0xffff;
    if (fused == ir::count_ || arg.offset > room) return false;
    const word packed = at_word(last_.at + 1);
    out = {fused, last_.kinds, static_cast<std::int16_t>(packed >> 16), static_cast<std::uint32_t>(packed >> 32)};
    if (last_.kinds.b != kind::immediate) out.imm |= static_cast<std::uint32_t>(arg.offset) << 16;
    truncate(last_.at);
    slot_written(address.home);
    forget_producer();
    return true;
  }

  /// `compute` for operations that leave the registers alone.
  void number_op(ir operation, std::int32_t a, std::uint32_t imm, type_code type) {
    const std::int32_t home = push(type).home;
    const std::uint32_t at = emit(operation, {}, home, a, imm);
    slot_written(home);
    produced(at, operation, {});
  }
  void bulk(ir operation, std::uint32_t a, std::uint32_t b) {
    const std::int32_t size = in_slot(pop());
    const std::int32_t source = in_slot(pop());
    const std::int32_t destination = in_slot(pop());
    emit_wide(operation, {}, destination, source, halves(size, 0), a | word{b} << 32);
    forget_accumulators();  // it may stop for want of fuel, and resuming does not restore the registers
  }

  /// Slots and registers hold i32 zero-extended, so that they are its i64 as well.
  void retype(type_code result) {
    operand& top = from_top(0);
    if (top.where == operand::place::displaced) settle(top);
    top.type = result;
  }

  /// `eqz` is a comparison with 0; of a comparison of numbers it is the opposite one.
  void equals_zero(ir comparison) {
    const operand a = pop();
    if (produced_last(a)) {
      const bool is_truth = comparison == ir::i32_eq;
      const ir tests = bits_are_zero(last_.operation);
      const ir opposite = tests != ir::count_ ? tests : is_truth ? opposite_comparison(last_.operation) : ir::count_;
      if (opposite != ir::count_) {
        producer cell = last_;
        cell.operation = opposite;
        replace_handler(cell.at, opposite, cell.kinds);
        push(type_code::i32);
        last_ = cell;
        return;
      }
    }
    const kind k = in_accumulator(a) ? kind::accumulator : kind::slot;
    compute(comparison, {k, kind::immediate}, in_slot(a), 0, type_code::i32);
  }

  /// Who reads 32 bits of a slot can as well read those of the i64 that the last cell wraps.
  void see_through_wrap(operand& entry) {
    if (!produced_last(entry) || last_.operation != ir::i32_wrap_i64) return;
    const auto source = static_cast<std::int16_t>(at_word(last_.at + 1) >> 16);
    const bool held = last_.kinds.a == kind::accumulator;
    truncate(last_.at);
    forget_producer();
    slot_written(entry.home);
    if (held) slot_computed(source, value_class::integer);
    else accumulator_clobbered(value_class::integer);
    entry.slot = source;
  }

  void unary(ir operation, type_code result) {
    operand a = pop();
    if (a.type == type_code::i32 && operation != ir::i64_extend_i32_s) see_through_wrap(a);
    kind_pair kinds{register_of(a), kind::slot};
    if (!has_handler(operation, kinds)) kinds.a = kind::slot;
    compute(operation, kinds, in_slot(a), 0, result);
  }

  void binary(ir operation, type_code result) {
    operand b = pop();
    if (b.type == type_code::i32) see_through_wrap(b);
    operand a = take();
    if (a.type == type_code::i32) see_through_wrap(a);
    if (displace(operation, a, b) || add_to_global(operation, a, b)) return;
    compute_displaced(a);
    if (combine_shifted(operation, a, b, result) || add_product(operation, a, b)) return;
    kind_pair kinds{read_kind(a), read_kind(b)};
    if (const ir other = mirrored(operation);
        is_symmetric(shape_of(operation)) && !has_handler(operation, kinds) && has_handler(other, {kinds.b, kinds.a})) {
      std::swap(a, b);
      std::swap(kinds.a, kinds.b);
      operation = other;
    }
    if (!has_handler(operation, kinds)) kinds = nearest(operation, kinds);
    const bool wide =
        kinds.a == kind::immediate ? a.type == type_code::f64 : kinds.b == kind::immediate && b.type == type_code::f64;
    // A cell has room for one slot beside an immediate; which operand it is follows from the kinds.
    std::int32_t slot = 0;
    std::uint32_t imm = 0;
    word extra = 0;
    if (kinds.a == kind::immediate) {
      slot = in_slot(b);
      imm = static_cast<std::uint32_t>(a.bits);
      extra = a.bits;
    } else {
      slot = in_slot(a);
      imm = kinds.b == kind::immediate ? static_cast<std::uint32_t>(b.bits) : halves(in_slot(b), 0);
      extra = b.bits;
    }
    const std::int32_t home = push(result).home;
    const std::uint32_t at =
        wide ? emit_wide(operation, kinds, home, slot, 0, extra) : emit(operation, kinds, home, slot, imm);
    if (is_sum(operation)) sum_computed(home, class_of(result));
    else slot_computed(home, class_of(result));
    produced(at, operation, kinds);
  }

  /// Leaves `local + constant` to whoever needs it.
  bool displace(ir operation, const operand& a, const operand& b) {
    if (operation != ir::i32_add && operation != ir::i64_add) return false;
    if (!a.reads_local() || b.where != operand::place::constant) return false;
    std::uint64_t bits = b.bits + (a.where == operand::place::displaced ? a.bits : 0);
    if (operation == ir::i32_add) bits = static_cast<std::uint32_t>(bits);
    else if (static_cast<std::int64_t>(bits) != static_cast<std::int32_t>(bits)) return false;
    push_displaced(a.type, a.local, bits);
    return true;
  }

  /// `(x << constant) + y` and `rotl(x, constant) ^ y`, while the shift is the last cell.
  bool combine_shifted(ir operation, const operand& a, const operand& b, type_code result) {
    const bool is_left = produced_last(a);
    const operand& other = is_left ? b : a;
    if ((!is_left && !produced_last(b)) || other.where == operand::place::constant) return false;
    const ir combined = with_shift(operation, last_.operation);
    if (combined == ir::count_ || last_.kinds.b != kind::immediate || last_.kinds.a == kind::immediate) return false;
    const kind from = last_.kinds.a;
    const word packed = at_word(last_.at + 1);
    const auto slot = static_cast<std::int16_t>(packed >> 16);
    const auto shift = static_cast<std::int32_t>(packed >> 32 & (result == type_code::i32 ? 31 : 63));
    truncate(last_.at);
    slot_written((is_left ? a : b).home);
    compute(combined, {from, kind::slot}, slot, halves(other.slot, shift), result);
    return true;
  }
  /// `x + y * z` and `x - y * z` of f64, while the product is the last cell; both are rounded.
  bool add_product(ir operation, const operand& a, const operand& b) {
    if (operation != ir::f64_add && operation != ir::f64_sub) return false;
    const bool is_left = operation == ir::f64_add && produced_last(a);
    if ((!is_left && !produced_last(b)) || last_.operation != ir::f64_mul || last_.kinds.b != kind::slot) return false;
    const operand& other = is_left ? b : a;
    if (other.where == operand::place::constant) return false;
    const word packed = at_word(last_.at + 1);
    const auto slot = static_cast<std::int16_t>(packed >> 16), factor = static_cast<std::int16_t>(packed >> 32);
    const kind from = last_.kinds.a == kind::accumulator ? kind::accumulator : kind::slot;
    const kind to = register_of(other) == kind::sum ? kind::sum : kind::slot;
    truncate(last_.at);
    const std::int32_t home = push(type_code::f64).home;
    const ir fused = operation == ir::f64_add ? ir::f64_add_product : ir::f64_sub_product;
    const std::uint32_t at = emit(fused, {from, to}, home, slot, halves(factor, other.slot));
    sum_computed(home, value_class::f64);
    accumulator_clobbered(value_class::f64);
    produced(at, fused, {from, to});
    return true;
  }
  /// A global plus or minus a constant, as programs move their stack pointers.
  bool add_to_global(ir operation, const operand& a, const operand& b) {
    const bool adds = operation == ir::i32_add || operation == ir::i64_add;
    const bool subtracts = operation == ir::i32_sub || operation == ir::i64_sub;
    if ((!adds && !subtracts) || b.where != operand::place::constant || !produced_last(a)) return false;
    const std::uint64_t by = subtracts ? 0 - b.bits : b.bits;
    const auto narrow = static_cast<std::int32_t>(by);
    const bool fits = a.type == type_code::i32 || static_cast<std::int64_t>(by) == narrow;
    const word packed = at_word(last_.at + 1);
    if (last_.operation != ir::global_load || !fits || packed >> 32 > INT16_MAX) return false;
    truncate(last_.at);
    compute(a.type == type_code::i32 ? ir::i32_global_add : ir::i64_global_add, {},
            static_cast<std::int32_t>(packed >> 32), static_cast<std::uint32_t>(narrow), a.type);
    return true;
  }

  static bool has_handler(ir operation, kind_pair kinds) noexcept {
    return handler_id(operation, kinds) != handler_count;
  }
  /// Kinds that have a handler, with one operand read from its slot instead if that will do.
  static kind_pair nearest(ir operation, kind_pair kinds) noexcept {
    for (const kind_pair k : {kind_pair{kinds.a, kind::slot}, kind_pair{kind::slot, kinds.b}}) {
      if (has_handler(operation, k)) return k;
    }
    return {};
  }
  kind read_kind(const operand& entry) const noexcept {
    if (entry.where != operand::place::constant) return register_of(entry);
    const bool fits =
        entry.type != type_code::i64 || static_cast<std::int64_t>(entry.bits) == static_cast<std::int32_t>(entry.bits);
    return fits ? kind::immediate : kind::slot;
  }

  void set_local(std::uint32_t index, const operand& value) {
    const std::int32_t slot = local_slot(index);
    if (value.where == operand::place::local && value.local == index) return;
    settle_local(index);
    if (value.where == operand::place::displaced) {
      move_to(slot, value);
      const addition& added = last_addition();
      if (added.d == added.a && added.is_small()) {
        step_ = {added.at, added.end, added.operation, slot, kind::immediate, added.by};
      }
      return;
    }
    if (value.where == operand::place::local && added_last(value.slot) && last_addition().is_small()) {
      // Both locals get the sum.
      const addition added = last_addition();
      const ir to_both = added.operation == ir::i32_add ? ir::i32_add_to_both : ir::i64_add_to_both;
      truncate(added.at);
      emit(to_both, {}, added.d, added.a, halves(slot, added.by));
      slot_written(slot);
      return;
    }
    if (produced_last(value)) {
      set_destination(last_.at, slot);
      note_step(slot);
      const kind held = register_of(value);
      value_written(slot, value.type);
      if (held == kind::accumulator) slot_computed(slot, class_of(value.type));
      if (held == kind::sum) sum_computed(slot, class_of(value.type));
      forget_producer();
      return;
    }
    move_to(slot, value);
  }

  /// After an addition got this destination.
  void note_step(std::int32_t slot) noexcept {
    if ((last_.operation != ir::i32_add && last_.operation != ir::i64_add) || last_.kinds != kind_pair{}) return;
    const word packed = at_word(last_.at + 1);
    const auto a = static_cast<std::int16_t>(packed >> 16), b = static_cast<std::int16_t>(packed >> 32);
    if (a == slot) step_ = {last_.at, last_.end, last_.operation, slot, kind::slot, b};
    else if (b == slot) step_ = {last_.at, last_.end, last_.operation, slot, kind::slot, a};
  }

  /// Memory 0, an offset that fits the cell, and offset + width within the declared minimum: memories never shrink, so
  /// `size − (offset + width)` cannot wrap and one comparison checks the access.
  bool fast(const memarg& arg, std::uint32_t width) const noexcept {
    if (arg.memory != 0 || arg.offset > 0xffffffff) return false;
    const memory_type& memory = module_.memories[0];
    const std::uint64_t pages = memory.limits.min;
    const std::uint64_t minimum =
        pages > (~std::uint64_t{0} >> memory.page_size_log2) ? ~std::uint64_t{0} : pages << memory.page_size_log2;
    return arg.offset + width <= minimum;
  }

  /// Constants that fit the 16 bits a store has for its value.
  static bool small_store(ir operation, std::uint64_t bits, std::int32_t& value) noexcept {
    const bool narrow = operation == ir::i32_store || operation == ir::f32_store || operation == ir::i32_store8 ||
                        operation == ir::i32_store16;
    const std::int64_t wide = narrow ? static_cast<std::int32_t>(bits) : static_cast<std::int64_t>(bits);
    if (wide != static_cast<std::int16_t>(wide)) return false;
    value = static_cast<std::int32_t>(wide);
    return true;
  }

 public:
  static constexpr std::uint32_t access_width(ir operation) noexcept {
    switch (operation) {
      case ir::i32_load8_s:
      case ir::i32_load8_u:
      case ir::i64_load8_s:
      case ir::i64_load8_u:
      case ir::i32_store8:
      case ir::i64_store8: return 1;
      case ir::i32_load16_s:
      case ir::i32_load16_u:
      case ir::i64_load16_s:
      case ir::i64_load16_u:
      case ir::i32_store16:
      case ir::i64_store16: return 2;
      case ir::i64_load:
      case ir::f64_load:
      case ir::i64_store:
      case ir::f64_store: return 8;
      case ir::v128_load:
      case ir::v128_store: return 16;
      default: return 4;
    }
  }

 private:
  producer last_;
  producer before_last_;
  step step_;
};

}  // namespace wasm64
