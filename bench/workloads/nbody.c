#include "workload.h"

enum { bodies = 5 };

struct body {
  double position[3];
  double velocity[3];
  double mass;
};

/// Seconds of a step; the bodies below are made up, not those of a known system.
static const double step = 0.01;

static struct body system[bodies];

static void place(void) {
  for (int i = 0; i < bodies; ++i) {
    struct body* b = &system[i];
    b->mass = i == 0 ? 40.0 : 0.01 * (i + 1);
    for (int axis = 0; axis < 3; ++axis) {
      b->position[axis] = i == 0 ? 0.0 : 2.5 * i + 0.7 * axis * (i % 2 ? 1 : -1);
      b->velocity[axis] = i == 0 ? 0.0 : (axis - 1) * (3.0 - 0.4 * i);
    }
  }
}

static void accelerate(void) {
  for (int i = 0; i < bodies; ++i) {
    struct body* a = &system[i];
    for (int j = i + 1; j < bodies; ++j) {
      struct body* b = &system[j];
      const double x = a->position[0] - b->position[0];
      const double y = a->position[1] - b->position[1];
      const double z = a->position[2] - b->position[2];
      const double square = x * x + y * y + z * z;
      const double pull = step / (square * __builtin_sqrt(square));
      a->velocity[0] -= x * b->mass * pull;
      a->velocity[1] -= y * b->mass * pull;
      a->velocity[2] -= z * b->mass * pull;
      b->velocity[0] += x * a->mass * pull;
      b->velocity[1] += y * a->mass * pull;
      b->velocity[2] += z * a->mass * pull;
    }
  }
}

static void move(void) {
  for (int i = 0; i < bodies; ++i) {
    for (int axis = 0; axis < 3; ++axis) system[i].position[axis] += step * system[i].velocity[axis];
  }
}

/// Moves five bodies under their gravity, n steps; mixes the bits of where they are then.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  place();
  for (int32_t i = 0; i < n; ++i) {
    accelerate();
    move();
  }
  for (int i = 0; i < bodies; ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      uint64_t bits;
      __builtin_memcpy(&bits, &system[i].position[axis], sizeof bits);
      checksum = checksum * 31 + bits;
    }
  }
  return (int64_t)checksum;
}
