#pragma once

#include "arena.h"
#include "text.h"

enum json_kind { json_null, json_false, json_true, json_number, json_string, json_array, json_object };

/// A value of a parsed document (RFC 8259). It lives as long as the arena and the input text.
struct json {
  enum json_kind kind;
  struct text key;           // when it is a member of an object
  struct text text;          // the decoded string, or the number as it was written
  const struct json* first;  // the first element or member
  const struct json* next;   // the next value in the same array or object
};

struct json_error {
  const char* reason;  // null: no error
  size_t offset;       // in bytes from the start of the text
};

/// Parses one document; null and an error otherwise. Values nest at most 64 deep, strings must be valid UTF-8.
const struct json* json_parse(struct text input, struct arena* arena, struct json_error* error);

/// The member of that name, or null. The last of several members with one name counts.
const struct json* json_member(const struct json* object, const char* name);

/// The text of a string or number; empty for anything else, and for null pointers.
struct text json_text(const struct json* value);

/// The value of the first {"name": …, "value": …} with that name in an array of them; empty when there is none.
struct text json_tag(const struct json* tags, const char* name);

/// A growing output text. After a failure it stays failed and ignores what is put.
struct json_writer {
  char* data;  // from malloc; the owner of the writer frees it
  size_t size;
  size_t capacity;
  bool failed;
};

/// Append JSON text as it is.
void json_put(struct json_writer* out, const char* literal);
void json_put_text(struct json_writer* out, struct text bytes);

/// Appends a quoted and escaped string.
void json_put_string(struct json_writer* out, struct text value);

/// Ends the text with a NUL; null when anything failed.
char* json_finish(struct json_writer* out);
