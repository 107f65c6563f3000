#pragma once

/// The entry point of an AO module: takes the message and the environment as JSON texts, answers with one.
/// The arguments stay the caller's. The answer is the module's and lasts until the next call.
char* handle(const char* message, const char* env);
