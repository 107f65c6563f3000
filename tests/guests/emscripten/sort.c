// qsort, bsearch and callbacks through pointers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned calls;

static int by_number(const void* a, const void* b) {
  ++calls;
  const unsigned left = *(const unsigned*)a, right = *(const unsigned*)b;
  return left < right ? -1 : left > right;
}

static int by_text(const void* a, const void* b) { return strcmp(*(const char* const*)a, *(const char* const*)b); }
static int backwards(const void* a, const void* b) { return by_text(b, a); }

int main(void) {
  enum { COUNT = 2000 };
  unsigned* numbers = malloc(COUNT * sizeof *numbers);
  unsigned state = 1, sum = 0;
  for (int i = 0; i < COUNT; ++i) {
    state = state * 1664525U + 1013904223U;
    numbers[i] = state >> 8;
  }
  qsort(numbers, COUNT, sizeof *numbers, by_number);
  int ordered = 1;
  for (int i = 0; i < COUNT; ++i) {
    sum = sum * 31 + numbers[i];
    if (i > 0 && numbers[i - 1] > numbers[i]) ordered = 0;
  }
  printf("ordered: %d, sum: %08x, least: %u, greatest: %u\n", ordered, sum, numbers[0], numbers[COUNT - 1]);
  const unsigned key = numbers[1234];
  const unsigned* found = bsearch(&key, numbers, COUNT, sizeof *numbers, by_number);
  printf("found at %d, some calls: %d\n", found != NULL && *found == key ? 1234 : -1, calls > COUNT);
  free(numbers);

  const char* words[] = {"pear", "apple", "fig", "banana", "apricot", "date", "cherry"};
  int (*const orders[])(const void*, const void*) = {by_text, backwards};
  for (int order = 0; order < 2; ++order) {
    qsort(words, 7, sizeof *words, orders[order]);
    for (int i = 0; i < 7; ++i) printf("%s%c", words[i], i == 6 ? '\n' : ' ');
  }
  return 0;
}
