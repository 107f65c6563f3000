#pragma once

#include <stddef.h>

/// Storage that is given back all at once: what one message needs.
struct arena {
  struct arena_chunk* chunks;  // newest first
  char* next;
  size_t left;
};

/// 16-byte aligned storage, or null without memory.
void* arena_take(struct arena* arena, size_t size);

void arena_release(struct arena* arena);
