// A backend of one's own: what it compiles runs as native code, anything else is interpreted, and the artifact is found
// again in a store.
#include <cstdio>

#include "constant_backend.hpp"
#include "wasm64/aot/authenticator.hpp"
#include "wasm64/aot/tier.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace {

using wasm64::result;

constexpr std::string_view text = R"((module
  (func $six (result i32) (i32.const 6))
  (func $seven (result i32) (i32.const 7))
  (func (export "answer") (result i32) (i32.mul (call $six) (call $seven)))))";

using cache = wasm64::aot::artifact_cache<wasm64::memory_store, wasm64::aot::hmac_authenticator>;
using tier = wasm64::aot::tier<constant_backend, cache>;

/// Runs the module in a new store. Says how many of its functions are native code.
result<void> run(std::shared_ptr<tier> compiler) {
  WASM64_TRY(const wasm64::byte_vector wasm, wasm64::text::parse_module(text));
  WASM64_TRY(const auto module, wasm64::compile(wasm64::view_of(wasm)));
  wasm64::store<> store;
  store.use(std::move(compiler));
  WASM64_TRY(wasm64::instance* const instance, store.instantiate(module, wasm64::linker()));
  WASM64_TRY(const auto answer, store.call<std::int32_t>(*instance->exported_func("answer")));
  std::printf("the answer is %d, by %u functions in native code\n", answer,
              wasm64::aot::compiled_functions(*instance->code));
  return wasm64::success();
}

result<void> run_twice() {
  wasm64::memory_store artifacts;
  WASM64_TRY(const auto key, wasm64::aot::node_key::make());  // a node keeps it in a file: `node_key::open`
  const wasm64::aot::hmac_authenticator node(key);
  for (int process = 0; process < 2; ++process) {
    const cache kept(artifacts, node);
    WASM64_CHECK(run(std::make_shared<tier>(constant_generator(stdout), wasm64::aot::tier_options(), kept)));
  }
  return wasm64::success();
}

}  // namespace

int main() {
  const result<void> done = run_twice();
  return done.has_value() ? 0 : (std::puts(to_string(done.error()).c_str()), 1);
}
