#include "workload.h"

enum { most_steps = 50 };

static int steps_at(double x, double y) {
  double real = 0, imaginary = 0;
  int steps = 0;
  while (steps < most_steps) {
    const double real_square = real * real, imaginary_square = imaginary * imaginary;
    if (real_square + imaginary_square > 4.0) break;
    imaginary = 2.0 * real * imaginary + y;
    real = real_square - imaginary_square + x;
    ++steps;
  }
  return steps;
}

/// Mixes the steps of each pixel of an n x n image of the Mandelbrot set.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  for (int32_t row = 0; row < n; ++row) {
    for (int32_t column = 0; column < n; ++column) {
      const int steps = steps_at(3.0 * column / n - 2.2, 2.4 * row / n - 1.2);
      checksum = checksum * 31 + (uint64_t)steps;
    }
  }
  return (int64_t)checksum;
}
