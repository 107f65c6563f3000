// setjmp and longjmp: through frames of several functions, again and again, and across a nested call that catches its
// own kind only.
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf outer, inner;
static int last_level;

static __attribute__((noinline)) void descend(int level) {
  last_level = level;
  if (level == 5) longjmp(outer, 42);
  descend(level + 1);
  printf("never printed\n");
}

static void through_frames(void) {
  volatile int local_state = 0;
  const int ret = setjmp(outer);
  if (ret == 0) {
    local_state = 7;
    descend(1);
  }
  printf("last_level: %d, ret: %d, local_state: %d\n", last_level, ret, local_state);
}

static void zero_becomes_one(void) {
  const int ret = setjmp(outer);
  if (ret == 0) longjmp(outer, 0);
  printf("longjmp with 0 returns %d\n", ret);
}

static void loop(void) {
  volatile int turns = 0;
  const int ret = setjmp(outer);
  if (ret < 100) {
    turns = turns + 1;
    longjmp(outer, ret + 1);
  }
  printf("%d turns, last value %d\n", turns, ret);
}

// Leaves through `outer` although a setjmp of its own is between.
static __attribute__((noinline)) void nested(int which) {
  const int ret = setjmp(inner);
  if (ret == 0) {
    if (which == 0) longjmp(inner, 10);
    longjmp(outer, 20);
  }
  printf("inner got %d\n", ret);
  longjmp(outer, 30);
}

static void across(int which) {
  const int ret = setjmp(outer);
  if (ret == 0) nested(which);
  printf("outer got %d\n", ret);
}

typedef double (*wide)(int, int64_t, float, double, int, int64_t, float, double, void*, int64_t);

static __attribute__((noinline)) double sum(int a, int64_t b, float c, double d, int e, int64_t f, float g, double h,
                                            void* p, int64_t i) {
  if (p == NULL) longjmp(outer, (int)(a + b));
  return a + (double)b + (double)c + d + e + (double)f + (double)g + h + *(int*)p + (double)i;
}

// Calls with setjmp in reach go through the host: their parameters and result must arrive.
static void wide_calls(wide function) {
  int nine = 9;
  volatile double got = 0;
  const int ret = setjmp(outer);
  if (ret == 0) {
    got = function(1, -2, 3.5F, 4.25, -5, INT64_C(6000000000), 7.0F, 8.0, &nine, -10);
    printf("wide: %.2f\n", got);
    got = function(40, 2, 0, 0, 0, 0, 0, 0, NULL, 0);
    printf("never printed\n");
  }
  printf("wide: jumped with %d, kept %.2f\n", ret, got);
}

static int compare(const void* a, const void* b) {
  const int left = *(const int*)a, right = *(const int*)b;
  if (left == 13 || right == 13) longjmp(outer, 13);
  return left < right ? -1 : left > right;
}

// Out of a library function that calls back.
static void from_a_callback(void) {
  int numbers[] = {5, 3, 8, 13, 1, 9};
  const int ret = setjmp(outer);
  if (ret == 0) qsort(numbers, sizeof numbers / sizeof *numbers, sizeof *numbers, compare);
  printf("left qsort with %d\n", ret);
}

static __attribute__((noinline)) int deep(int level) {
  jmp_buf mine;
  const int ret = setjmp(mine);
  if (ret != 0) return ret;
  if (level == 0) longjmp(mine, 1);
  const int below = deep(level - 1);
  longjmp(mine, below + 1);
}

int main(void) {
  through_frames();
  zero_becomes_one();
  loop();
  across(0);
  across(1);
  wide_calls(sum);
  from_a_callback();
  printf("50 buffers: %d\n", deep(49));
  return 0;
}
