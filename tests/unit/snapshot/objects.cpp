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
