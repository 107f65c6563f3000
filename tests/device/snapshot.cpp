#include "tests/device/support.hpp"

using namespace device_tests;

namespace {

constexpr std::string_view growing = R"((module
  (memory (export "memory") 1 4)
  (table $t 1 5 funcref)
  (global $g (mut i64) (i64.const 1))
  (global $constant f32 (f32.const 1.5))
  (global $f (mut funcref) (ref.null func))
  (global $e (mut externref) (ref.null extern))
  (data $d "passive")
  (elem $s func $one)
  (elem declare func $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "change")
    (drop (memory.grow (i32.const 2)))
    (i32.store (i32.const 196600) (i32.const 77))
    (drop (table.grow $t (ref.func $two) (i32.const 2)))
    (global.set $g (i64.const -9))
    (global.set $f (ref.func $one))
    (data.drop $d)
    (elem.drop $s))
  (func (export "pages") (result i32) (memory.size))
  (func (export "load") (result i32) (i32.load (i32.const 196600)))
  (func (export "table") (result i32) (table.size $t))
  (func (export "element") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0)))
  (func (export "global") (result i64) (global.get $g))
  (func (export "has_f") (result i32) (i32.eqz (ref.is_null (global.get $f))))
  (func (export "init_memory") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 7)))
  (func (export "init_table") (table.init $t $s (i32.const 0) (i32.const 0) (i32.const 1)))))";

/// The base message as another node has it: nothing private, the snapshot in its place.
msg stored(const msg& base, const msg& snapshot) {
  const byte_vector encoded = take(policy::encode(with(base, "snapshot", snapshot)));
  return take(policy::decode(view_of(encoded)));
}

result<void> restored(fixture<>& f, std::string_view source, const msg& body) {
  const auto done = f.device.normalize(map({{"image", image(source)}, {"snapshot", map({{"body", body}})}}));
  if (!done.has_value()) return fail(done.assume_error());
  return success();
}

}  // namespace

TEST_CASE("state is exported and restored without init", "[device][snapshot]") {
  fixture<config_with_test_device> f;
  const msg base = with(map({{"image", image(power)}}), "stdlib/my_lib/device", "test-device@1.0");
  const msg first = f.compute(take(f.device.init(base)), "pow", {2, 2});
  CHECK(first.get("results/output") == list({4}));
  const msg snapshot = take(f.device.snapshot(first));
  const msg extra = with(with(base, "function", "pow"), "parameters", list({2, 2}));
  const msg done = take(f.device.compute(stored(extra, snapshot)));
  CHECK(done.get("results/output") == list({4}));
  CHECK(done.get("snapshot").is_null());
}

TEST_CASE("memories, tables, globals and dropped segments come back", "[device][snapshot]") {
  fixture<> f;
  const msg base = map({{"image", image(growing)}});
  const msg changed = f.compute(take(f.device.init(base)), "change");
  REQUIRE(text_at(changed, "results/type") == "ok");
  const msg again = take(f.device.normalize(stored(base, take(f.device.snapshot(changed)))));
  CHECK(f.device.instance_of(again) != f.device.instance_of(changed));
  const auto output = [&](std::string_view function, std::initializer_list<msg> parameters = {}) {
    return f.compute(again, function, parameters).get("results/output");
  };
  CHECK(output("pages") == list({3}));
  CHECK(output("load") == list({77}));
  CHECK(output("table") == list({3}));
  CHECK(output("element", {2}) == list({2}));
  CHECK(output("element", {0}) == msg("uninitialized element"));
  CHECK(output("global") == list({-9}));
  CHECK(output("has_f") == list({1}));
  CHECK(output("init_memory") == msg("out of bounds memory access"));
  CHECK(output("init_table") == msg("out of bounds table access"));
  CHECK(take(f.device.snapshot(again)) == take(f.device.snapshot(changed)));
}

