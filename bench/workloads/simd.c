#include "workload.h"

// Vector code as compilers write it for SIMD: the types are GCC's, which every target lowers to its own instructions.

typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef float f32x4 __attribute__((vector_size(16)));

enum { pixels = 4096, samples = 1024, taps = 16, rows = 64 };

static u8x16 image[pixels / 16];
static u8x16 blended[pixels / 16];
static u32x4 signal[(samples + taps) / 4];
static u32x4 coefficients[taps];
static u32x4 filtered[samples / 4];
static f32x4 matrix[rows][rows / 4];
static f32x4 vector[rows / 4];
static float result[rows];

/// Blends an image with itself one vector further, darkening what is bright.
static void blend(void) {
  for (int i = 0; i + 1 < pixels / 16; ++i) {
    const u8x16 a = image[i], b = image[i + 1];
    const u8x16 average = (a & b) + ((a ^ b) >> 1);
    const u8x16 bright = (u8x16)(average > 200);
    blended[i] = (average & ~bright) | ((average - 50) & bright);
  }
}

/// A finite impulse response filter on four channels.
static void filter(void) {
  for (int i = 0; i < samples / 4; ++i) {
    u32x4 sum = {0};
    for (int t = 0; t < taps / 4; ++t) {
      sum += signal[i + t] * coefficients[t];
      sum ^= (sum >> 3) & coefficients[t + 4];
    }
    filtered[i] = sum;
  }
}

static void transform(void) {
  for (int row = 0; row < rows; ++row) {
    f32x4 sum = {0};
    for (int i = 0; i < rows / 4; ++i) sum += matrix[row][i] * vector[i];
    result[row] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

/// Runs the three n times on what they made before.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  uint8_t* bytes = (uint8_t*)image;
  uint32_t* words = (uint32_t*)signal;
  for (int i = 0; i < pixels; ++i) bytes[i] = (uint8_t)(i * 37 + 11);
  for (int i = 0; i < samples + taps; ++i) words[i] = (uint32_t)(i * 7919 % 4001);
  for (uint32_t t = 0; t < taps; ++t) coefficients[t] = (u32x4){t + 1, 3 - t, 2 * t, 0 - t};
  for (int row = 0; row < rows; ++row) {
    float* line = (float*)matrix[row];
    for (int i = 0; i < rows; ++i) line[i] = (float)((row * 31 + i * 17) % 97) / 97.0f;
    ((float*)vector)[row] = (float)(row % 7);
  }
  for (int32_t round = 0; round < n; ++round) {
    blend();
    filter();
    transform();
    for (int i = 0; i < pixels / 16; ++i) image[i] = blended[i] + (uint8_t)round;
    for (int i = 0; i < samples / 4; ++i) signal[i] = filtered[i] >> 4;
    for (int i = 0; i < rows; ++i) ((float*)vector)[i] = result[i] / 32.0f;
    checksum = checksum * 31 + bytes[round % pixels] + words[round % samples];
  }
  for (int i = 0; i < rows; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, &result[i], sizeof bits);
    checksum = checksum * 31 + bits;
  }
  return (int64_t)checksum;
}
