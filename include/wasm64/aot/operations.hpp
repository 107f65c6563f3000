#pragma once

#include <cstdint>

namespace wasm64::aot {

/// What `helper::operate` does, each like the instruction of that name. Its `fp` points at the operands, in the order
/// of the instruction, one slot each (v128 two); the result goes over the first of them. Immediates come as
/// `first | second << 32` in the order given here. It answers 0, the trap, or having done nothing `interpreted` where
/// the fuel does not suffice for it and as much as is to be left behind it: that is from bit 32 of the operation's
/// number on. `machine::fuel` is up to date, and is read again behind it.
enum class operation : std::uint32_t {
  memory_grow,  ///< memory: delta → pages before, or −1 of the address type
  memory_fill,  ///< memory: destination, value, size
  memory_copy,  ///< destination memory, source memory: destination, source, size
  memory_init,  ///< memory, data segment: destination, source, size
  data_drop,    ///< data segment
  table_get,    ///< table: index → reference
  table_set,    ///< table: index, reference
  table_grow,   ///< table: reference, delta → size before, or −1 of the address type
  table_fill,   ///< table: index, reference, count
  table_copy,   ///< destination table, source table: destination, source, count
  table_init,   ///< table, element segment: destination, source, count
  elem_drop,    ///< element segment
  ref_func,     ///< function → reference
  throw_,       ///< tag: payload, in the order of the tag's parameters. Answers `trap_uncaught_exception` with the
                ///< exception in `machine::thrown`, or why there is none
  throw_ref,    ///< exception; answers as `throw_`, or `trap_null_reference`
  // Only of functions whose frames are linked (`machine::native`): types by their index in the module.
  struct_new,          ///< type: fields → reference
  struct_new_default,  ///< type → reference, to where the first operand would be
  array_new,           ///< type: value, length → reference
  array_new_default,   ///< type: length → reference
  array_new_fixed,     ///< type, length: elements → reference
  array_new_data,      ///< type, data segment: source, length → reference
  array_new_elem,      ///< type, element segment: source, length → reference
  array_fill,          ///< type: array, index, value, count
  array_copy,          ///< destination's type: array, index, source array, its index, count
  array_init_data,     ///< type, data segment: array, index, source, count
  array_init_elem,     ///< type, element segment: array, index, source, count
  ref_test,            ///< type, and 1 where null will do: reference → 1 if it is of that type, or 0
  ref_test_kind,       ///< set of what it may be (`reference_set`): reference → 1 or 0
  count_
};

}  // namespace wasm64::aot
