#include "workload.h"

/// Calls the host n times.
int64_t run(int32_t n) {
  uint32_t sum = 0;
  for (int32_t i = 0; i < n; ++i) sum = host_add(sum ^ (uint32_t)i, sum >> 9);
  return sum;
}
