#include <stdint.h>

__attribute__((import_module("env"), import_name("host_add"))) int32_t host_add(int32_t a, int32_t b);

/// Lets the host add up 0 to n - 1: n calls out, each with the result of the one before.
int32_t loop(int32_t n) {
  int32_t sum = 0;
  for (int32_t i = 0; i < n; ++i) sum = host_add(sum, i);
  return sum;
}
