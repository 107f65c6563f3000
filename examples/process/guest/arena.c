#include "arena.h"

#include "alloc.h"

struct arena_chunk {
  _Alignas(16) struct arena_chunk* older;
};

enum { chunk_size = 16 * 1024 - 64, alignment = 16 };

void* arena_take(struct arena* arena, size_t size) {
  size = (size + alignment - 1) & ~(size_t)(alignment - 1);
  if (size > arena->left) {
    const size_t wanted = size > chunk_size ? size : chunk_size;
    struct arena_chunk* chunk = malloc(sizeof *chunk + wanted);
    if (chunk == NULL) return NULL;
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    arena->next = (char*)(chunk + 1);
    arena->left = wanted;
  }
  void* result = arena->next;
  arena->next += size;
  arena->left -= size;
  return result;
}

void arena_release(struct arena* arena) {
  while (arena->chunks != NULL) {
    struct arena_chunk* chunk = arena->chunks;
    arena->chunks = chunk->older;
    free(chunk);
  }
  arena->next = NULL;
  arena->left = 0;
}
