#include "workload.h"

enum { size = 1 << 16 };

static uint8_t from[size], to[size];

/// Copies, moves and fills blocks of 16 bytes to 32 KiB, n times.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  for (int i = 0; i < size; ++i) from[i] = (uint8_t)(i * 31 >> 3);
  for (int i = 0; i < size; ++i) to[i] = 0;
  uint32_t random = 7;
  for (int32_t round = 0; round < n; ++round) {
    for (uint32_t length = 16; length <= size / 2; length *= 2) {
      random = random * 1664525 + 1013904223;
      const uint32_t at = random >> 17;
      __builtin_memcpy(to + at, from + (random >> 3) % (size / 2), length);
      __builtin_memmove(to + at / 2, to + at / 2 + 8, length);
      __builtin_memset(from + at, (int)(random >> 8 & 255), length / 4);
      checksum = checksum * 31 + to[at / 2 + length / 3];
    }
  }
  for (int i = 0; i < size; i += 16) checksum = checksum * 31 + to[i] + from[i];
  return (int64_t)checksum;
}
