#pragma once

#include <cstdint>

#include "wasm64/lower/combining.hpp"

namespace wasm64 {

/// Lowers the instructions that compute values: numeric, parametric, variable, memory and table instructions.
class value_lowering : public combining {
 public:
  using combining::combining;

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
    if (is_small_constant(b)) {
      const std::int32_t first = in_slot(a);
      compute(ir::select_or_constant, {k, kind::slot}, first, halves(constant_of(b), in_slot(condition)), type.code);
    } else if (is_small_constant(a)) {
      const std::int32_t second = in_slot(b);
      compute(ir::select_constant_or, {k, kind::slot}, second, halves(constant_of(a), in_slot(condition)), type.code);
    } else {
      const std::int32_t first = in_slot(a);
      const std::int32_t second = in_slot(b);
      compute(ir::select_, {k, kind::slot}, first, halves(second, in_slot(condition)), type.code);
    }
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
    ir operation = ir_of(o);
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
    if (stores_constant(operation, value, from)) {
      kinds.b = kind::immediate;
    } else {
      if (kinds.a == kind::slot) kinds.b = register_of(value);
      from = in_slot(value);
    }
    emit(operation, kinds, from, to, static_cast<std::uint32_t>(arg.offset));
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
    if (produced_last(a)) {
      const bool is_truth = comparison == ir::i32_eq;
      const ir tests = bits_are_zero(last().operation);
      const ir opposite = tests != ir::count_ ? tests : is_truth ? opposite_comparison(last().operation) : ir::count_;
      if (opposite != ir::count_) {
        producer cell = last();
        cell.operation = opposite;
        replace_handler(cell.at, opposite, cell.kinds);
        push(type_code::i32);
        produced(cell);
        return;
      }
    }
    const kind k = in_accumulator(a) ? kind::accumulator : kind::slot;
    compute(comparison, {k, kind::immediate}, in_slot(a), 0, type_code::i32);
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
    rotate_left_instead(operation, b);
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
    if (is_sum(operation)) sum_computed(home);
    else slot_computed(home, class_of(result));
    produced(at, operation, kinds);
  }
  /// By constants programs rotate to the left only.
  static void rotate_left_instead(ir& operation, operand& by) noexcept {
    if (by.where != operand::place::constant) return;
    if (operation == ir::i32_rotr) operation = ir::i32_rotl;
    else if (operation == ir::i64_rotr) operation = ir::i64_rotl;
    else return;
    by.bits = (0 - by.bits) & (by.type == type_code::i32 ? 31 : 63);
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
    if (value.where == operand::place::constant && value.bits == 0 && is_still_zero(index)) return;
    touch(index);
    settle_local(index);
    if (value.where == operand::place::displaced) {
      move_to(slot, value);
      return;
    }
    if (value.where == operand::place::local && added_constant_last(value.slot) && last_addition().is_small()) {
      // Both locals get the sum.
      const addition added = last_addition();
      const ir to_both = added.operation == ir::i32_add ? ir::i32_add_to_both : ir::i64_add_to_both;
      truncate(added.at);
      emit(to_both, {}, added.d, added.a, halves(slot, added.by));
      this->added({});  // what drops an addition must not drop this one
      slot_written(slot);
      return;
    }
    if (produced_last(value)) {
      set_destination(last().at, slot);
      note_addition(slot);
      const kind held = register_of(value);
      value_written(slot, value.type);
      if (held == kind::accumulator) slot_computed(slot, class_of(value.type));
      if (held == kind::sum) sum_computed(slot);
      forget_producer();
      return;
    }
    move_to(slot, value);
  }
};

}  // namespace wasm64
