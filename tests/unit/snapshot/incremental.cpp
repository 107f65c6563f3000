#include "tests/unit/snapshot/support.hpp"

using namespace wasm64;

namespace {

constexpr std::string_view program = R"((module
  (memory 64 128) (memory $second 2)
  (global $n (mut i64) (i64.const 0))
  (type $box (struct (field (mut i64)) (field (ref null $box))))
  (global $list (mut (ref null $box)) (ref.null $box))
  (func (export "write") (param i32) (param i64) (i64.store (local.get 0) (local.get 1)))
  (func (export "second") (param i32) (param i64) (i64.store $second (local.get 0) (local.get 1)))
  (func (export "count") (global.set $n (i64.add (global.get $n) (i64.const 1))))
  (func (export "keep") (param i64) (global.set $list (struct.new $box (local.get 0) (global.get $list))))
  (func (export "drop") (global.set $list (ref.null $box)))
  (func (export "grow") (drop (memory.grow (i32.const 1))))))";

/// Counts what is put, and refuses it when told.
struct counting_store {
  memory_store& in;
  std::size_t units = 0, items = 0;
  bool is_full = false;

  result<shared_bytes> get(const content_id& id) { return in.get(id); }
  result<content_id> put(bytes_view bytes) {
    WASM64_TRY(const auto ids, put_all({&bytes, 1}));
    return ids[0];
  }
  result<vector<content_id>> put_all(std::span<const bytes_view> all) {
    if (is_full) return fail(errc::storage_io, "full");
    ++units;
    items += all.size();
    return in.put_all(all);
  }
  result<bool> contains(const content_id& id) { return in.contains(id); }
};

content_id take(const result<content_id>& id) {
  if (!id.has_value()) FAIL(to_string(id.error()));
  return id.value();
}

}  // namespace

TEST_CASE("snapshot: a save puts what has changed, as one unit, and its id is that of a whole one") {
  memory_store objects;
  counting_store counted{objects};
  any_store to(counted);
  test::saved_engine<> e(objects);
  instance& in = e.add(program);
  for (std::int32_t page = 0; page < 1000; ++page) e.call(in, "write", page * 4096, std::int64_t{page} + 1);
  take(e.states.save(to));
  CHECK(counted.units == 1);
  CHECK(counted.items > 1000);

  counted.items = 0;
  e.call(in, "count");
  take(e.states.save(to));
  CHECK(counted.units == 2);
  CHECK(counted.items == 3);  // a page and a node of the state, the manifest

  counted.items = 0;
  e.call(in, "write", 4096 * 500, std::int64_t{-1});
  const content_id id = take(e.states.save(to));
  CHECK(counted.items == 4);  // a page, two nodes, the manifest
  CHECK(take(e.states.state_id()) == id);
  CHECK(counted.units == 3);

  test::saved_engine<> other(objects);
  other.add(program);
  other.restore(id);
  CHECK(other.id() == id);

  counted.items = 0;
  counted.units = 0;
  other.call(*other.st.vm().all_instances[0], "second", 5000, std::int64_t{5});
  any_store elsewhere(counted);
  take(other.states.save(elsewhere));
  CHECK(counted.items > 1000);  // another place knows nothing of the first one
}

TEST_CASE("snapshot: after a restore only what has changed since is put") {
  memory_store objects;
  counting_store counted{objects};
  any_store to(counted);
  test::saved_engine<> e(objects), other(objects);
  instance& in = e.add(program);
  instance& restored = other.add(program);
  for (std::int32_t page = 0; page < 1000; ++page) e.call(in, "write", page * 4096, std::int64_t{page} + 1);
  const content_id id = take(e.states.save(to));
  REQUIRE(other.states.restore(id, to).has_value());
  counted.items = 0;
  CHECK(take(other.states.save(to)) == id);
  CHECK(counted.items <= 1);
  counted.items = 0;
  other.call(restored, "write", 8, std::int64_t{9});
  take(other.states.save(to));
  CHECK(counted.items == 4);
}

