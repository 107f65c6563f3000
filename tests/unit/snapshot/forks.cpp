#include "tests/unit/snapshot/support.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/sha256.hpp"

using namespace wasm64;

namespace {

constexpr std::string_view program = R"((module
  (memory 32 64) (memory $second 1 4)
  (type $box (struct (field (mut i32)) (field (ref null $box))))
  (global $list (mut (ref null $box)) (ref.null $box))
  (func (export "set") (param i32 i32)
    (i32.store (local.get 0) (local.get 1)) (i32.store $second (i32.const 100) (local.get 1))
    (global.set $list (struct.new $box (local.get 1) (global.get $list))))
  (func (export "get") (param i32) (result i32 i32 i32)
    (i32.load (local.get 0)) (i32.load $second (i32.const 100)) (struct.get $box 0 (global.get $list)))
  (func (export "grow") (drop (memory.grow (i32.const 3))))))";

vector<value> three(std::int32_t a, std::int32_t b, std::int32_t c) {
  return {value::i32(a), value::i32(b), value::i32(c)};
}

store_image image_of(test::saved_engine<>& e) {
  auto made = e.states.image();
  if (!made.has_value()) FAIL(to_string(made.error()));
  return std::move(made).value();
}

}  // namespace

TEST_CASE("snapshot: stores made of an image go on independently") {
  memory_store objects;
  test::saved_engine<> first(objects), second(objects), third(objects);
  instance& in = first.add(program);
  instance& other = second.add(program);
  instance& late = third.add(program);
  first.call(in, "grow");
  for (std::int32_t page = 0; page < 500; ++page) first.call(in, "set", page * 4096, page + 1);
  const store_image image = image_of(first);
  const content_id id = first.id();
  CHECK(sha256(image.manifest()).value() == id);
  first.call(in, "set", 0, -1);
  REQUIRE(second.states.restore(image).has_value());
  CHECK(second.id() == id);
  CHECK(second.call_with(other, "get", {value::i32(40'960)}) == three(11, 500, 500));
  second.call(other, "set", 40'960, -2);
  REQUIRE(third.states.restore(image).has_value());
  CHECK(third.id() == id);
  CHECK(third.call_with(late, "get", {value::i32(40'960)}) == three(11, 500, 500));
  CHECK(second.call_with(other, "get", {value::i32(40'960)}) == three(-2, -2, -2));
  CHECK(first.call_with(in, "get", {value::i32(40'960)}) == three(11, -1, -1));
  REQUIRE(second.states.restore(image).has_value());
  CHECK(second.id() == id);

  // A fork of a fork, saved and restored from storage.
  third.call(late, "set", 8192, 77);
  REQUIRE(second.states.restore(image_of(third)).has_value());
  CHECK(second.id() == third.id());
  const content_id saved = second.save();
  test::saved_engine<> fourth(objects);
  fourth.add(program);
  fourth.restore(saved);
  CHECK(fourth.id() == third.id());
}

TEST_CASE("snapshot: an image does not fit a store that was set up in another way") {
  memory_store objects;
  test::saved_engine<> first(objects), other(objects), larger(objects);
  first.add(program);
  other.add("(module)");
  const store_image image = image_of(first);
  CHECK(other.states.restore(image).error().code == errc::snapshot_wrong_module);
  larger.call(larger.add(program), "grow");
  const content_id before = larger.id();
  CHECK(larger.states.restore(image).error().code == errc::snapshot_incompatible);
  CHECK(larger.id() == before);
}

TEST_CASE("snapshot: memories are mapped from a directory of verified images") {
  memory_store objects;
  const temporary_directory directory;
  auto images = image_directory::open((directory.path() / "images").string());
  REQUIRE(images.has_value());
  const restore_options mapped{&images.value()};
  test::saved_engine<> first(objects), second(objects);
  instance& in = first.add(program);
  instance& other = second.add(program);
  for (std::int32_t page = 0; page < 500; ++page) first.call(in, "set", page * 4096, page + 1);
  const content_id id = first.save();
  any_store storage(objects);
  for (int i = 0; i < 3; ++i) {
    const auto restored = second.states.restore(id, storage, mapped);
    if (!restored.has_value()) FAIL(to_string(restored.error()));
    CHECK(second.id() == id);
    CHECK(second.call_with(other, "get", {value::i32(40'960)}) == three(11, 500, 500));
    second.call(other, "set", 40'960, i);
    CHECK(second.id() != id);
  }
  second.call(other, "set", 4096, 9);
  first.restore(second.save());
  CHECK(first.call_with(in, "get", {value::i32(40'960)}) == three(2, 9, 9));
  CHECK(first.call_with(in, "get", {value::i32(4096)}) == three(9, 9, 9));
}
