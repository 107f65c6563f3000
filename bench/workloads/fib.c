#include "workload.h"

/// Recursive calls and little else.
static __attribute__((noinline)) int64_t fib(int32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int64_t run(int32_t n) { return fib(n); }
