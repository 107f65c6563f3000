#include "workload.h"

enum { length = 1 << 14 };

static double a[length], b[length], c[length];

static void copy(double* restrict to, const double* restrict from) {
  for (int i = 0; i < length; ++i) to[i] = from[i];
}
static void scale(double* restrict to, const double* restrict from, double by) {
  for (int i = 0; i < length; ++i) to[i] = by * from[i];
}
static void add(double* restrict to, const double* restrict x, const double* restrict y) {
  for (int i = 0; i < length; ++i) to[i] = x[i] + y[i];
}
static void triad(double* restrict to, const double* restrict x, const double* restrict y, double by) {
  for (int i = 0; i < length; ++i) to[i] = x[i] + by * y[i];
}

/// The four passes over arrays of 16,384 doubles, n times; mixes the bits of the last.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  for (int i = 0; i < length; ++i) {
    a[i] = 1.0 + i % 13 / 16.0;
    b[i] = 2.0;
    c[i] = 0.0;
  }
  for (int32_t round = 0; round < n; ++round) {
    copy(c, a);
    scale(b, c, 0.3);
    add(c, a, b);
    triad(a, b, c, 0.53);  // 0.3 + 1.3 * 0.53 is about one, so values stay near theirs
  }
  for (int i = 0; i < length; ++i) {
    uint64_t bits;
    __builtin_memcpy(&bits, &a[i], sizeof bits);
    checksum = checksum * 31 + bits;
  }
  return (int64_t)checksum;
}
