#pragma once

#include <cstdint>
#include <utility>

#include "wasm64/binary/immediates.hpp"
#include "wasm64/lower/operands.hpp"

namespace wasm64 {

/// What makes one cell of several instructions: it knows the latest cells and can take them back from the code while
/// nothing refers to them.
class combining : public operands {
 public:
  combining(const module& m, const word* handlers, bool metered) : operands(handlers, metered), module_(m) {}

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
  void forget_producer() noexcept { last_.at = no_cell; }
  /// Call after the last word of a cell whose result was pushed.
  void produced(std::uint32_t at, ir operation, kind_pair kinds) {
    before_last_ = last_.at != no_cell && last_.end == at ? last_ : producer{};
    last_ = {at, here(), operation, kinds, from_top(0).home, offset};
  }
  /// The value on top is again that of this cell.
  void produced(const producer& cell) noexcept { last_ = cell; }
  /// Emits an operation whose result goes to a new temporary and to the register of its class.
  void compute(ir operation, kind_pair kinds, std::int32_t a, std::uint32_t imm, type_code type) {
    const std::int32_t home = push(type).home;
    const std::uint32_t at = emit(operation, kinds, home, a, imm);
    value_written(home, type);
    slot_computed(home, class_of(type));
    produced(at, operation, kinds);
  }

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
    if (address.where != operand::place::local || !added_constant_last(address.slot) || !added.is_small()) return false;
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
    if (stores_constant(operation, value, from)) {
      kinds.b = kind::immediate;
    } else {
      from = in_slot(value);
    }
    const ir access = sum_access(operation, addition_of(address.type));
    if (!has_handler(access, kinds)) kinds = {kind::slot, kind::immediate};
    emit(access, kinds, from, address.slot, static_cast<std::uint32_t>(address.bits));
  }
  static constexpr ir addition_of(type_code type) noexcept {
    return type == type_code::i32 ? ir::i32_add : ir::i64_add;
  }
  /// Takes the addition back from the code when it is the last cell and the offset finds room.
  bool take_sum(ir operation, const operand& address, const memarg& arg, sum& out) {
    if (!produced_last(address)) return false;
    const ir fused = sum_access(operation, last_.operation);
    const std::uint64_t room = last_.kinds.b == kind::immediate ? 0 : 0xffff;
    if (fused == ir::count_ || arg.offset > room || !has_handler(fused, last_.kinds)) return false;
    const word packed = at_word(last_.at + 1);
    out = {fused, last_.kinds, static_cast<std::int16_t>(packed >> 16), static_cast<std::uint32_t>(packed >> 32)};
    if (last_.kinds.b != kind::immediate) out.imm |= static_cast<std::uint32_t>(arg.offset) << 16;
    truncate(last_.at);
    slot_written(address.home);
    forget_producer();
    return true;
  }

