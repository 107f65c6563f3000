#pragma once

#include "bench/support/fixture.hpp"
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

namespace wasm64::bench {

using message = message_value;
using default_device = device<default_message_policy, memory_store>;

/// The value of a success, else null in a skipped benchmark.
inline message value_or_skip(benchmark::State& state, result<message> made) {
  return succeeded(state, made) ? std::move(made).value() : message();
}

/// A message with an instance of a module in the text format; null in a skipped benchmark.
template <class Device>
message start(benchmark::State& state, Device& on, std::string_view text, message base = message::map()) {
  const auto wasm = text::parse_module(text);
  if (!succeeded(state, wasm)) return {};
  if (!succeeded(state, base.set("body", message(view_of(wasm.value()))))) return {};
  return value_or_skip(state, on.init(std::move(base)));
}

inline message request_for(std::string_view function, vector<message> parameters) {
  vector<std::pair<std::string, message>> entries;
  entries.push_back({"function", message(function)});
  entries.push_back({"parameters", message::list(std::move(parameters))});
  return message::map(std::move(entries));
}

/// The first result of the latest `compute`; 0 when it failed.
inline std::int64_t first_result(const message& computed) {
  return computed.get("results/output/1").as_integer().as_int64();
}

}  // namespace wasm64::bench
