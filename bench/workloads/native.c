#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "workload.h"

uint32_t host_add(uint32_t a, uint32_t b) { return a + b; }

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/// Runs one kernel natively, for the ratio: `program N [TIMES]` prints the checksum and the best CPU time in ms.
int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int32_t n = (int32_t)strtol(argv[1], NULL, 10);
  const long times = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
  double best = 1e300;
  int64_t checksum = 0;
  for (long i = 0; i < times; ++i) {
    const double start = now_ms();
    checksum = run(n);
    const double spent = now_ms() - start;
    if (spent < best) best = spent;
  }
  printf("%" PRId64 " %.3f\n", checksum, best);
  return 0;
}
