#include "workload.h"

enum { length = 1 << 14, few = 12 };

static uint32_t values[length];

/// Sorts what is between the pointers, the last included.
static void sort(uint32_t* first, uint32_t* last) {
  while (last - first >= few) {
    const uint32_t pivot = first[(last - first) / 2];
    uint32_t* left = first;
    uint32_t* right = last;
    while (left <= right) {
      while (*left < pivot) ++left;
      while (*right > pivot) --right;
      if (left <= right) {
        const uint32_t swapped = *left;
        *left++ = *right;
        *right-- = swapped;
      }
    }
    // The smaller part by recursion, so that the depth stays a logarithm.
    if (right - first < last - left) {
      sort(first, right);
      first = left;
    } else {
      sort(left, last);
      last = right;
    }
  }
  for (uint32_t* i = first + 1; i <= last; ++i) {
    const uint32_t moved = *i;
    uint32_t* to = i;
    for (; to > first && to[-1] > moved; --to) *to = to[-1];
    *to = moved;
  }
}

/// Sorts 16,384 random words n times.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  uint32_t random = 2463534242;
  for (int32_t round = 0; round < n; ++round) {
    for (int i = 0; i < length; ++i) {
      random ^= random << 13;
      random ^= random >> 17;
      random ^= random << 5;
      values[i] = random;
    }
    sort(values, values + length - 1);
    for (int i = 0; i < length; i += 64) checksum = checksum * 31 + values[i];
  }
  return (int64_t)checksum;
}
