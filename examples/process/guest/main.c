#include "main.h"

#include "alloc.h"
#include "amount.h"
#include "ledger.h"

static void put_parse_error(struct json_writer* out, const char* what, struct json_error error) {
  char digits[amount_digits];
  const struct amount offset = {error.offset, 0};
  json_put(out, "{\"ok\":false,\"error\":\"");
  json_put(out, what);
  json_put(out, ": ");
  json_put(out, error.reason);
  json_put(out, "\",\"offset\":");
  json_put_text(out, amount_print(offset, digits));
  json_put(out, "}");
}

static void answer(const char* message_text, const char* env_text, struct arena* arena, struct json_writer* out) {
  struct json_error error;
  const struct json* env = NULL;
  const struct json* message = json_parse(text_from(message_text), arena, &error);
  if (message != NULL) env = json_parse(text_from(env_text), arena, &error);
  if (env != NULL) {
    ledger_handle(message, env, out);
  } else {
    put_parse_error(out, message == NULL ? "message" : "environment", error);
  }
}

char* handle(const char* message, const char* env) {
  static char no_memory[] = "{\"ok\":false,\"error\":\"out of memory\"}";
  static struct json_writer out;
  struct arena arena = {NULL, NULL, 0};
  free(out.data);
  out = (struct json_writer){NULL, 0, 0, false};

  answer(message, env, &arena, &out);
  arena_release(&arena);
  char* response = json_finish(&out);
  return response != NULL ? response : no_memory;
}
