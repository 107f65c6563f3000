#pragma once

#include "wasm64/lower/vectors.hpp"

namespace wasm64 {

/// What an atomic instruction does with the old value, as its cell says it.
enum class atomic_kind : std::uint8_t { load, store, add, sub, and_, or_, xor_, xchg, cmpxchg, notify, wait };

/// The last word of an atomic's cell: memory, and from bit 32 the width and from bit 40 the kind.
struct atomic_access {
  std::uint32_t memory = 0;
  std::uint8_t log2 = 0;  ///< of the width in bytes
  atomic_kind kind = atomic_kind::load;

  constexpr word packed() const noexcept {
    return memory | word{log2} << 32 | word{static_cast<std::uint8_t>(kind)} << 40;
  }
  static constexpr atomic_access of(word packed) noexcept {
    return {static_cast<std::uint32_t>(packed), static_cast<std::uint8_t>(packed >> 32),
            static_cast<atomic_kind>(packed >> 40 & 0xff)};
  }
};

constexpr atomic_kind kind_of_atomic(op o) noexcept {
  if (o == op::memory_atomic_notify) return atomic_kind::notify;
  if (o <= op::memory_atomic_wait64) return atomic_kind::wait;
  if (o <= op::i64_atomic_load32_u) return atomic_kind::load;
  if (o <= op::i64_atomic_store32) return atomic_kind::store;
  // Seven widths of each, in the order of the enumeration.
  const auto first = static_cast<unsigned>(op::i32_atomic_rmw_add);
  return static_cast<atomic_kind>(static_cast<unsigned>(atomic_kind::add) + (static_cast<unsigned>(o) - first) / 7);
}

/// Lowers atomic instructions and those with two results (threads and wide arithmetic proposals).
class atomic_lowering : public vector_lowering {
 public:
  using vector_lowering::vector_lowering;

  /// One operation for all: the cell has slots for the result, the address and two more operands, then the offset, and
  /// what to do.
  void on_atomic(op o, const memarg& arg) {
    if (o == op::atomic_fence) return;  // nobody else looks at the memory
    const op_info& row = info(o);
    const std::int32_t last = row.params[1] != '\0' && row.params[2] != '\0' ? in_slot(pop()) : 0;
    const std::int32_t first = row.params[1] != '\0' ? in_slot(pop()) : 0;
    const std::int32_t address = in_slot(pop());
    const atomic_access access{arg.memory, access_log2(o), kind_of_atomic(o)};
    if (row.results[0] == '\0') {
      emit_wide(ir::atomic, {}, 0, address, halves(first, last), arg.offset);
      append(access.packed());
      return;
    }
    const std::int32_t home = push(type_of(row.results[0])).home;
    const std::uint32_t at = emit_wide(ir::atomic, {}, home, address, halves(first, last), arg.offset);
    append(access.packed());
    slot_written(home);
    produced(at, ir::atomic, {});
  }

  void on_numeric(op o) {
    if (info(o).results[1] == '\0') return vector_lowering::on_numeric(o);
    two_results(o);
  }

 private:
  /// The results go to two slots in a row, the second one to the register as well.
  void two_results(op o) {
    const bool four = info(o).params[2] != '\0';
    const std::int32_t fourth = four ? in_slot(pop()) : 0;
    const std::int32_t third = four ? in_slot(pop()) : 0;
    const std::int32_t second = in_slot(pop());
    const std::int32_t first = in_slot(pop());
    const std::int32_t home = push(type_code::i64).home;
    const std::int32_t high = push(type_code::i64).home;
    if (four) emit_wide(ir_of(o), {}, home, first, halves(second, third), static_cast<word>(fourth));
    else emit(ir_of(o), {}, home, first, halves(second, 0));
    slot_written(home);
    slot_computed(high, value_class::integer);
  }
};

}  // namespace wasm64
