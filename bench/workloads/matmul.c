#include "workload.h"

enum { size = 96 };

static double a[size][size];
static double b[size][size];
static double product[size][size];

static void multiply(void) {
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      double sum = 0;
      for (int k = 0; k < size; ++k) sum += a[i][k] * b[k][j];
      product[i][j] = sum;
    }
  }
}

/// Multiplies two 96 x 96 matrices n times, each product going into the next factor; mixes the bits of the last one.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      a[i][j] = (i * 31 + j * 17) % 97 / 97.0;
      b[i][j] = (i * 13 + j * 41) % 89 / 89.0;
    }
  }
  for (int32_t round = 0; round < n; ++round) {
    multiply();
    for (int i = 0; i < size; ++i) {
      for (int j = 0; j < size; ++j) a[i][j] = product[i][j] / 47.5;  // about a column's sum, so values stay near one
    }
  }
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      uint64_t bits;
      __builtin_memcpy(&bits, &a[i][j], sizeof bits);
      checksum = checksum * 31 + bits;
    }
  }
  return (int64_t)checksum;
}
