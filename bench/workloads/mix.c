#include "workload.h"

#include <stddef.h>

// The kinds of work of a small device, each result going through a checksum of 16 bits.

enum { items = 200, size = 24, text_length = 512 };

struct item {
  struct item* next;
  int16_t value;
  int16_t place;
};

static struct item pool[items];
static int16_t left[size][size], right[size][size];
static int32_t product[size][size];
static char text[text_length + 1];

static uint16_t crc(uint16_t sum, uint32_t data, int bits) {
  for (int i = 0; i < bits; ++i) {
    const uint32_t carry = (data ^ sum) & 1;
    sum = (uint16_t)(sum >> 1 ^ (carry ? 0xa001 : 0));
    data >>= 1;
  }
  return sum;
}

static struct item* make_list(uint32_t seed) {
  for (int i = 0; i < items; ++i) {
    seed = seed * 1103515245 + 12345;
    pool[i] = (struct item){i + 1 < items ? &pool[i + 1] : NULL, (int16_t)(seed >> 16 & 0x3fff), (int16_t)i};
  }
  return pool;
}

static struct item* reverse(struct item* list) {
  struct item* reversed = NULL;
  while (list != NULL) {
    struct item* next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static const struct item* find(const struct item* list, int16_t value) {
  while (list != NULL && (list->value & 0xff) != value) list = list->next;
  return list;
}

typedef int32_t (*order)(const struct item*, const struct item*);
static int32_t by_value(const struct item* a, const struct item* b) { return a->value - b->value; }
static int32_t by_place(const struct item* a, const struct item* b) { return a->place - b->place; }

static struct item* merge(struct item* a, struct item* b, order compare) {
  struct item* merged = NULL;
  struct item** end = &merged;
  while (a != NULL && b != NULL) {
    struct item** from = compare(a, b) <= 0 ? &a : &b;
    *end = *from;
    end = &(*from)->next;
    *from = *end;
  }
  *end = a != NULL ? a : b;
  return merged;
}

static struct item* sort(struct item* list, order compare) {
  if (list == NULL || list->next == NULL) return list;
  struct item* middle = list;
  for (const struct item* fast = list->next; fast != NULL && fast->next != NULL; fast = fast->next->next) {
    middle = middle->next;
  }
  struct item* second = middle->next;
  middle->next = NULL;
  return merge(sort(list, compare), sort(second, compare), compare);
}

static uint16_t work_on_list(uint16_t sum, uint32_t seed) {
  struct item* list = make_list(seed);
  for (int16_t i = 0; i < 16; ++i) {
    const struct item* found = find(list, (int16_t)(i * 13 & 0xff));
    sum = crc(sum, found != NULL ? (uint16_t)found->place : 0xffff, 16);
    list = reverse(list);
  }
  list = sort(list, by_value);
  sum = crc(sum, (uint16_t)list->value, 16);
  list = sort(list, by_place);
  return crc(sum, (uint16_t)list->next->value, 16);
}

static uint16_t work_on_matrix(uint16_t sum, int16_t seed) {
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      left[i][j] = (int16_t)(seed + i * j);
      right[i][j] = (int16_t)((seed ^ i) - j);
    }
  }
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      int32_t cell = 0;
      for (int k = 0; k < size; ++k) {
        const int32_t term = left[i][k] * right[k][j];
        cell += (term >> 2 & 0xf) * (term >> 5 & 0x7f);
      }
      product[i][j] = cell;
    }
  }
  for (int i = 0; i < size; ++i) sum = crc(sum, (uint32_t)product[i][i * 7 % size], 32);
  return sum;
}

enum state { start, sign, integer, point, fraction, exponent, exponent_sign, scaled, invalid, states };

static enum state next_state(enum state from, char c) {
  const int digit = c >= '0' && c <= '9';
  switch (from) {
    case start: return digit ? integer : c == '+' || c == '-' ? sign : c == '.' ? point : invalid;
    case sign: return digit ? integer : c == '.' ? point : invalid;
    case integer: return digit ? integer : c == '.' ? fraction : c == 'e' ? exponent : invalid;
    case point: return digit ? fraction : invalid;
    case fraction: return digit ? fraction : c == 'e' ? exponent : invalid;
    case exponent: return digit ? scaled : c == '+' || c == '-' ? exponent_sign : invalid;
    case exponent_sign: return digit ? scaled : invalid;
    case scaled: return digit ? scaled : invalid;
    default: return invalid;
  }
}

/// Classifies the words of a text, and counts how often each state is entered.
static uint16_t work_on_text(uint16_t sum, uint32_t seed) {
  static const char* const words[] = {"5012", "+87",   "-0.25", ".5",   "35.54e3",
                                      "1e-9", "T0.3e", "-x",    "9.e+", "12.34.5"};
  uint32_t entered[states] = {0}, ended[states] = {0};
  int length = 0;
  while (length < text_length - 8) {
    seed = seed * 1103515245 + 12345;
    for (const char* from = words[(seed >> 16) % 10]; *from != '\0'; ++from) text[length++] = *from;
    text[length++] = ',';
  }
  text[length] = '\0';
  enum state now = start;
  for (const char* at = text; *at != '\0'; ++at) {
    if (*at == ',') {
      ++ended[now];
      now = start;
    } else {
      now = next_state(now, *at);
      ++entered[now];
    }
  }
  for (int i = 0; i < states; ++i) sum = crc(sum, entered[i] << 16 | ended[i], 32);
  return sum;
}

/// Does the three kinds of work n times.
int64_t run(int32_t n) {
  uint16_t sum = 0xffff;
  uint64_t checksum = 0;
  for (int32_t round = 0; round < n; ++round) {
    sum = work_on_list(sum, (uint32_t)round + sum);
    sum = work_on_matrix(sum, (int16_t)(sum & 0xff));
    sum = work_on_text(sum, sum);
    checksum = checksum * 31 + sum;
  }
  return (int64_t)checksum;
}
