#include "workload.h"

typedef uint64_t (*operation)(uint64_t, uint64_t);

static uint64_t add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t subtract(uint64_t a, uint64_t b) { return a - b; }
static uint64_t multiply(uint64_t a, uint64_t b) { return a * (b | 1); }
static uint64_t either(uint64_t a, uint64_t b) { return a ^ b; }
static uint64_t shift(uint64_t a, uint64_t b) { return a + (b >> 7); }
static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : a - b; }
static uint64_t rotate(uint64_t a, uint64_t b) { return (a << 9 | a >> 55) + b; }
static uint64_t invert(uint64_t a, uint64_t b) { return ~a + b; }

static const operation operations[8] = {add, subtract, multiply, either, shift, smaller, rotate, invert};

enum { length = 1000 };

/// Calls functions of a table in the order of a list of 1,000, n times.
int64_t run(int32_t n) {
  uint8_t order[length];
  uint32_t random = 1;
  for (int i = 0; i < length; ++i) {
    random = random * 1664525 + 1013904223;
    order[i] = (uint8_t)(random >> 29);
  }
  uint64_t value = 1;
  for (int32_t round = 0; round < n; ++round) {
    for (int i = 0; i < length; ++i) value = operations[order[i]](value, (uint64_t)round * 0x9e3779b97f4a7c15);
  }
  return (int64_t)value;
}
