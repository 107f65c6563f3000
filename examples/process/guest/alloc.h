#pragma once

#include <stddef.h>

/// 16-byte aligned storage, or null when the memory may not grow any further.
/// The guest links alloc.c; a native build takes the C library's functions of the same names.
void* malloc(size_t size);

/// Gives storage back; null is fine. The module traps if the block is already free.
void free(void* storage);