TEST_CASE("snapshot: what storage has refused is put by the next save") {
  memory_store objects, empty;
  counting_store counted{objects};
  any_store to(counted);
  test::saved_engine<> e(objects), other(objects);
  instance& in = e.add(program);
  other.add(program);
  e.call(in, "write", 0, std::int64_t{1});
  take(e.states.save(to));
  counted.is_full = true;
  e.call(in, "write", 70'000, std::int64_t{2});
  e.call(in, "keep", std::int64_t{3});
  CHECK(e.states.save(to).error().code == errc::storage_io);
  CHECK(e.states.save(to).error().code == errc::storage_io);
  e.call(in, "write", 0, std::int64_t{4});
  CHECK(e.states.save(to).error().code == errc::storage_io);
  e.call(in, "write", 0, std::int64_t{1});
  counted.is_full = false;
  const content_id id = take(e.states.save(to));
  other.restore(id);
  CHECK(other.id() == id);
  CHECK(id == e.id());
}

TEST_CASE("snapshot: random changes have the same ids incrementally, anew and restored") {
  memory_store objects;
  test::saved_engine<> e(objects), mirror(objects);
  test::engine<> twin;  // does the same, and is never saved
  instance& in = e.add(program);
  instance& same = twin.add(program);
  mirror.add(program);
  const auto call = [&](std::string_view name, auto... arguments) {
    e.call(in, name, arguments...);
    twin.call(same, name, arguments...);
  };
  std::uint64_t random = 1;
  const auto next = [&random](std::uint64_t below) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % below;
  };
  std::vector<content_id> states;
  for (int round = 0; round < 60; ++round) {
    for (std::uint64_t changes = next(6); changes-- > 0;) {
      const auto at = static_cast<std::int32_t>(next(4'000'000));
      const auto value = static_cast<std::int64_t>(next(3));
      switch (next(6)) {
        case 0: call("count"); break;
        case 1: call("keep", value); break;
        case 2: call("second", at % 131'000, value); break;
        case 3: call(next(4) == 0 ? "grow" : "drop"); break;
        default: call("write", at, value); break;
      }
    }
    const content_id id = e.save();
    checkpointer anew(twin.st);
    CHECK(take(anew.state_id()) == id);
    mirror.restore(id);
    CHECK(mirror.id() == id);
    states.push_back(id);
  }
  test::saved_engine<> late(objects);
  late.add(program);
  for (std::size_t i = 0; i < states.size(); i += 7) {
    late.restore(states[i]);
    CHECK(late.id() == states[i]);
  }
}

TEST_CASE("snapshot: a store is not captured or restored while it runs") {
  memory_store objects;
  test::saved_engine<> e(objects);
  any_store storage(objects);
  content_id id;
  int asked = 0;
  e.imports.func("host", "now", [&] {
    ++asked;
    CHECK(e.states.save(storage).error().code == errc::instance_busy);
    CHECK(e.states.state_id().error().code == errc::instance_busy);
    CHECK(e.states.restore(id, storage).error().code == errc::instance_busy);
    CHECK(memory_image(*e.st.vm().all_instances[0]).error().code == errc::instance_busy);
  });
  instance& in = e.add(R"((module (import "host" "now" (func $now)) (func (export "f") (call $now))))");
  id = e.save();
  e.call(in, "f");
  CHECK(asked == 1);
}

TEST_CASE("snapshot: bare memories come and go as they are") {
  memory_store objects;
  test::saved_engine<> e(objects), other(objects);
  instance& in = e.add("(module (memory 1 3) (data (i32.const 5) \"text\"))");
  instance& restored = other.add("(module (memory 1 3))");
  const byte_vector image = memory_image(in).value();
  CHECK(image.size() == 65'536);
  REQUIRE(restore_memory_image(restored, view_of(image)).has_value());
  CHECK(memory_image(restored).value() == image);
  const content_id before = other.save();
  byte_vector larger = image;
  larger.resize(131'072, 7);
  REQUIRE(restore_memory_image(restored, view_of(larger)).has_value());
  CHECK(other.save() != before);
  CHECK(restored.memory()->pages() == 2);
}
