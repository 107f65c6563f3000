#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "wasm64/binary/immediates.hpp"
#include "wasm64/binary/opcode.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// The sink that ignores everything: validation alone. Its members are the interface every sink has.
///
/// The validator calls one member per instruction, after the instruction has type-checked. Members marked (*) are
/// called in unreachable code as well, so that a sink can keep its label stack; all others only where code can be
/// reached in the sense of the specification's appendix: an `end` is followed by reachable code when its block was
/// entered in reachable code. `reachable` always speaks of the position before the instruction.
struct null_sink {
  /// The function's type and all locals, parameters first. They stay valid until the function's last `on_end`.
  void begin(const func_type&, std::span<const val_type>) {}
  /// Before the member of every reachable instruction, and of every `else`, `catch`, `catch_all`, `delegate` and `end`
  /// of a block entered in reachable code. `offset` is the opcode's, in the module.
  void at(op, std::uint32_t /*offset*/) {}

  void on_block(op, std::span<const val_type> /*params*/, std::span<const val_type> /*results*/, bool) {}  // (*)
  void on_try_table(std::span<const catch_clause>, std::span<const val_type> /*params*/,
                    std::span<const val_type> /*results*/, bool) {}  // (*)
  void on_else(bool) {}  // (*)
  void on_catch(std::uint32_t /*tag*/, std::span<const val_type> /*tag_params*/, bool) {}  // (*)
  void on_catch_all(bool) {}  // (*)
  /// Closes its `try`, as `end` would; `depth` counts the labels around the `try`.
  void on_delegate(std::uint32_t /*depth*/, bool) {}  // (*)
  /// Closes a block, and finally the function. Behind a loop a sink that has `repeat_from` may ask to hear of the loop
  /// once more, by the offset of its opcode; 0 goes on.
  void on_end(bool) {}  // (*)

  void on_unreachable() {}
  void on_br(std::uint32_t /*depth*/) {}
  void on_br_if(std::uint32_t /*depth*/) {}
  void on_br_table(std::span<const std::uint32_t> /*depths, the default last*/) {}
  void on_return() {}
  void on_throw(std::uint32_t /*tag*/) {}
  void on_throw_ref() {}
  void on_rethrow(std::uint32_t /*depth*/) {}
  void on_call(std::uint32_t /*func*/) {}
  void on_call_indirect(std::uint32_t /*type*/, std::uint32_t /*table*/) {}
  void on_return_call(std::uint32_t /*func*/) {}
  void on_return_call_indirect(std::uint32_t /*type*/, std::uint32_t /*table*/) {}

  void on_drop(val_type) {}
  void on_select(val_type) {}
  void on_local_get(std::uint32_t, val_type) {}
  void on_local_set(std::uint32_t, val_type) {}
  void on_local_tee(std::uint32_t, val_type) {}
  void on_global_get(std::uint32_t, val_type) {}
  void on_global_set(std::uint32_t, val_type) {}

  /// i32 and f32 constants are zero-extended; floating-point constants are their bits.
  void on_const(val_type, std::uint64_t /*bits*/) {}
  /// Every instruction without immediates whose types opcode.def spells.
  void on_numeric(op) {}
  void on_load(op, const memarg&) {}
  void on_store(op, const memarg&) {}
  void on_ref_null(heap_type) {}
  void on_ref_is_null() {}
  void on_ref_func(std::uint32_t /*func*/) {}

  /// memory.size, grow, fill: a memory. copy: destination, source. init: memory, data segment. data.drop: data segment.
  void on_memory_op(op, std::uint32_t, std::uint32_t) {}
  /// table.get, set, size, grow, fill: a table. copy: destination, source. init: table, element segment.
  /// elem.drop: element segment.
  void on_table_op(op, std::uint32_t, std::uint32_t) {}

  /// Typed function references. `type` is the index of a function type.
  void on_call_ref(std::uint32_t /*type*/) {}
  void on_return_call_ref(std::uint32_t /*type*/) {}
  void on_ref_as_non_null() {}
  void on_br_on_null(std::uint32_t /*depth*/) {}
  void on_br_on_non_null(std::uint32_t /*depth*/) {}

  /// Casts: ref.test and ref.cast (with or without null, which the target says), br_on_cast and br_on_cast_fail.
  void on_ref_test(val_type /*target*/) {}
  void on_ref_cast(val_type /*target*/) {}
  void on_br_on_cast(op, std::uint32_t /*depth*/, val_type /*target*/) {}

  /// struct.new, new_default: a type. get, get_s, get_u, set: a type and a field.
  void on_struct_op(op, std::uint32_t /*type*/, std::uint32_t /*field*/) {}
  /// A type, and: new_fixed: number of elements. new_data, init_data: data segment. new_elem, init_elem: element
  /// segment. copy: the source's type (the first is the destination's). array.len has no type.
  void on_array_op(op, std::uint32_t /*type*/, std::uint32_t) {}
  /// ref.eq, ref.i31, i31.get_s, i31.get_u, any.convert_extern, extern.convert_any.
  void on_ref_op(op) {}

  /// v128.const.
  void on_v128_const(std::uint64_t /*low*/, std::uint64_t /*high*/) {}
  /// i8x16.shuffle: the 16 lane numbers.
  void on_shuffle(std::uint64_t /*low*/, std::uint64_t /*high*/) {}
  /// extract_lane and replace_lane.
  void on_lane_op(op, std::uint8_t /*lane*/) {}
  /// v128.load*_lane and v128.store*_lane.
  void on_lane_access(op, const memarg&, std::uint8_t /*lane*/) {}

  /// Atomic loads, stores, read-modify-writes, notify and wait; `atomic.fence` has memory access 0.
  void on_atomic(op, const memarg&) {}
};

template <class Sink>
concept repeating_sink = requires(Sink& s) {
  { s.repeat_from() } -> std::same_as<std::uint32_t>;
};

}  // namespace wasm64
