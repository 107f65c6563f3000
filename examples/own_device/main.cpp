// A device of one's own beside those of the library: called by path, and by a module that imports from it.
#include <cstdio>

#include "tally.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace {

using wasm64::message_value, wasm64::result;

struct node_config : wasm64::default_device_config {
  using siblings = wasm64::device_list<tally_device>;
};
using node_type = wasm64::device<wasm64::default_message_policy, wasm64::memory_store, node_config>;

constexpr std::string_view doubling = R"((module (import "tally" "total" (func $total (result i64)))
  (func (export "twice") (result i64) (i64.mul (call $total) (i64.const 2)))))";

result<void> run() {
  wasm64::memory_store store;
  node_type node(store);
  WASM64_TRY(const wasm64::byte_vector image, wasm64::text::parse_module(doubling));
  message_value base = message_value::map({{"image", wasm64::view_of(image)}, {"function", "twice"}, {"total", 1}});
  WASM64_CHECK(base.set("stdlib/tally/device", tally_device::name));

  WASM64_TRY(auto answer, node.resolve(base, "add~tally@1.0&amount=20/total"));
  std::printf("the total is %d\n", static_cast<int>(answer.message.as_integer().bits));
  const char* const path = "add~tally@1.0&amount=20/init~wasm64@1.0/compute/results/output/1";
  WASM64_TRY(answer, node.resolve(base, path));
  std::printf("twice the total is %d\n", static_cast<int>(answer.message.as_integer().bits));
  return wasm64::success();
}

}  // namespace

int main() {
  const result<void> done = run();
  return done.has_value() ? 0 : (std::puts(to_string(done.error()).c_str()), 1);
}
