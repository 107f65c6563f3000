#pragma once

#include "wasm64/message/default_policy.hpp"

// The message policies that this machine has, for TEMPLATE_TEST_CASE.
#if __has_include(<nlohmann/json.hpp>)
#include "wasm64/message/nlohmann.hpp"
#define WASM64_NLOHMANN_POLICY , wasm64::nlohmann_message_policy
#else
#define WASM64_NLOHMANN_POLICY
#endif
#if __has_include(<boost/json.hpp>)
#include "wasm64/message/boost_json.hpp"
#define WASM64_BOOST_JSON_POLICY , wasm64::boost_json_message_policy
#else
#define WASM64_BOOST_JSON_POLICY
#endif

#define WASM64_MESSAGE_POLICIES wasm64::default_message_policy WASM64_NLOHMANN_POLICY WASM64_BOOST_JSON_POLICY
