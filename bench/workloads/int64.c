#include "workload.h"

static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

/// 64-bit integers n times over: shifts, products, rotations, division, counts of bits.
int64_t run(int32_t n) {
  uint64_t random = 88172645463325252, sum = 0;
  for (int32_t round = 0; round < n; ++round) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    sum = rotate(sum, 23) + random * 0xff51afd7ed558ccd;
    sum ^= sum >> 33;
    const uint64_t divisor = (random >> 40) | 1;
    sum += sum / divisor ^ random % divisor;
    sum -= (uint64_t)((int64_t)sum / (int64_t)(divisor | 2));
    sum += (uint64_t)__builtin_clzll(random | 1) << 8 | (uint64_t)__builtin_ctzll(sum | 1ull << 40);
    sum ^= (uint64_t)__builtin_popcountll(random & sum) << 48;
    if ((int64_t)sum < (int64_t)random) sum = ~sum;
  }
  return (int64_t)sum;
}
