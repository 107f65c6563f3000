#pragma once

#include "json.h"

/// Answers one message by its Action tag, and changes the state of the token if the action says so.
/// A response that could not be written (out->failed) has changed no balance.
void ledger_handle(const struct json* message, const struct json* env, struct json_writer* out);
