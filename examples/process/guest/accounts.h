#pragma once

#include "amount.h"

/// One holder of the token. Accounts never move or disappear, so pointers to them stay good.
struct account {
  struct amount balance;
  uint64_t hash;
  struct text address;
};

/// A hash table with linear probing, from address to account.
struct accounts {
  struct account** slots;
  size_t capacity;  // zero or a power of two
  size_t count;
};

/// The account of that address, or null.
struct account* accounts_find(const struct accounts* table, struct text address);

/// The account of that address, made with balance zero if it is new; null without memory.
struct account* accounts_open(struct accounts* table, struct text address);
