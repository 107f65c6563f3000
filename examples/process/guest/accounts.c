#include "accounts.h"

#include "alloc.h"

enum { first_capacity = 64 };

/// The slot that holds the address, or the empty one where it belongs. At least one slot is empty.
static struct account** slot_of(const struct accounts* table, struct text address, uint64_t hash) {
  const size_t mask = table->capacity - 1;
  size_t i = (size_t)hash & mask;
  while (table->slots[i] != NULL) {
    if (table->slots[i]->hash == hash && text_equal(table->slots[i]->address, address)) break;
    i = (i + 1) & mask;
  }
  return &table->slots[i];
}

static bool grow(struct accounts* table) {
  struct accounts larger = {NULL, table->capacity == 0 ? first_capacity : table->capacity * 2, table->count};
  larger.slots = malloc(larger.capacity * sizeof *larger.slots);
  if (larger.slots == NULL) return false;

  for (size_t i = 0; i < larger.capacity; ++i) larger.slots[i] = NULL;
  for (size_t i = 0; i < table->capacity; ++i) {
    struct account* account = table->slots[i];
    if (account != NULL) *slot_of(&larger, account->address, account->hash) = account;
  }
  free(table->slots);
  *table = larger;
  return true;
}

struct account* accounts_find(const struct accounts* table, struct text address) {
  return table->capacity == 0 ? NULL : *slot_of(table, address, text_hash(address));
}

struct account* accounts_open(struct accounts* table, struct text address) {
  struct account* account = accounts_find(table, address);
  if (account != NULL) return account;

  const bool crowded = (table->count + 1) * 4 > table->capacity * 3;
  if (crowded && !grow(table)) return NULL;
  account = malloc(sizeof *account + address.size);
  if (account == NULL) return NULL;

  char* copy = (char*)(account + 1);
  __builtin_memcpy(copy, address.data, address.size);
  *account = (struct account){{0, 0}, text_hash(address), {copy, address.size}};
  *slot_of(table, account->address, account->hash) = account;
  ++table->count;
  return account;
}
