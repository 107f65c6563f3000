#include "alloc.h"

#include <stdbool.h>
#include <stdint.h>

/// The heap is a row of blocks that cover it without gaps. A used sentinel of size zero ends the row, and a first
/// block's previous_size is zero, so coalescing needs no bounds checks.
///
///     | header | payload ...... | header | links | free ... | header | payload | ... | sentinel |
///     <------- size ----------->
struct block {
  size_t size;           // of the whole block in bytes, a multiple of 16; bit 0 tells that the block is in use
  size_t previous_size;  // of the block before this one; 0 at the start of a row
  _Alignas(16) struct block* next_free;  // the links exist only while the block is free
  struct block* previous_free;
};

enum { in_use = 1, header_size = 16, smallest_block = sizeof(struct block), page_size = 65536, grow_pages = 16 };

/// The linker puts the heap after the data and the stack.
extern unsigned char __heap_base;

static struct block* free_list;
static struct block* sentinel;
static uintptr_t heap_end;

static size_t size_of(const struct block* b) { return b->size & ~(size_t)in_use; }

static bool is_used(const struct block* b) { return (b->size & in_use) != 0; }

static struct block* at(void* base, size_t offset) { return (struct block*)(void*)((unsigned char*)base + offset); }

static struct block* following(struct block* b) { return at(b, size_of(b)); }

static void link_free(struct block* b) {
  b->next_free = free_list;
  b->previous_free = NULL;
  if (free_list != NULL) free_list->previous_free = b;
  free_list = b;
}

static void unlink_free(struct block* b) {
  if (b->next_free != NULL) b->next_free->previous_free = b->previous_free;
  if (b->previous_free != NULL) {
    b->previous_free->next_free = b->next_free;
  } else {
    free_list = b->next_free;
  }
}

static void set_free(struct block* b, size_t size) {
  b->size = size;
  following(b)->previous_size = size;
  link_free(b);
}

/// Merges a block that is in no list with its free neighbours, and lists the result.
static void release(struct block* b, size_t size) {
  struct block* after = at(b, size);
  if (!is_used(after)) {
    unlink_free(after);
    size += after->size;
  }
  if (b->previous_size != 0) {
    struct block* before = (struct block*)(void*)((unsigned char*)b - b->previous_size);
    if (!is_used(before)) {
      unlink_free(before);
      size += before->size;
      b = before;
    }
  }
  set_free(b, size);
}

static void put_sentinel(size_t previous_size) {
  sentinel = (struct block*)(heap_end - header_size);
  sentinel->size = in_use;
  sentinel->previous_size = previous_size;
}

/// Turns [start, end) into one free block and a sentinel.
static void start_row(uintptr_t start, uintptr_t end) {
  struct block* b = (struct block*)((start + header_size - 1) & ~(uintptr_t)(header_size - 1));
  heap_end = end;
  b->previous_size = 0;
  put_sentinel(0);
  set_free(b, (size_t)((uintptr_t)sentinel - (uintptr_t)b));
}

static bool grow(size_t size) {
  const size_t step = (size_t)page_size * grow_pages;
  const size_t pages = (size + 2 * header_size + step - 1) / step * grow_pages;
  const size_t old_pages = __builtin_wasm_memory_grow(0, pages);
  if (old_pages == SIZE_MAX) return false;

  const uintptr_t start = (uintptr_t)old_pages * page_size;
  const uintptr_t end = start + (uintptr_t)pages * page_size;
  if (start != heap_end) {
    start_row(start, end);  // the host grew the memory in between, and that part is the host's
    return true;
  }
  struct block* b = sentinel;
  heap_end = end;
  put_sentinel(0);
  release(b, (size_t)((uintptr_t)sentinel - (uintptr_t)b));
  return true;
}

static struct block* find_fit(size_t size) {
  for (struct block* b = free_list; b != NULL; b = b->next_free) {
    if (b->size >= size) return b;
  }
  return NULL;
}

void* malloc(size_t size) {
  if (heap_end == 0) start_row((uintptr_t)&__heap_base, (uintptr_t)__builtin_wasm_memory_size(0) * page_size);
  if (size > SIZE_MAX / 2) return NULL;

  size_t whole = (size + 2 * header_size - 1) & ~(size_t)(header_size - 1);
  if (whole < smallest_block) whole = smallest_block;

  struct block* b = find_fit(whole);
  if (b == NULL && grow(whole)) b = find_fit(whole);
  if (b == NULL) return NULL;

  unlink_free(b);
  const size_t rest = b->size - whole;
  if (rest >= smallest_block) {
    struct block* tail = at(b, whole);
    tail->previous_size = whole;
    set_free(tail, rest);
  } else {
    whole = b->size;
  }
  b->size = whole | in_use;
  return (unsigned char*)b + header_size;
}

void free(void* storage) {
  if (storage == NULL) return;
  struct block* b = (struct block*)(void*)((unsigned char*)storage - header_size);
  if (!is_used(b)) __builtin_trap();
  release(b, size_of(b));
}
