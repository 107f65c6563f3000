#pragma once

#include "json.h"

/// Writes an AO response: {"ok":true,"response":{"Output":{"data":…},"Messages":[…],"Spawns":[],"Assignments":[]}}.
struct reply {
  struct json_writer* out;
  uint64_t messages;  // how many messages this process has sent; the Reference tag of the next one is one more
  bool follows;       // whether the response already holds a message
};

void reply_begin(struct reply* reply, struct text data);
void reply_end(struct reply* reply);

/// A message of the response: begin, any number of tags, end.
void reply_message(struct reply* reply, struct text target, const char* action);
void reply_tag(struct reply* reply, struct text name, struct text value);
void reply_data(struct reply* reply, struct text data);

/// A whole response that says what is wrong with the message.
void reply_error(struct json_writer* out, const char* reason);
