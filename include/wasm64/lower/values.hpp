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
  void on_drop(val_type) { pop(); }

  void on_numeric(op o) {
    const op_info& row = info(o);
    const ir operation = ir_of(o);
    const type_code result = type_of(row.results[0]);
    if (o == op::i32_eqz) equals_zero(ir::i32_eq);
    else if (o == op::i64_eqz) equals_zero(ir::i64_eq);
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
  void on_local_set(std::uint32_t index, val_type) { set_local(index, pop()); }
  void on_local_tee(std::uint32_t index, val_type type) {
    set_local(index, pop());
    push_local(type.code, index);
  }

  void on_global_get(std::uint32_t index, val_type type) {
    compute(ir::global_load, {}, 0, index, type.code);
    integer_register_only(type.code);
  }
  void on_global_set(std::uint32_t index, val_type type) {
    const operand value = pop();
    const bool held = class_of(type.code) == value_class::integer && in_accumulator(value);
    const std::int32_t slot = in_slot(value);
    emit(ir::global_store, {held ? kind::accumulator : kind::slot, kind::slot}, 0, slot, index);
  }

  void on_load(op o, const memarg& arg) {
    const operand address = pop();
    const ir operation = ir_of(o);
    const type_code type = type_of(info(o).results[0]);
    if (fast(arg, access_width(operation))) {
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
    const operand address = pop();
    const ir operation = ir_of(o);
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
      if (operation == ir::f32_store) store = ir::i32_store;
      if (operation == ir::f64_store) store = ir::i64_store;
    } else {
      if (kinds.a == kind::slot && in_accumulator(value)) kinds.b = kind::accumulator;
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
  void forget_producer() noexcept { last_.at = no_cell; }
  /// Call after the last word of a cell whose result was pushed.
  void produced(std::uint32_t at, ir operation, kind_pair kinds) {
    last_ = {at, here(), operation, kinds, from_top(0).home};
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

  /// `eqz` is a comparison with 0; of a comparison of numbers it is the opposite one.
  void equals_zero(ir comparison) {
    const operand a = pop();
    if (comparison == ir::i32_eq && produced_last(a)) {
      const ir opposite = opposite_comparison(last_.operation);
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

  void unary(ir operation, type_code result) {
    const operand a = pop();
    const kind k = in_accumulator(a) ? kind::accumulator : kind::slot;
    compute(operation, {k, kind::slot}, in_slot(a), 0, result);
  }

  void binary(ir operation, type_code result) {
    operand b = pop();
    operand a = pop();
    const shape s = shape_of(operation);
    if (s != shape::binary && should_swap(a, b)) {
      std::swap(a, b);
      operation = mirrored(operation);
    }
    kind_pair kinds{read_kind(a), read_kind(b)};
    if (kinds.a == kind::immediate && (kinds.b == kind::immediate || s != shape::binary)) kinds.a = kind::slot;
    if (kinds.b == kind::accumulator && (kinds.a == kind::accumulator || s != shape::binary)) kinds.b = kind::slot;
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
    slot_computed(home, class_of(result));
    produced(at, operation, kinds);
  }

  bool should_swap(const operand& a, const operand& b) const noexcept {
    if (a.where == operand::place::constant) return b.where != operand::place::constant;
    return b.where != operand::place::constant && in_accumulator(b) && !in_accumulator(a);
  }
  kind read_kind(const operand& entry) const noexcept {
    if (entry.where != operand::place::constant) {
      return in_accumulator(entry) ? kind::accumulator : kind::slot;
    }
    const bool fits =
        entry.type != type_code::i64 || static_cast<std::int64_t>(entry.bits) == static_cast<std::int32_t>(entry.bits);
    return fits ? kind::immediate : kind::slot;
  }

  void set_local(std::uint32_t index, const operand& value) {
    const std::int32_t slot = local_slot(index);
    if (value.where == operand::place::local && value.local == index) return;
    settle_local(index);
    if (produced_last(value)) {
      set_destination(last_.at, slot);
      const bool held = in_accumulator(value);
      value_written(slot, value.type);
      if (held) slot_computed(slot, class_of(value.type));
      forget_producer();
      return;
    }
    move_to(slot, value);
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
};

}  // namespace wasm64