  /// Slots and registers hold i32 zero-extended, so that they are its i64 as well.
  void retype(type_code result) {
    operand& top = from_top(0);
    if (top.where == operand::place::displaced) settle(top);
    top.type = result;
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
    const bool extends = operation == ir::i64_add && last_.operation == ir::i64_extend_i32_s;
    ir combined = extends ? ir::i64_add_extended : with_shift(operation, last_.operation);
    if (combined == ir::count_ || last_.kinds.a == kind::immediate) return false;
    if (!extends && last_.kinds.b != kind::immediate) return false;
    const word packed = at_word(last_.at + 1);
    const auto shift = extends ? 0 : static_cast<std::int32_t>(packed >> 32 & (result == type_code::i32 ? 31 : 63));
    producer first = last_;
    if (combined == ir::i64_add_scaled && extends_for(first)) {
      first = before_last_;
      combined = ir::i64_add_extended;
    }
    const auto slot = static_cast<std::int16_t>(at_word(first.at + 1) >> 16);
    truncate(first.at);
    slot_written((is_left ? a : b).home);
    compute(combined, {first.kinds.a, kind::slot}, slot, halves(other.slot, shift), result);
    return true;
  }
  /// Whether the cell before this one only extends its operand.
  bool extends_for(const producer& cell) const noexcept {
    return before_last_.operation == ir::i64_extend_i32_s && before_last_.end == cell.at &&
           before_last_.at >= fixed() && cell.kinds.a == kind::accumulator &&
           static_cast<std::int16_t>(at_word(cell.at + 1) >> 16) == before_last_.home;
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
    if (operation == ir::f64_add && loads_for(last_)) {
      // The other factor is in memory.
      const producer load = before_last_;
      const word address = at_word(load.at + 1);
      const std::uint32_t here_in_module = std::exchange(offset, load.offset);  // where the access traps
      truncate(load.at);
      const std::int32_t home = push(type_code::f64).home;
      const ir fused = load.operation == ir::sum32_f64_load ? ir::sum32_f64_load_product : ir::sum64_f64_load_product;
      const std::uint32_t at = emit_wide(fused, {kind::slot, to}, home, static_cast<std::int16_t>(address >> 16),
                                         static_cast<std::uint32_t>(address >> 32), halves(factor, other.slot));
      offset = here_in_module;
      sum_computed(home);
      accumulator_clobbered(value_class::f64);
      produced(at, fused, {kind::slot, to});
      return true;
    }
    truncate(last_.at);
    const std::int32_t home = push(type_code::f64).home;
    const ir fused = operation == ir::f64_add ? ir::f64_add_product : ir::f64_sub_product;
    const std::uint32_t at = emit(fused, {from, to}, home, slot, halves(factor, other.slot));
    sum_computed(home);
    accumulator_clobbered(value_class::f64);
    produced(at, fused, {from, to});
    return true;
  }
  /// Whether the cell before this product loads its first factor from `slot + constant`.
  bool loads_for(const producer& product) const noexcept {
    const bool is_load = before_last_.operation == ir::sum32_f64_load || before_last_.operation == ir::sum64_f64_load;
    return is_load && before_last_.end == product.at && before_last_.at >= fixed() &&
           before_last_.kinds == kind_pair{kind::slot, kind::immediate} && product.kinds.a == kind::accumulator &&
           static_cast<std::int16_t>(at_word(product.at + 1) >> 16) == before_last_.home;
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

  /// After an addition of slots got this destination: it may add to the local there.
  void note_addition(std::int32_t slot) noexcept {
    if ((last_.operation != ir::i32_add && last_.operation != ir::i64_add) || last_.kinds != kind_pair{}) return;
    const word packed = at_word(last_.at + 1);
    const auto a = static_cast<std::int16_t>(packed >> 16), b = static_cast<std::int16_t>(packed >> 32);
    if (a != slot && b != slot) return;
    added({last_.at, last_.end, last_.operation, slot, slot, a == slot ? b : a, kind::slot});
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

  /// Integers that a cell has 16 bits for, whatever their width.
  static bool is_small_constant(const operand& entry) noexcept {
    return entry.where == operand::place::constant && class_of(entry.type) == value_class::integer &&
           entry.bits <= INT16_MAX;
  }
  static std::int32_t constant_of(const operand& entry) noexcept { return static_cast<std::int32_t>(entry.bits); }

  /// Whether the value is a constant that fits the 16 bits a store has for it; floats are then stored as integers.
  static bool stores_constant(ir& operation, const operand& value, std::int32_t& from) noexcept {
    if (value.where != operand::place::constant) return false;
    const ir store = operation == ir::f32_store   ? ir::i32_store
                     : operation == ir::f64_store ? ir::i64_store
                                                  : operation;
    const bool narrow = store == ir::i32_store || store == ir::i32_store8 || store == ir::i32_store16;
    const std::int64_t wide = narrow ? static_cast<std::int32_t>(value.bits) : static_cast<std::int64_t>(value.bits);
    if (wide != static_cast<std::int16_t>(wide)) return false;
    operation = store;
    from = static_cast<std::int32_t>(wide);
    return true;
  }

  const module& module_;

 private:
  producer last_;
  producer before_last_;
};

}  // namespace wasm64
