#pragma once

#include "wasm64/message/default_policy.hpp"

// The message policies that this machine has, for TEMPLATE_TEST_CASE: all, and those over documents, if any.
#if __has_include(<nlohmann/json.hpp>) && __has_include(<boost/json.hpp>)
#include "wasm64/message/boost_json.hpp"
#include "wasm64/message/nlohmann.hpp"
#define WASM64_DOCUMENT_POLICIES wasm64::nlohmann_message_policy, wasm64::boost_json_message_policy
#elif __has_include(<nlohmann/json.hpp>)
#include "wasm64/message/nlohmann.hpp"
#define WASM64_DOCUMENT_POLICIES wasm64::nlohmann_message_policy
#elif __has_include(<boost/json.hpp>)
#include "wasm64/message/boost_json.hpp"
#define WASM64_DOCUMENT_POLICIES wasm64::boost_json_message_policy
#endif

#ifdef WASM64_DOCUMENT_POLICIES
#define WASM64_MESSAGE_POLICIES wasm64::default_message_policy, WASM64_DOCUMENT_POLICIES
#else
#define WASM64_MESSAGE_POLICIES wasm64::default_message_policy
#endif
