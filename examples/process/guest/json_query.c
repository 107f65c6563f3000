#include "json.h"

const struct json* json_member(const struct json* object, const char* name) {
  if (object == NULL || object->kind != json_object) return NULL;
  const struct text wanted = text_from(name);
  const struct json* found = NULL;
  for (const struct json* member = object->first; member != NULL; member = member->next) {
    if (text_equal(member->key, wanted)) found = member;
  }
  return found;
}

struct text json_text(const struct json* value) {
  const bool has_text = value != NULL && (value->kind == json_string || value->kind == json_number);
  return has_text ? value->text : (struct text){NULL, 0};
}

struct text json_tag(const struct json* tags, const char* name) {
  if (tags == NULL || tags->kind != json_array) return (struct text){NULL, 0};
  const struct text wanted = text_from(name);
  for (const struct json* tag = tags->first; tag != NULL; tag = tag->next) {
    if (text_same_name(json_text(json_member(tag, "name")), wanted)) return json_text(json_member(tag, "value"));
  }
  return (struct text){NULL, 0};
}
