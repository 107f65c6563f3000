#include "workload.h"

enum { capacity = 1 << 15, most_depth = 32 };

static char text[capacity];
static int length;

static void put(const char* from) {
  while (*from != '\0') text[length++] = *from++;
}

static void put_number(uint32_t value) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) text[length++] = digits[--count];
}

/// An array of records, with everything that JSON has.
static void generate(void) {
  static const char* const names[] = {"alpha", "be\\\"ta", "gamma \\u00e9", "delta\\n", "epsilon"};
  uint32_t random = 99;
  length = 0;
  put("[");
  for (uint32_t i = 0; length < capacity - 512; ++i) {
    random = random * 1664525 + 1013904223;
    put(i == 0 ? "\n  {\"id\": " : ",\n  {\"id\": ");
    put_number(i);
    put(", \"name\": \"");
    put(names[(random >> 16) % 5]);
    put("\", \"active\": ");
    put(random & 1 << 20 ? "true" : "false");
    put(", \"score\": -");
    put_number(random >> 12);
    put(".");
    put_number(random >> 24);
    put("e-3, \"tags\": [\"x\", null, {\"deep\": [");
    for (uint32_t k = 0; k < (random >> 28); ++k) {
      put_number(k * 37);
      put(", ");
    }
    put("[]]}]}");
  }
  put("\n]\n");
}

struct counts {
  uint64_t strings;
  uint64_t numbers;
  uint64_t literals;
  uint64_t punctuation;
  uint64_t hash;
};

static uint32_t hexadecimal(char c) { return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

/// Where the string ends that begins at `at`; hashes its characters.
static const char* skip_string(const char* at, struct counts* found) {
  for (; *at != '"'; ++at) {
    uint32_t character = (uint8_t)*at;
    if (*at == '\\') {
      switch (*++at) {
        case 'n': character = '\n'; break;
        case 't': character = '\t'; break;
        case 'u':
          character = 0;
          for (int i = 0; i < 4; ++i) character = character << 4 | hexadecimal(*++at);
          break;
        default: character = (uint8_t)*at;
      }
    }
    found->hash = (found->hash ^ character) * 1099511628211u;
  }
  ++found->strings;
  return at + 1;
}

static const char* skip_digits(const char* at, uint64_t* value) {
  for (; *at >= '0' && *at <= '9'; ++at) *value = *value * 10 + (uint64_t)(*at - '0');
  return at;
}

static const char* skip_number(const char* at, struct counts* found) {
  uint64_t digits = 0, exponent = 0;
  if (*at == '-') ++at;
  at = skip_digits(at, &digits);
  if (*at == '.') at = skip_digits(at + 1, &digits);
  if ((*at | 0x20) == 'e') {
    ++at;
    if (*at == '-' || *at == '+') ++at;
    at = skip_digits(at, &exponent);
  }
  found->hash = found->hash * 31 + digits + exponent;
  ++found->numbers;
  return at;
}

/// False when a bracket has no partner.
static int tokenize(const char* at, struct counts* found) {
  char open[most_depth];
  int depth = 0;
  while (*at != '\0') {
    switch (*at) {
      case ' ':
      case '\n':
      case '\t': ++at; break;
      case '{':
      case '[':
        if (depth == most_depth) return 0;
        open[depth++] = *at++;
        ++found->punctuation;
        break;
      case '}':
      case ']':
        if (depth == 0 || open[--depth] != (*at == '}' ? '{' : '[')) return 0;
        ++at;
        ++found->punctuation;
        break;
      case ',':
      case ':':
        ++at;
        ++found->punctuation;
        break;
      case '"': at = skip_string(at + 1, found); break;
      case 't':
      case 'f':
      case 'n':
        at += *at == 'f' ? 5 : 4;
        ++found->literals;
        break;
      default: at = skip_number(at, found);
    }
  }
  return depth == 0;
}

/// Splits 32 KiB of JSON into tokens n times, each time with another character changed.
int64_t run(int32_t n) {
  struct counts found = {0, 0, 0, 0, 14695981039346656037u};
  generate();
  text[length] = '\0';
  int digit = 0;
  for (int32_t round = 0; round < n; ++round) {
    if (!tokenize(text, &found)) return -1;
    do digit = (digit + 61) % length;
    while (text[digit] < '1' || text[digit] > '8');
    ++text[digit];
  }
  return (int64_t)(found.hash + found.strings * 3 + found.numbers * 5 + found.literals * 7 + found.punctuation * 11);
}
