#pragma once

#include <cstdint>

namespace wasm64 {

/// Limits of a store. Everything a program can observe of them is logical: counted in frames, values, pages and
/// elements, never in bytes of the host's stack, so that every machine and tier stops at the same instruction.
struct limits {
  /// Active WebAssembly frames; reaching it traps with "call stack exhausted". At most 2^30.
  std::uint32_t call_depth = 16'384;
  /// Sum over active frames of parameters + locals + maximum operand height, in 8-byte values: a v128 counts two. (Of
  /// operands: the most at once, and the most v128 at once.) At most 2^30.
  std::uint32_t stack_values = 1u << 20;
  /// Bytes of one memory. `memory.grow` beyond it answers −1; a module that declares more is not instantiated.
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;
  /// Elements of all tables together. `table.grow` beyond it answers −1; a module that declares more is not
  /// instantiated.
  std::uint64_t table_elements = 10'000'000;
  /// Bytes of living structures, arrays and exceptions. A structure takes 8 bytes and its fields, each at a multiple of
  /// its size, rounded up to 8; an array 8 and its elements, rounded likewise; an exception 8 and its values. An
  /// allocation beyond the limit traps; how soon it is noticed depends on the program alone (runtime/heap.hpp).
  std::uint64_t heap_bytes = std::uint64_t{256} << 20;
  /// Bytes of objects between two collections, at least; programs cannot observe it. 0 collects before every
  /// allocation.
  std::uint64_t heap_step_bytes = std::uint64_t{1} << 20;
  /// Host functions that call back into WebAssembly, nested; each takes native stack.
  std::uint32_t host_nesting = 64;
  /// Bytes of native stack below the first call that compiled code may use for its frames; programs cannot observe it.
  /// Deeper calls are interpreted, which takes none.
  std::uint64_t native_stack_bytes = std::uint64_t{1} << 20;
};

}  // namespace wasm64
