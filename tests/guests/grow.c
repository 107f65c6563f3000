#include <stddef.h>
#include <stdint.h>

enum { page_size = 65536 };

/// Grows the memory by some pages, writes to the first and last new byte, and returns the old size in pages, or -1.
int64_t grow(int32_t pages) {
  const size_t old_pages = __builtin_wasm_memory_grow(0, (size_t)pages);
  if (old_pages == SIZE_MAX || pages <= 0) return (int64_t)(intptr_t)old_pages;
  volatile uint8_t* start = (volatile uint8_t*)(old_pages * page_size);
  start[0] = 0xa5;
  start[(size_t)pages * page_size - 1] = 0x5a;
  return (int64_t)old_pages;
}

/// The size of the memory in pages.
int64_t size(void) { return (int64_t)__builtin_wasm_memory_size(0); }

/// Reads one byte; traps beyond the end.
int32_t peek(int64_t address) { return *(const volatile uint8_t*)(uintptr_t)address; }
