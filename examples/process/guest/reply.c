#include "reply.h"

#include "amount.h"

void reply_begin(struct reply* reply, struct text data) {
  json_put(reply->out, "{\"ok\":true,\"response\":{\"Output\":{\"data\":");
  json_put_string(reply->out, data);
  json_put(reply->out, "},\"Messages\":[");
}

void reply_end(struct reply* reply) { json_put(reply->out, "],\"Spawns\":[],\"Assignments\":[]}}"); }

static void put_tag(struct json_writer* out, struct text name, struct text value) {
  json_put(out, "{\"name\":");
  json_put_string(out, name);
  json_put(out, ",\"value\":");
  json_put_string(out, value);
  json_put(out, "}");
}

void reply_tag(struct reply* reply, struct text name, struct text value) {
  json_put(reply->out, ",");
  put_tag(reply->out, name, value);
}

void reply_message(struct reply* reply, struct text target, const char* action) {
  char digits[amount_digits];
  const struct amount reference = {++reply->messages, 0};
  json_put(reply->out, reply->follows ? ",{\"Target\":" : "{\"Target\":");
  reply->follows = true;
  json_put_string(reply->out, target);
  json_put(reply->out, ",\"Tags\":[");
  put_tag(reply->out, text_from("Action"), text_from(action));
  reply_tag(reply, text_from("Reference"), amount_print(reference, digits));
}

void reply_data(struct reply* reply, struct text data) {
  json_put(reply->out, "],\"Data\":");
  json_put_string(reply->out, data);
  json_put(reply->out, "}");
}

void reply_error(struct json_writer* out, const char* reason) {
  json_put(out, "{\"ok\":true,\"response\":{\"Error\":");
  json_put_string(out, text_from(reason));
  json_put(out, "}}");
}
