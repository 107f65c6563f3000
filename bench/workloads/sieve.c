#include "workload.h"

enum { limit = 1 << 20 };

static uint8_t composite[limit];

/// The sum of the primes below the limit, found n times by striding byte stores.
int64_t run(int32_t n) {
  int64_t sum = 0;
  for (int32_t round = 0; round < n; ++round) {
    for (int32_t i = 0; i < limit; ++i) composite[i] = 0;
    for (int32_t i = 2; i * i < limit; ++i) {
      if (composite[i]) continue;
      for (int32_t j = i * i; j < limit; j += i) composite[j] = 1;
    }
    for (int32_t i = 2; i < limit; ++i) sum += composite[i] ? 0 : i + round;
  }
  return sum;
}
