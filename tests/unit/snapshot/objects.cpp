#include "tests/support/wat.hpp"
#include "wasm64/snapshot/snapshot.hpp"
#include "wasm64/storage/sha256.hpp"

using namespace wasm64;

namespace {

result<std::array<std::uint8_t, 32>> digest(bytes_view bytes) {
  WASM64_TRY(const content_id id, sha256(bytes));
  return id.bytes;
}

}  // namespace

TEST_CASE("snapshot: objects cannot be captured yet, which is an error") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (type $box (struct (field i32)))
    (tag $e)
    (global $g (mut anyref) (ref.null any))
    (global $x (mut exnref) (ref.null exn))
    (table $t 2 eqref)
    (elem $funcs func 0)
    (func (export "global") (global.set $g (struct.new $box (i32.const 1))))
    (func (export "i31") (global.set $g (ref.i31 (i32.const 1))))
    (func (export "table") (table.set $t (i32.const 1) (array.new_fixed $bytes 0)))
    (func (export "exception")
      (global.set $x (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e)) (unreachable))))
    (func (export "clear")
      (global.set $g (ref.null any)) (global.set $x (ref.null exn)) (table.set $t (i32.const 1) (ref.null eq)))
    (type $bytes (array i8))))");
  CHECK(capture(in, &digest).has_value());
  for (const char* place : {"global", "i31", "table", "exception"}) {
    INFO(place);
    e.call(in, place);
    const auto refused = capture(in, &digest);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::snapshot_incompatible);
    e.call(in, "clear");
    CHECK(capture(in, &digest).has_value());
  }
}

TEST_CASE("snapshot: a segment that holds objects has to be dropped first") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (type $box (struct (field i32)))
    (elem $s (ref $box) (struct.new $box (i32.const 1)))
    (func (export "drop") (elem.drop $s))))");
  const auto refused = capture(in, &digest);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::snapshot_incompatible);
  e.call(in, "drop");
  CHECK(capture(in, &digest).has_value());
}

TEST_CASE("snapshot: what was allocated counts for the heap's limit as if there had been no restart") {
  constexpr std::string_view program = R"((module (type $a (array i8))
    (func (export "garbage") (drop (array.new_default $a (i32.const 8000))))
    (func (export "live") (local $1 (ref null $a)) (local $2 (ref null $a)) (local $3 (ref null $a))
      (local.set $1 (array.new_default $a (i32.const 17000))) (local.set $2 (array.new_default $a (i32.const 17000)))
      (local.set $3 (array.new_default $a (i32.const 17000)))
      (drop (array.new_default $a (i32.const 17000))))))";
  limits small;
  small.heap_bytes = 65'536;
  test::engine<> first(small), second(small), fresh(small);
  instance& in = first.add(program);
  first.call(in, "garbage");
  const auto snapshot = capture(in, &digest);
  REQUIRE(snapshot.has_value());
  instance& restored = second.add(program);
  REQUIRE(restore(restored, view_of(snapshot.value()), &digest).has_value());
  CHECK(first.failure(in, "live") == errc::trap_heap_exhausted);
  CHECK(second.failure(restored, "live") == errc::trap_heap_exhausted);
  fresh.call(fresh.add(program), "live");  // 68,000 bytes are noticed at the next settlement only
}

TEST_CASE("snapshot: the elements of restored tables count for the store's limit") {
  constexpr std::string_view program = R"((module (table $a 0 funcref) (table $b 0 funcref)
    (func (export "a") (result i32) (table.grow $a (ref.null func) (i32.const 6)))
    (func (export "b") (result i32) (table.grow $b (ref.null func) (i32.const 5)))))";
  limits ten;
  ten.table_elements = 10;
  test::engine<> first(ten), second(ten);
  instance& in = first.add(program);
  CHECK(first.call<std::int32_t>(in, "a") == 0);
  const auto snapshot = capture(in, &digest);
  REQUIRE(snapshot.has_value());
  instance& restored = second.add(program);
  REQUIRE(restore(restored, view_of(snapshot.value()), &digest).has_value());
  CHECK(first.call<std::int32_t>(in, "b") == -1);
  CHECK(second.call<std::int32_t>(restored, "b") == -1);
}