TEST_CASE("vectors in globals come back whole", "[device][snapshot]") {
  fixture<> f;
  const msg base = map({{"image", image(R"((module
    (global $before (mut i32) (i32.const 1)) (global $v (mut v128) (v128.const i64x2 1 2))
    (global $c v128 (v128.const i64x2 3 4))
    (func (export "change") (global.set $v (v128.const i64x2 -5 6)) (global.set $before (i32.const 7)))
    (func (export "halves") (result i32 i64 i64 i64) (global.get $before)
      (i64x2.extract_lane 0 (global.get $v)) (i64x2.extract_lane 1 (global.get $v))
      (i64x2.extract_lane 1 (global.get $c)))))")}});
  const msg changed = f.compute(take(f.device.init(base)), "change");
  const msg again = take(f.device.normalize(stored(base, take(f.device.snapshot(changed)))));
  CHECK(f.compute(again, "halves").get("results/output") == list({7, -5, 6, 4}));
}

TEST_CASE("the same state has the same snapshot", "[device][snapshot]") {
  fixture<> f;
  const msg a = f.compute(f.init(growing), "change");
  fixture<> other;
  const msg b = other.compute(other.init(growing), "change");
  CHECK(take(f.device.snapshot(a)) == take(other.device.snapshot(b)));
  CHECK(take(f.device.snapshot(a)) != take(f.device.snapshot(f.init(growing))));
}

TEST_CASE("memory that was never written costs nothing, and what is the same is stored once", "[device][snapshot]") {
  fixture<> f;
  msg base = f.init(R"((module (memory 1000)
    (func (export "write") (param i32) (i32.store (local.get 0) (i32.const 1)))))");
  const auto objects = [&] { return take(f.store.list()).size(); };
  CHECK(take(f.device.snapshot(base)).get("body").as_bytes().size() < 200);
  const std::size_t empty = objects();
  CHECK(empty <= 3);  // the state's page and node, the manifest
  base = f.compute(base, "write", {0});
  take(f.device.snapshot(base));
  const std::size_t written = objects();
  CHECK(written <= empty + 5);  // a page, three nodes above it, the manifest
  take(f.device.snapshot(f.compute(base, "write", {40960})));
  CHECK(objects() <= written + 4);  // the pages are alike
}

TEST_CASE("a snapshot can be given by its id", "[device][snapshot]") {
  fixture<> f;
  const msg body = take(f.device.snapshot(f.compute(f.init(growing), "change"))).get("body");
  const content_id id = take(sha256(body.as_bytes()));
  CHECK(take(f.store.contains(id)));
  const msg base = map({{"image", image(growing)}});
  const msg again = take(f.device.normalize(with(base, "snapshot/body", to_text(id))));
  CHECK(f.compute(again, "load").get("results/output") == list({77}));
  CHECK(code_of(restored(f, growing, msg(to_text(content_id())))) == errc::not_found);
}

TEST_CASE("fuel and time of the last call are no part of a snapshot between calls", "[device][snapshot]") {
  struct metered_config : default_device_config {
    using engine = metered_engine_config;
  };
  device_options little, much;
  little.fuel = 100'000;
  much.fuel = 200'000;
  fixture<metered_config> a(little), b(much);
  const msg first = a.compute(a.init(growing), "change"), second = b.compute(b.init(growing), "change");
  CHECK(take(a.device.snapshot(first)) == take(b.device.snapshot(second)));
}

TEST_CASE("a live instance is left alone, and snapshot is removed", "[device][snapshot]") {
  fixture<> f;
  const msg changed = f.compute(f.init(growing), "change");
  const msg done = take(f.device.normalize(with(changed, "snapshot", map({{"body", "anything"}}))));
  CHECK(f.device.instance_of(done) == f.device.instance_of(changed));
  CHECK(done.get("snapshot").is_null());
}

TEST_CASE("the device key names the snapshot of a stack's device", "[device][snapshot]") {
  fixture<> f;
  const msg base = map({{"image", image(growing)}});
  const msg body = take(f.device.snapshot(f.compute(take(f.device.init(base)), "change")));
  const msg third = map({{"1", map({{"body", "other"}})}, {"3", body}});
  for (const msg& key : {msg(3), msg("3")}) {
    const msg done = take(f.device.normalize(with(with(base, "device-key", key), "snapshot", third)));
    CHECK(f.compute(done, "load").get("results/output") == list({77}));
  }
  CHECK(code_of(f.device.normalize(with(with(base, "device-key", 2), "snapshot", third))) == errc::no_instance);
}

TEST_CASE("restoring runs no start function", "[device][snapshot]") {
  fixture<config_with_test_device> f;
  const msg base = with(map({{"image", image(R"((module
    (import "my_lib" "mul" (func $mul (param i32 i32) (result i32)))
    (global $n (mut i32) (i32.const 0))
    (func (export "n") (result i32) (global.get $n))
    (func $start (global.set $n (i32.add (global.get $n) (call $mul (i32.const 1) (i32.const 1)))))
    (start $start)))")}}),
                        "stdlib/my_lib/device", "test-device@1.0");
  const msg first = take(f.device.init(base));
  const msg again = take(f.device.normalize(stored(first, take(f.device.snapshot(first)))));
  CHECK(again.get("calls") == msg(1));
  CHECK(f.compute(again, "n").get("results/output") == list({1}));
}

TEST_CASE("imported functions in tables are part of the state", "[device][snapshot]") {
  fixture<config_with_test_device> f;
  const msg base = with(map({{"image", image(R"((module
    (import "my_lib" "mul" (func $mul (param i32 i32) (result i32)))
    (table 2 funcref)
    (elem declare func $mul)
    (func (export "fill") (table.set (i32.const 1) (ref.func $mul)))
    (func (export "call") (result i32)
      (call_indirect (param i32 i32) (result i32) (i32.const 6) (i32.const 7) (i32.const 1)))))")}}),
                        "stdlib/my_lib/device", "test-device@1.0");
  const msg first = f.compute(take(f.device.init(base)), "fill");
  const msg again = take(f.device.normalize(stored(base, take(f.device.snapshot(first)))));
  CHECK(f.compute(again, "call").get("results/output") == list({42}));
}

TEST_CASE("bare memories of HyperBEAM are accepted", "[device][snapshot]") {
  fixture<> f;
  constexpr std::string_view source = R"((module
    (memory (export "memory") i64 2 4)
    (func (export "pages") (result i64) (memory.size))
    (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0)))))";
  const auto body_of = [](std::size_t pages) {
    std::string memory(pages * 65536, '\0');
    for (std::size_t i = 0; i < pages; ++i) memory[i * 65536 + 1] = static_cast<char>(i + 1);
    return msg(memory);
  };
  for (const int pages : {2, 3, 4}) {
    const msg base =
        map({{"image", image(source)}, {"snapshot", map({{"body", body_of(static_cast<std::size_t>(pages))}})}});
    const msg done = take(f.device.normalize(base));
    CHECK(f.compute(done, "pages").get("results/output") == list({pages}));
    CHECK(f.compute(done, "load", {65536 * (pages - 1) + 1}).get("results/output") == list({pages}));
  }
  CHECK(code_of(restored(f, source, body_of(1))) == errc::snapshot_incompatible);
  CHECK(code_of(restored(f, source, body_of(5))) == errc::snapshot_incompatible);
  CHECK(code_of(restored(f, source, msg(std::string(2 * 65536 + 1, 'x')))) == errc::snapshot_malformed);
  CHECK(code_of(restored(f, source, msg(""))) == errc::snapshot_incompatible);
  CHECK(restored(f, fac, msg("")).has_value());
  CHECK(code_of(restored(f, fac, body_of(1))) == errc::snapshot_incompatible);
}

TEST_CASE("snapshots of another module are refused", "[device][snapshot]") {
  fixture<> f;
  const msg body = take(f.device.snapshot(f.init(fac))).get("body");
  CHECK(code_of(restored(f, power, body)) == errc::snapshot_wrong_module);
  CHECK(restored(f, fac, body).has_value());
}

TEST_CASE("every truncation and every flipped bit is refused", "[device][snapshot]") {
  fixture<> f;
  constexpr std::string_view source = R"((module
    (memory (export "memory") 1 1) (data (i32.const 4000) "text")
    (global (mut i32) (i32.const 1)) (table 2 funcref) (elem (i32.const 0) func 0) (func)))";
  const msg base = f.init(source);
  const msg body = take(f.device.snapshot(base)).get("body");
  const bytes_view whole = body.as_bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (restored(f, source, msg(whole.first(size))).has_value()) FAIL("truncated to " << size);
  }
  byte_vector changed(whole.begin(), whole.end());
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    if (restored(f, source, msg(view_of(changed))).has_value()) FAIL("bit " << bit);
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
  }
  CHECK(restored(f, source, msg(whole)).has_value());
}

TEST_CASE("there is nothing to capture or restore without an instance or a snapshot", "[device][snapshot]") {
  fixture<> f;
  const msg base = map({{"image", image(fac)}});
  CHECK(code_of(f.device.snapshot(base)) == errc::no_instance);
  CHECK(code_of(f.device.normalize(base)) == errc::no_instance);
  CHECK(code_of(f.device.normalize(with(base, "snapshot", map({{"body", 1}})))) == errc::no_instance);
  CHECK(code_of(f.device.normalize(map({{"snapshot", take(f.device.snapshot(f.init(fac)))}}))) == errc::no_image);
}
