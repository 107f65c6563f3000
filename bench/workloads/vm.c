#include "workload.h"

// A row a line, by hand.
// clang-format off
enum operation {
  push, load, store, add, subtract, multiply, remainder_of, bit_and, shift_right, less, jump, jump_if, halt
};

struct instruction {
  uint32_t operation;
  int32_t operand;
};

/// Counts the Collatz steps of the numbers below local 0, into local 3; local 1 is the number, local 2 its orbit.
static const struct instruction program[] = {
    {push, 1}, {store, 1},                                                            // 0: start
    {load, 1}, {load, 0}, {less, 0}, {jump_if, 7}, {halt, 0},                         // 2: next number
    {load, 1}, {store, 2},                                                            // 7: its orbit
    {push, 1}, {load, 2}, {less, 0}, {jump_if, 18},                                   // 9: above 1?
    {load, 1}, {push, 1}, {add, 0}, {store, 1}, {jump, 2},                            // 13: done
    {load, 3}, {push, 1}, {add, 0}, {store, 3},                                       // 18: count
    {load, 2}, {push, 1}, {bit_and, 0}, {jump_if, 31},                                // 22: odd?
    {load, 2}, {push, 1}, {shift_right, 0}, {store, 2}, {jump, 9},                    // 26: halve
    {load, 2}, {push, 3}, {multiply, 0}, {push, 1}, {add, 0}, {store, 2}, {jump, 9},  // 31: 3 n + 1
};
// clang-format on

/// A stack machine whose dispatch is one `switch`, which compilers to WebAssembly turn into `br_table`.
static int64_t interpret(const struct instruction* code, int64_t limit) {
  int64_t stack[8];
  int64_t locals[4] = {limit, 0, 0, 0};
  int64_t* top = stack;
  for (const struct instruction* at = code;; ++at) {
    // clang-format off
    switch (at->operation) {
      case push: *top++ = at->operand; break;
      case load: *top++ = locals[at->operand]; break;
      case store: locals[at->operand] = *--top; break;
      case add: --top; top[-1] += *top; break;
      case subtract: --top; top[-1] -= *top; break;
      case multiply: --top; top[-1] *= *top; break;
      case remainder_of: --top; top[-1] %= *top; break;
      case bit_and: --top; top[-1] &= *top; break;
      case shift_right: --top; top[-1] >>= *top; break;
      case less: --top; top[-1] = top[-1] < *top; break;
      case jump: at = code + at->operand - 1; break;
      case jump_if: at = *--top != 0 ? code + at->operand - 1 : at; break;
      case halt: return locals[3];
      default: __builtin_trap();
    }
    // clang-format on
  }
}

int64_t run(int32_t n) { return interpret(program, n); }
