#include "workload.h"

enum { capacity = 1 << 14, mask = capacity - 1, kept = capacity / 2 };

struct slot {
  uint64_t key;  // 0: free
  uint64_t value;
};

static struct slot slots[capacity];

static uint64_t home_of(uint64_t key) { return key * 0x9e3779b97f4a7c15 >> 50; }

/// The key's slot, or the free one where it would go.
static struct slot* find(uint64_t key) {
  uint64_t at = home_of(key);
  while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) & mask;
  return &slots[at];
}

/// Moves later entries into the gap, so that no search ends early.
static void erase(struct slot* erased) {
  uint64_t gap = (uint64_t)(erased - slots);
  for (uint64_t at = (gap + 1) & mask; slots[at].key != 0; at = (at + 1) & mask) {
    const uint64_t distance = (at - home_of(slots[at].key)) & mask;
    if (distance < ((at - gap) & mask)) continue;
    slots[gap] = slots[at];
    gap = at;
  }
  slots[gap].key = 0;
}

static uint64_t key_of(uint32_t number) { return ((uint64_t)number * 2654435761u ^ 0x5bd1e995) + 1; }

/// Inserts 8,192 keys, counts with them and erases half, n times.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  for (int i = 0; i < capacity; ++i) slots[i] = (struct slot){0, 0};
  for (int32_t round = 0; round < n; ++round) {
    const uint32_t first = (uint32_t)round * (kept / 2);
    for (uint32_t i = 0; i < kept; ++i) {
      const uint64_t key = key_of(first + i);
      struct slot* s = find(key);
      if (s->key == 0) *s = (struct slot){key, 0};
      s->value += i;
    }
    for (uint32_t i = 0; i < 2 * kept; i += 3) {
      const struct slot* s = find(key_of(first + i));
      checksum += s->key != 0 ? s->value : 1;
    }
    for (uint32_t i = 0; i < kept / 2; ++i) {
      struct slot* s = find(key_of(first + i));
      checksum = checksum * 31 + s->value;
      erase(s);
    }
  }
  return (int64_t)checksum;
}
