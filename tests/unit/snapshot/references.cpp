#include "wasm64/snapshot/references.hpp"

#include "tests/unit/snapshot/forgery.hpp"

using namespace wasm64;

namespace {

constexpr std::string_view program = R"((module
  (memory 80) (memory $empty 1) (global (mut i32) (i32.const 5))
  (func (export "write") (param i32) (i32.store (local.get 0) (local.get 0)))))";

garbage_totals collect(memory_store& objects) {
  const auto totals = collect_garbage(objects, snapshot_references());
  if (!totals.has_value()) FAIL(to_string(totals.error()));
  return totals.value();
}

}  // namespace

TEST_CASE("snapshot: what a root's state consists of is kept, and nothing else") {
  memory_store objects;
  test::saved_engine<> e(objects), other(objects);
  instance& in = e.add(program);
  other.add(program);
  e.call(in, "write", 8);
  e.call(in, "write", 5'000'000);
  const content_id first = e.save();
  const std::size_t of_first = objects.list().value().size();
  e.call(in, "write", 8192);
  const content_id second = e.save();
  REQUIRE(objects.link("latest", second).has_value());
  const content_id unused = objects.put(as_bytes("unused")).value();
  const garbage_totals totals = collect(objects);
  CHECK(totals.reached == of_first + 1);
  CHECK_FALSE(objects.contains(unused).value());
  CHECK_FALSE(objects.contains(first).value());
  other.restore(second);
  CHECK(other.id() == second);
  CHECK(collect(objects).swept.objects == 0);
}

TEST_CASE("snapshot: messages keep the states that they hold, whole or by id") {
  memory_store objects;
  test::saved_engine<> e(objects), other(objects);
  instance& in = e.add(program);
  other.add(program);
  e.call(in, "write", 4'000'000);
  const content_id held = e.save();
  const std::string manifest(as_text(e.states.manifest()));
  std::string message = "before" + manifest + "behind";
  e.call(in, "write", 4096);
  const content_id named = e.save();
  message.append(" \"").append(to_text(named)).append("\"");
  REQUIRE(objects.link("message", objects.put(as_bytes(message)).value()).has_value());
  collect(objects);
  CHECK_FALSE(objects.contains(held).value());  // it stands in the message
  other.restore(named);
  any_store from(objects);
  REQUIRE(other.states.restore(as_bytes(manifest), from).has_value());
  CHECK(other.id() == held);
}

TEST_CASE("snapshot: what only looks like a manifest or a node keeps nothing and stops nothing") {
  memory_store objects;
  test::saved_engine<> e(objects);
  e.call(e.add(program), "write", 8);
  const test::forgery f(objects, e.save());
  snapshot_manifest m = f.manifest;
  const content_id page = objects.put(as_bytes("no node at all")).value();
  m.memories[0].root = page;
  m.memories[1].root = m.state;
  REQUIRE(objects.link("forged", f.put(m)).has_value());
  std::string truncated(as_text(view_of(f.manifest_bytes)).substr(0, 70));
  truncated.append(truncated);
  REQUIRE(objects.link("truncated", objects.put(as_bytes(truncated)).value()).has_value());
  CHECK(collect(objects).reached > 3);
  CHECK(objects.contains(page).value());
  CHECK_FALSE(objects.contains(*f.manifest.memories[0].root).value());
}
