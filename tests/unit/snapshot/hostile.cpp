#include <cstdlib>
#include <random>

#include "tests/unit/snapshot/forgery.hpp"
#include "wasm64/runtime/host.hpp"

using namespace wasm64;

namespace {

using metered = test::saved_engine<metered_engine_config>;

/// Something of everything: a call that is suspended in the middle of a loop with objects on its stack.
constexpr std::string_view program = R"((module
  (type $node (sub (struct (field $value (mut i32)) (field $next (mut (ref null $node))))))
  (type $more (sub $node (struct (field (mut i32)) (field (mut (ref null $node))) (field i8) (field (mut anyref)))))
  (type $bytes (array (mut i8)))
  (type $list (array (mut anyref)))
  (type $f (func (result i32)))
  (type $g (func (param i64)))
  (import "host" "f" (func $host_f (type $f)))
  (tag $e (param i32 anyref))
  (memory 1 2)
  (table $t 4 8 funcref)
  (table $any 2 anyref)
  (table $typed 1 (ref $f) (ref.func $one))
  (global $i (mut i32) (i32.const 3))
  (global $v (mut v128) (v128.const i64x2 1 2))
  (global $constant i64 (i64.const 99))
  (global $node (mut (ref null $node)) (ref.null $node))
  (global $x (mut exnref) (ref.null exn))
  (global $outside (mut externref) (ref.null extern))
  (global $fixed (ref $bytes) (array.new_fixed $bytes 2 (i32.const 1) (i32.const 2)))
  (data "passive") (data "passive, too")
  (elem $funcs func $one $two)
  (elem $objects (ref $node) (struct.new $node (i32.const 1) (ref.null $node)))
  (elem declare func $one $host_f $three)
  (func $one (type $f) (i32.const 1))
  (func $two (type $f) (i32.const 2))
  (func $three (type $g))
  (func $walk (param $n (ref null $node)) (param $steps i32) (result i32) (local $l (ref null $list))
    (local.set $l (array.new $list (local.get $n) (i32.const 2)))
    (loop $again (result i32)
      (local.set $n (struct.get $node $next (ref.as_non_null (local.get $n))))
      (br_if $again (i32.const 0) (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))))
      (drop)
      (array.len (local.get $l))))
  (func (export "run") (param externref) (result i32)
    (local $a (ref null $node))
    (i32.store (i32.const 5000) (i32.const 1))
    (local.set $a (struct.new $more (i32.const 5) (ref.null $node) (i32.const 255) (ref.i31 (i32.const -2))))
    (struct.set $node $next (local.get $a) (struct.new $node (i32.const 6) (local.get $a)))
    (global.set $node (local.get $a))
    (global.set $outside (local.get 0))
    (table.set $t (i32.const 0) (ref.func $one))
    (table.set $t (i32.const 1) (ref.func $host_f))
    (table.set $t (i32.const 2) (ref.func $three))
    (table.set $any (i32.const 0) (array.new_fixed $bytes 3 (i32.const 7) (i32.const 8) (i32.const 9)))
    (table.set $any (i32.const 1) (any.convert_extern (local.get 0)))
    (data.drop 0)
    (global.set $x (block $h (result exnref)
      (try_table (catch_all_ref $h) (throw $e (i32.const 4) (local.get $a))) (unreachable)))
    (i32.add (i32.const 7) (call $walk (local.get $a) (i32.const 1000))))))";

snapshot_hooks any_handle() {
  snapshot_hooks hooks;
  hooks.encode = [](void*, std::uint64_t handle) -> result<byte_vector> {
    return byte_vector(static_cast<std::size_t>(handle % 16 + 1), static_cast<std::uint8_t>(handle / 16));
  };
  hooks.decode = [](void*, bytes_view meaning) -> result<std::uint64_t> {
    if (meaning.empty() || meaning.size() > 16) return fail(errc::malformed_id, "handle");
    for (const std::uint8_t byte : meaning) {
      if (byte != meaning[0] || (byte == 0 && meaning.size() == 1)) return fail(errc::malformed_id, "handle");
    }
    return std::uint64_t{meaning[0]} * 16 + meaning.size() - 1;
  };
  return hooks;
}

