#include "text.h"

struct text text_from(const char* zero_terminated) {
  struct text result = {zero_terminated, 0};
  if (zero_terminated != NULL) {
    while (zero_terminated[result.size] != '\0') ++result.size;
  }
  return result;
}

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

bool text_equal(struct text a, struct text b) {
  if (a.size != b.size) return false;
  for (size_t i = 0; i < a.size; ++i) {
    if (a.data[i] != b.data[i]) return false;
  }
  return true;
}

bool text_same_name(struct text a, struct text b) {
  if (a.size != b.size) return false;
  for (size_t i = 0; i < a.size; ++i) {
    if (lower(a.data[i]) != lower(b.data[i])) return false;
  }
  return true;
}

uint64_t text_hash(struct text bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < bytes.size; ++i) hash = (hash ^ (unsigned char)bytes.data[i]) * 0x100000001b3u;
  return hash;
}
