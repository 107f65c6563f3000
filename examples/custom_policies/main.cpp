// The device over a program's own messages and its own store.
#include <cstdio>

#include "log_store.hpp"
#include "tree.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace {

using wasm64::result;

constexpr std::string_view counter = R"((module
  (global $sum (mut i64) (i64.const 0))
  (func (export "add") (param i64) (result i64)
    (global.set $sum (i64.add (global.get $sum) (local.get 0)))
    (global.get $sum))))";

tree text(std::string_view t) { return wasm64::document_traits<tree>::make(wasm64::as_bytes(t)); }
tree map(std::map<std::string, tree, std::less<>> fields) {
  return {wasm64::value_kind::map, 0, 0, {}, {}, std::move(fields)};
}

/// What a user sends: call `add` with a number.
tree add(wasm64::integer n) {
  const tree number = wasm64::document_traits<tree>::make(n);
  return map({{"function", text("add")}, {"parameters", {wasm64::value_kind::list, 0, 0, {}, {number}, {}}}});
}

void print(const char* who, const tree_message& state) {
  const tree& output = state.document.fields.at("results").fields.at("output").items[0];
  std::printf("%s: the sum is %lld\n", who, static_cast<long long>(output.whole.as_int64()));
}

result<void> run() {
  log_store store;
  WASM64_TRY(const wasm64::byte_vector wasm, wasm64::text::parse_module(counter));
  WASM64_TRY(const wasm64::content_id image, store.put(wasm64::view_of(wasm)));
  const tree definition = map({{"image", text(to_text(image))}});

  wasm64::device<tree_policy, log_store> node(store);
  WASM64_TRY(tree_message state, node.init(definition));
  WASM64_TRY(state, node.compute(std::move(state), add(40)));
  WASM64_TRY(state, node.compute(std::move(state), add(2)));
  print("first node", state);

  // The snapshot goes into the store; another node finds it there by its id.
  WASM64_TRY(const tree_message snapshot, node.snapshot(state));
  WASM64_TRY(const wasm64::byte_vector encoded, tree_policy::encode(snapshot));
  WASM64_TRY(const wasm64::content_id saved, store.put(wasm64::view_of(encoded)));
  WASM64_CHECK(node.terminate(std::move(state)));

  wasm64::device<tree_policy, log_store> other(store);
  WASM64_TRY(const wasm64::bytes_view loaded, store.get(saved));
  WASM64_TRY(tree_message restored, tree_policy::decode(loaded));
  tree_message base = definition;
  WASM64_TRY(base, tree_policy::set(std::move(base), "snapshot", std::move(restored), wasm64::set_mode::deep));
  WASM64_TRY(base, other.compute(std::move(base), add(58)));
  print("second node", base);
  std::printf("the store has %zu bytes\n", store.size());
  return wasm64::success();
}

}  // namespace

int main() {
  const result<void> done = run();
  if (done.has_value()) return 0;
  std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
  return 1;
}
