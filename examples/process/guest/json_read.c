#include "json.h"
#include "utf8.h"

enum { depth_limit = 64 };

struct parser {
  struct text input;
  size_t at;
  size_t depth;
  struct arena* arena;
  struct json_error* error;
};

static bool parse_value(struct parser* p, struct json* value);

static bool fail(struct parser* p, const char* reason) {
  *p->error = (struct json_error){reason, p->at};
  return false;
}

/// The next byte, or -1 at the end.
static int peek(const struct parser* p) { return p->at < p->input.size ? (unsigned char)p->input.data[p->at] : -1; }

static bool accept(struct parser* p, char c) {
  if (peek(p) != (unsigned char)c) return false;
  ++p->at;
  return true;
}

static void skip_blanks(struct parser* p) {
  while (accept(p, ' ') || accept(p, '\t') || accept(p, '\n') || accept(p, '\r')) {
  }
}

static bool parse_word(struct parser* p, struct json* value, const char* word, enum json_kind kind) {
  for (; *word != '\0'; ++word) {
    if (!accept(p, *word)) return fail(p, "unexpected character");
  }
  value->kind = kind;
  return true;
}

static bool skip_digits(struct parser* p) {
  const size_t start = p->at;
  while (peek(p) >= '0' && peek(p) <= '9') ++p->at;
  return p->at != start || fail(p, "digit expected");
}

static bool parse_number(struct parser* p, struct json* value) {
  const size_t start = p->at;
  accept(p, '-');
  if (!accept(p, '0') && !skip_digits(p)) return false;
  if (accept(p, '.') && !skip_digits(p)) return false;
  if (accept(p, 'e') || accept(p, 'E')) {
    if (!accept(p, '+')) accept(p, '-');
    if (!skip_digits(p)) return false;
  }
  value->kind = json_number;
  value->text = (struct text){p->input.data + start, p->at - start};
  return true;
}

static bool parse_hex4(struct parser* p, uint32_t* unit) {
  *unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int c = peek(p);
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0) return fail(p, "four hexadecimal digits expected");
    *unit = *unit * 16 + (uint32_t)digit;
    ++p->at;
  }
  return true;
}

/// What follows `\u`: one scalar value, which may be two UTF-16 units.
static bool parse_unicode(struct parser* p, uint32_t* scalar) {
  if (!parse_hex4(p, scalar)) return false;
  if (*scalar < 0xd800 || *scalar > 0xdfff) return true;

  uint32_t second = 0;
  if (*scalar > 0xdbff || !accept(p, '\\') || !accept(p, 'u')) return fail(p, "unpaired surrogate");
  if (!parse_hex4(p, &second)) return false;
  if (second < 0xdc00 || second > 0xdfff) return fail(p, "unpaired surrogate");
  *scalar = 0x10000 + ((*scalar - 0xd800) << 10) + (second - 0xdc00);
  return true;
}

/// What follows a backslash, decoded to 1 to 4 bytes at `to`; 0 for an error.
static size_t parse_escape(struct parser* p, char* to) {
  static const char names[] = "\"\\/bfnrt";
  static const char values[] = "\"\\/\b\f\n\r\t";
  for (size_t i = 0; names[i] != '\0'; ++i) {
    if (accept(p, names[i])) {
      *to = values[i];
      return 1;
    }
  }
  uint32_t scalar = 0;
  if (!accept(p, 'u')) return fail(p, "unknown escape");
  return parse_unicode(p, &scalar) ? utf8_encode(scalar, to) : 0;
}

/// The offset of the closing quote: an escape is skipped whole, decoding judges it.
static size_t find_quote(const struct parser* p, bool* escaped) {
  size_t i = p->at;
  while (i < p->input.size && p->input.data[i] != '"') {
    if (p->input.data[i] == '\\') {
      *escaped = true;
      ++i;
    }
    ++i;
  }
  return i;
}

/// What follows the opening quote. Without escapes the text stays where it is in the input.
static bool parse_string(struct parser* p, struct text* result) {
  bool escaped = false;
  const size_t end = find_quote(p, &escaped);
  char* decoded = NULL;
  if (escaped) {
    const size_t whole = end < p->input.size ? end : p->input.size;
    decoded = arena_take(p->arena, whole - p->at);  // decoding never makes a string longer
    if (decoded == NULL) return fail(p, "out of memory");
  }
  *result = (struct text){decoded != NULL ? decoded : p->input.data + p->at, 0};

  while (!accept(p, '"')) {
    size_t size = 0;
    if (decoded != NULL && accept(p, '\\')) {
      size = parse_escape(p, decoded + result->size);
      if (size == 0) return false;
    } else {
      if (peek(p) < 0) return fail(p, "unterminated string");
      if (peek(p) < ' ') return fail(p, "control character in a string");
      size = utf8_length((struct text){p->input.data + p->at, p->input.size - p->at});
      if (size == 0) return fail(p, "malformed UTF-8");
      if (decoded != NULL) __builtin_memcpy(decoded + result->size, p->input.data + p->at, size);
      p->at += size;
    }
    result->size += size;
  }
  return true;
}

static bool parse_key(struct parser* p, struct text* key) {
  skip_blanks(p);
  if (!accept(p, '"')) return fail(p, "member name expected");
  if (!parse_string(p, key)) return false;
  skip_blanks(p);
  return accept(p, ':') || fail(p, "colon expected");
}

/// What follows the opening bracket of an array or object, up to its `close`.
static bool parse_children(struct parser* p, struct json* parent, enum json_kind kind, char close) {
  if (p->depth == depth_limit) return fail(p, "nested too deep");
  ++p->depth;
  parent->kind = kind;
  const struct json** link = &parent->first;
  skip_blanks(p);
  if (!accept(p, close)) {
    do {
      struct json* child = arena_take(p->arena, sizeof *child);
      if (child == NULL) return fail(p, "out of memory");
      *child = (struct json){.kind = json_null};
      if (kind == json_object && !parse_key(p, &child->key)) return false;
      if (!parse_value(p, child)) return false;
      *link = child;
      link = &child->next;
      skip_blanks(p);
    } while (accept(p, ','));
    if (!accept(p, close)) return fail(p, "comma or closing bracket expected");
  }
  --p->depth;
  return true;
}

static bool parse_value(struct parser* p, struct json* value) {
  skip_blanks(p);
  switch (peek(p)) {
    case '{': ++p->at; return parse_children(p, value, json_object, '}');
    case '[': ++p->at; return parse_children(p, value, json_array, ']');
    case '"':
      ++p->at;
      value->kind = json_string;
      return parse_string(p, &value->text);
    case 'n': return parse_word(p, value, "null", json_null);
    case 'f': return parse_word(p, value, "false", json_false);
    case 't': return parse_word(p, value, "true", json_true);
    case -1: return fail(p, "unexpected end");
    default: break;
  }
  if (peek(p) != '-' && (peek(p) < '0' || peek(p) > '9')) return fail(p, "unexpected character");
  return parse_number(p, value);
}

const struct json* json_parse(struct text input, struct arena* arena, struct json_error* error) {
  struct parser p = {input, 0, 0, arena, error};
  *error = (struct json_error){NULL, 0};
  struct json* root = arena_take(arena, sizeof *root);
  if (root == NULL) {
    fail(&p, "out of memory");
    return NULL;
  }
  *root = (struct json){.kind = json_null};
  if (!parse_value(&p, root)) return NULL;
  skip_blanks(&p);
  if (p.at == input.size) return root;
  fail(&p, "unexpected character");
  return NULL;
}
