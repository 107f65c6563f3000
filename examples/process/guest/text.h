#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes that somebody else owns; usually UTF-8, never relied on to end in NUL.
struct text {
  const char* data;
  size_t size;
};

/// The bytes before the NUL; empty for a null pointer.
struct text text_from(const char* zero_terminated);

bool text_equal(struct text a, struct text b);

/// Compares ASCII letters without case, as AO compares keys and tag names.
bool text_same_name(struct text a, struct text b);

/// FNV-1a, 64 bits.
uint64_t text_hash(struct text bytes);