struct prepared : metered {
  explicit prepared(memory_store& storage) : metered(storage, {}, any_handle()) {
    imports.func("host", "f", [] { return std::int32_t{11}; });
    in = &add(program);
  }
  content_id suspended() {
    vector<value> results;
    st.set_fuel(600);
    CHECK(failure_with(*in, "run", {value::externref(5)}, results) == errc::trap_out_of_fuel);
    return save();
  }
  instance* in;
};

}  // namespace

TEST_CASE("snapshot: a state has the same id with every compiler, in every build") {
  memory_store objects;
  prepared e(objects);
  CHECK(to_text(e.save()) == "BVnU5CClSxVSjFu_kLUWfznuR7iHwan_Y_7VYgVY4NY");
  CHECK(to_text(e.suspended()) == "gafMthxI5PlqITiXxyjnw8JvLdlHHsqIScct6JzEkaM");
}

TEST_CASE("snapshot: every changed bit of a state is refused, or is another state as a whole") {
  memory_store objects;
  prepared from(objects), to(objects);
  const test::forgery f(objects, from.suspended());
  CHECK(f.put(f.state) == from.id());
  byte_vector changed = f.state;
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < changed.size() * 8; ++bit) {
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    INFO("bit " << bit % 64 << " of word " << bit / 64);
    accepted += test::try_forged(to, f.put(changed)) == errc{} ? 1 : 0;
    changed[bit / 8] = f.state[bit / 8];
  }
  // Numbers may be others, and there are few of them.
  CHECK(accepted > 200);
  CHECK(accepted < f.state.size() * 8 / 3);
  CHECK(test::try_forged(to, f.put(f.state)) == errc{});
}

TEST_CASE("snapshot: every truncated or prolonged state is refused") {
  memory_store objects;
  prepared from(objects), to(objects);
  const test::forgery f(objects, from.suspended());
  for (std::size_t size = 0; size < f.state.size(); ++size) {
    const byte_vector shorter(f.state.begin(), f.state.begin() + static_cast<std::ptrdiff_t>(size));
    if (test::try_forged(to, f.put(shorter)) == errc{}) FAIL("truncated to " << size);
  }
  byte_vector longer = f.state;
  for (int i = 0; i < 16; ++i) {
    longer.push_back(0);
    CHECK(test::try_forged(to, f.put(longer)) != errc{});
  }
}

TEST_CASE("snapshot: words of a state in the place of others are refused, or are another state as a whole") {
  memory_store objects;
  prepared from(objects), to(objects);
  const test::forgery f(objects, from.suspended());
  const int rounds = std::getenv("WASM64_LONG_RUNS") != nullptr ? 200'000 : 5'000;
  std::mt19937_64 random(1);
  for (int i = 0; i < rounds; ++i) {
    byte_vector changed = f.state;
    for (std::uint64_t changes = 1 + random() % 3; changes-- > 0;) {
      const std::size_t at = random() % f.words();
      std::uint64_t value = f.word(random() % f.words());
      if (random() % 4 == 0) value = f.word(at) + random() % 5 - 2;
      if (random() % 8 == 0) value = random() >> random() % 64;
      store_le(changed.data() + 8 * at, value);
    }
    if (random() % 8 == 0) {  // a piece moves
      const std::size_t a = random() % f.words(), b = random() % f.words(), n = random() % 8;
      const std::size_t count = std::min({n, f.words() - a, f.words() - b});
      std::memmove(changed.data() + 8 * a, f.state.data() + 8 * b, 8 * count);
    }
    INFO("round " << i);
    test::try_forged(to, f.put(changed));
  }
}

TEST_CASE("snapshot: every changed bit of a manifest is refused, or is another state as a whole") {
  memory_store objects;
  prepared from(objects), to(objects);
  const test::forgery f(objects, from.suspended());
  byte_vector changed = f.manifest_bytes;
  for (std::size_t bit = 0; bit < changed.size() * 8; ++bit) {
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    INFO("bit " << bit);
    test::try_forged(to, f.put_manifest(changed));
    changed[bit / 8] = f.manifest_bytes[bit / 8];
  }
  for (std::size_t size = 0; size < changed.size(); ++size) {
    const byte_vector shorter(changed.begin(), changed.begin() + static_cast<std::ptrdiff_t>(size));
    if (test::try_forged(to, f.put_manifest(shorter)) == errc{}) FAIL("truncated to " << size);
  }
  changed.push_back(0);
  CHECK(test::try_forged(to, f.put_manifest(changed)) == errc::snapshot_malformed);
}
