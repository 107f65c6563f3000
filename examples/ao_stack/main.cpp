#include <cstdio>

#include "wasm64/device/ao.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace {

using wasm64::message_value, wasm64::result;

// `handle` is given the addresses of two JSON texts, a message and its environment, and answers that of a third.
constexpr std::string_view guest = R"((module (memory (export "memory") i64 1)
  (data (i64.const 16) "{\"ok\":true,\"response\":{\"Output\":{\"data\":\"call 0\"}}}\00")
  (global $free (mut i64) (i64.const 1024))
  (func (export "malloc") (param i64) (result i64)
    (global.get $free) (global.set $free (i64.add (global.get $free) (local.get 0))))
  (func (export "handle") (param i64 i64) (result i64)
    (i64.store8 (i64.const 62) (i64.add (i64.load8_u (i64.const 62)) (i64.const 1)))  ;; the digit of "call 0"
    (i64.const 16))))";

/// Follows the path of a request, or one that is given as a text, from a message.
template <class Request>
result<message_value> resolve(wasm64::ao_device<>& node, message_value from, const Request& request) {
  WASM64_TRY(auto answer, node.resolve(std::move(from), request));
  if (answer.status == wasm64::device_status::ok) return std::move(answer.message);
  return fail(wasm64::errc::device_failed, std::string(answer.message.get("phase").as_text()));
}

result<void> run() {
  wasm64::memory_store store;  // an `image` can also be the id of a module in here
  wasm64::ao_device<> node(store);
  WASM64_TRY(const wasm64::byte_vector image, wasm64::text::parse_module(guest));
  message_value process =
      message_value::map({{"device", "process@1.0"},
                          {"execution-stack", "WASI@1.0, JSON-Iface@1.0, WASM-64@1.0, Multipass@1.0"},
                          {"passes", 2},
                          {"output-prefix", "wasm"},
                          {"image", wasm64::view_of(image)},
                          {"memory-limit", "64-mb"}});
  WASM64_TRY(process, resolve(node, std::move(process), "init"));
  for (const char* action : {"Hello", "Goodbye"}) {
    const message_value message = message_value::map({{"from", "me"}, {"action", action}});
    WASM64_CHECK(resolve(node, process, message_value::map({{"path", "schedule"}, {"body", message}})));
    WASM64_TRY(process, resolve(node, std::move(process), "now"));  // computes what is scheduled
    WASM64_TRY(const message_value data, resolve(node, process, "results/data"));
    WASM64_TRY(const message_value slot, resolve(node, process, "at-slot"));
    std::printf("slot %d: %s\n", static_cast<int>(slot.as_integer().bits), std::string(data.as_text()).c_str());
  }
  return wasm64::success();
}

}  // namespace

int main() {
  const result<void> done = run();
  return done.has_value() ? 0 : (std::puts(to_string(done.error()).c_str()), 1);
}
