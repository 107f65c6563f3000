#pragma once

#include <stddef.h>
#include <stdint.h>

// Memory: never freed, all taken back when a run of the script begins.

static _Alignas(16) uint8_t arena[1 << 20];
static size_t arena_used;

static void* allocate(size_t bytes) {
  void* at = arena + arena_used;
  arena_used += (bytes + 15) & ~(size_t)15;
  if (arena_used > sizeof arena) __builtin_trap();
  return at;
}

// Values.

enum tag { nil, boolean, integer, real, string, table, closure, builtin };

struct value {
  enum tag tag;
  union {
    int64_t integer;
    double real;
    struct string* string;
    struct table* table;
    struct closure* closure;
    struct value (*builtin)(const struct value* arguments);
  } as;
};

struct string {
  struct string* next;  // in its bucket
  uint32_t hash;
  uint32_t length;
  char text[];
};

struct node {
  struct value key;
  struct value value;
};

struct table {
  struct value* array;  // the keys 1 to count
  int64_t count;
  int64_t array_capacity;
  struct node* nodes;  // open addressing; a power of two or none
  uint32_t node_capacity;
  uint32_t nodes_used;
};

struct upvalue {
  struct value* at;  // the variable: on the stack while its block is active, then `closed`
  struct value closed;
  struct upvalue* next;  // the open one below on the stack
};

struct closure {
  const struct prototype* code;
  struct upvalue* upvalues[];
};

static const struct value nothing = {nil, {0}};
static struct value of_boolean(int truth) { return (struct value){boolean, {.integer = truth}}; }
static struct value of_integer(int64_t i) { return (struct value){integer, {.integer = i}}; }
static struct value of_real(double r) { return (struct value){real, {.real = r}}; }
static struct value of_string(struct string* s) { return (struct value){string, {.string = s}}; }

static int is_false(struct value v) { return v.tag == nil || (v.tag == boolean && v.as.integer == 0); }
static double to_real(struct value v) { return v.tag == integer ? (double)v.as.integer : v.as.real; }

static int equal(struct value a, struct value b) {
  if (a.tag != b.tag)
    return a.tag <= real && b.tag <= real && a.tag >= integer && b.tag >= integer && to_real(a) == to_real(b);
  switch (a.tag) {
    case nil: return 1;
    case boolean:
    case integer: return a.as.integer == b.as.integer;
    case real: return a.as.real == b.as.real;
    case string: return a.as.string == b.as.string;
    case table: return a.as.table == b.as.table;
    case closure: return a.as.closure == b.as.closure;
    default: return a.as.builtin == b.as.builtin;
  }
}

// Strings: equal ones are one object.

enum { buckets = 256 };
static struct string* interned[buckets];

static struct string* intern(const char* text, uint32_t length, const char* tail, uint32_t tail_length) {
  uint32_t hash = 2166136261;
  for (uint32_t i = 0; i < length; ++i) hash = (hash ^ (uint8_t)text[i]) * 16777619;
  for (uint32_t i = 0; i < tail_length; ++i) hash = (hash ^ (uint8_t)tail[i]) * 16777619;
  struct string** bucket = &interned[hash % buckets];
  for (struct string* s = *bucket; s != NULL; s = s->next) {
    if (s->hash != hash || s->length != length + tail_length) continue;
    uint32_t same = 0;
    while (same < s->length && s->text[same] == (same < length ? text[same] : tail[same - length])) ++same;
    if (same == s->length) return s;
  }
  struct string* s = allocate(sizeof *s + length + tail_length);
  s->next = *bucket;
  s->hash = hash;
  s->length = length + tail_length;
  for (uint32_t i = 0; i < length; ++i) s->text[i] = text[i];
  for (uint32_t i = 0; i < tail_length; ++i) s->text[length + i] = tail[i];
  return *bucket = s;
}

static struct string* to_string(struct value v) {
  if (v.tag == string) return v.as.string;
  if (v.tag != integer) __builtin_trap();
  char digits[20];
  uint32_t at = sizeof digits;
  uint64_t rest = (uint64_t)(v.as.integer < 0 ? -v.as.integer : v.as.integer);
  do digits[--at] = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (v.as.integer < 0) digits[--at] = '-';
  return intern(digits + at, sizeof digits - at, NULL, 0);
}

// Tables.

static struct table* new_table(void) {
  struct table* t = allocate(sizeof *t);
  *t = (struct table){0};
  return t;
}

static uint32_t hash_of(struct value key) {
  if (key.tag == string) return key.as.string->hash;
  if (key.tag != integer) __builtin_trap();
  return (uint32_t)((uint64_t)key.as.integer * 0x9e3779b97f4a7c15 >> 32);
}

/// The key's node, or the free one for it.
static struct node* find(const struct table* t, struct value key) {
  uint32_t at = hash_of(key);
  for (;; ++at) {
    struct node* n = &t->nodes[at & (t->node_capacity - 1)];
    if (n->key.tag == nil || equal(n->key, key)) return n;
  }
}

static struct value get(const struct table* t, struct value key) {
  if (key.tag == integer && key.as.integer >= 1 && key.as.integer <= t->count) return t->array[key.as.integer - 1];
  return t->node_capacity != 0 ? find(t, key)->value : nothing;
}

static void append(struct table* t, struct value v) {
  if (t->count == t->array_capacity) {
    t->array_capacity = t->array_capacity != 0 ? 2 * t->array_capacity : 4;
    struct value* grown = allocate((size_t)t->array_capacity * sizeof *grown);
    for (int64_t i = 0; i < t->count; ++i) grown[i] = t->array[i];
    t->array = grown;
  }
  t->array[t->count++] = v;
}

static void grow_nodes(struct table* t) {
  const struct table old = *t;
  t->node_capacity = old.node_capacity != 0 ? 2 * old.node_capacity : 4;
  t->nodes = allocate(t->node_capacity * sizeof *t->nodes);
  for (uint32_t i = 0; i < t->node_capacity; ++i) t->nodes[i] = (struct node){nothing, nothing};
  for (uint32_t i = 0; i < old.node_capacity; ++i) {
    if (old.nodes[i].key.tag != nil) *find(t, old.nodes[i].key) = old.nodes[i];
  }
}

static void set(struct table* t, struct value key, struct value v) {
  if (key.tag == integer && key.as.integer >= 1 && key.as.integer <= t->count) {
    t->array[key.as.integer - 1] = v;
  } else if (key.tag == integer && key.as.integer == t->count + 1) {
    append(t, v);
  } else {
    if (4 * t->nodes_used >= 3 * t->node_capacity) grow_nodes(t);
    struct node* n = find(t, key);
    t->nodes_used += n->key.tag == nil;
    *n = (struct node){key, v};
  }
}
