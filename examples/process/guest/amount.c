#include "amount.h"

bool amount_is_zero(struct amount value) { return (value.low | value.high) == 0; }

bool amount_less(struct amount a, struct amount b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }

bool amount_add(struct amount a, struct amount b, struct amount* sum) {
  const uint64_t low = a.low + b.low;
  const uint64_t carry = low < a.low;
  const uint64_t high = a.high + b.high;
  *sum = (struct amount){low, high + carry};
  return high >= a.high && sum->high >= high;
}

struct amount amount_subtract(struct amount a, struct amount b) {
  return (struct amount){a.low - b.low, a.high - b.high - (a.low < b.low)};
}

bool amount_parse(struct text digits, struct amount* result) {
  *result = (struct amount){0, 0};
  if (digits.size == 0) return false;
  for (size_t i = 0; i < digits.size; ++i) {
    const char c = digits.data[i];
    if (c < '0' || c > '9') return false;

    struct amount twice;
    struct amount eightfold = *result;
    const struct amount digit = {(uint64_t)(c - '0'), 0};
    if (!amount_add(eightfold, eightfold, &twice)) return false;
    if (!amount_add(twice, twice, &eightfold) || !amount_add(eightfold, eightfold, &eightfold)) return false;
    if (!amount_add(twice, eightfold, result) || !amount_add(*result, digit, result)) return false;
  }
  return true;
}

/// Divides by ten in 32-bit steps, which need no 128-bit division from a run-time library.
static char take_digit(struct amount* value) {
  uint64_t* const halves[2] = {&value->high, &value->low};
  uint64_t remainder = 0;
  for (int i = 0; i < 2; ++i) {
    const uint64_t upper = (remainder << 32) | (*halves[i] >> 32);
    const uint64_t lower = ((upper % 10) << 32) | (*halves[i] & 0xffffffffu);
    *halves[i] = ((upper / 10) << 32) | (lower / 10);
    remainder = lower % 10;
  }
  return (char)('0' + remainder);
}

struct text amount_print(struct amount value, char buffer[amount_digits]) {
  size_t start = amount_digits;
  do {
    buffer[--start] = take_digit(&value);
  } while (!amount_is_zero(value));
  return (struct text){buffer + start, amount_digits - start};
}
