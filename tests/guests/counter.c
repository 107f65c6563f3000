#include <stdint.h>

/// State in linear memory and in a mutable global: address space 1 holds the globals of WebAssembly itself.
__attribute__((address_space(1))) int64_t total;

static int64_t call_count;

/// Adds to the global, counts the call in memory, and returns the new total.
int64_t add(int64_t by) {
  ++call_count;
  total += by;
  return total;
}

/// How often add was called.
int64_t calls(void) { return call_count; }
