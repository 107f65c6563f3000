#pragma once

#include <cstdint>

#include "wasm64/binary/immediates.hpp"
#include "wasm64/binary/opcode.hpp"
#include "wasm64/binary/types.hpp"
#include "wasm64/config.hpp"

namespace wasm64 {

/// One instruction with its immediates, as its bytes say; nothing is compared with the module. Which members are
/// meaningful follows from the kind of immediate.
struct instruction {
  op code = op::count_;
  std::uint64_t offset = 0;     ///< of the opcode, in the module
  std::uint32_t first = 0;      ///< the indices, labels, counts and lanes, in the order of the binary
  std::uint32_t second = 0;
  std::uint32_t count = 0;      ///< of the items of a list
  reader items;                 ///< labels, value types, catch clauses or lanes, known to be well-formed
  block_type block;
  memarg memory;
  std::uint64_t bits = 0;       ///< a constant: i32 and f32 zero-extended, the low half of a v128
  std::uint64_t high_bits = 0;  ///< the high half of a v128
  heap_type heap{};             ///< a heap type; of `br_on_cast` the first, and both types in `from` and `to`
  val_type from{};
  val_type to{};
};

/// Reads the next instruction (specification 5.4); errors are the reader's. Takes no more memory for long lists.
instruction read_instruction(reader& in) noexcept;

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/binary/instruction_impl.hpp"
#endif
