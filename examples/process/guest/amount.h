#pragma once

#include "text.h"

/// A quantity of the token in its smallest unit: an unsigned 128-bit integer.
struct amount {
  uint64_t low;
  uint64_t high;
};

enum { amount_digits = 39 };  // of 2^128 - 1

/// Accepts decimal digits only: no sign, no blanks, nothing above 2^128 - 1.
bool amount_parse(struct text digits, struct amount* result);

/// Writes the digits into `buffer` and returns them.
struct text amount_print(struct amount value, char buffer[amount_digits]);

bool amount_is_zero(struct amount value);
bool amount_less(struct amount a, struct amount b);

/// False, and the result is unusable, when the sum does not fit.
bool amount_add(struct amount a, struct amount b, struct amount* sum);

/// The caller knows that b is not above a.
struct amount amount_subtract(struct amount a, struct amount b);
