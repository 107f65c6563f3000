#include "alloc.h"
#include "json.h"

enum { first_capacity = 1024 };

static bool reserve(struct json_writer* out, size_t extra) {
  if (out->failed) return false;
  if (out->capacity - out->size >= extra) return true;

  size_t capacity = out->capacity == 0 ? first_capacity : out->capacity * 2;
  while (capacity - out->size < extra) capacity *= 2;
  char* larger = malloc(capacity);
  if (larger == NULL) {
    out->failed = true;
    return false;
  }
  if (out->size != 0) __builtin_memcpy(larger, out->data, out->size);
  free(out->data);
  out->data = larger;
  out->capacity = capacity;
  return true;
}

void json_put_text(struct json_writer* out, struct text bytes) {
  if (bytes.size == 0 || !reserve(out, bytes.size)) return;
  __builtin_memcpy(out->data + out->size, bytes.data, bytes.size);
  out->size += bytes.size;
}

/// The escape of a byte that may not stand for itself; empty for all others.
static struct text escape_of(char c, char buffer[6]) {
  static const char digits[] = "0123456789abcdef";
  switch (c) {
    case '"': return (struct text){"\\\"", 2};
    case '\\': return (struct text){"\\\\", 2};
    case '\b': return (struct text){"\\b", 2};
    case '\f': return (struct text){"\\f", 2};
    case '\n': return (struct text){"\\n", 2};
    case '\r': return (struct text){"\\r", 2};
    case '\t': return (struct text){"\\t", 2};
    default: break;
  }
  const unsigned char byte = (unsigned char)c;
  if (byte >= ' ') return (struct text){NULL, 0};
  __builtin_memcpy(buffer, "\\u00", 4);
  buffer[4] = digits[byte >> 4];
  buffer[5] = digits[byte & 15];
  return (struct text){buffer, 6};
}

void json_put(struct json_writer* out, const char* literal) { json_put_text(out, text_from(literal)); }

void json_put_string(struct json_writer* out, struct text value) {
  size_t start = 0;
  json_put(out, "\"");
  for (size_t i = 0; i < value.size; ++i) {
    char buffer[6];
    const struct text escape = escape_of(value.data[i], buffer);
    if (escape.size == 0) continue;
    json_put_text(out, (struct text){value.data + start, i - start});
    json_put_text(out, escape);
    start = i + 1;
  }
  json_put_text(out, (struct text){value.data + start, value.size - start});
  json_put(out, "\"");
}

char* json_finish(struct json_writer* out) {
  json_put_text(out, (struct text){"", 1});
  return out->failed ? NULL : out->data;
}
