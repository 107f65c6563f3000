#include "tests/unit/snapshot/forgery.hpp"

using namespace wasm64;

namespace {

constexpr std::uint64_t func_0 = 3, func_1 = 8 | 3, func_2 = 16 | 3, object_0 = 4;

/// Words of the state: 5 of the header, the number of globals, these.
constexpr std::size_t first_global = 5;

struct typed {
  memory_store objects;
  test::saved_engine<> from{objects}, to{objects};
  instance* in;

  explicit typed(std::string_view text) {
    in = &from.add(text);
    to.add(text);
  }
  errc tried(const byte_vector& state) { return test::try_forged(to, test::forgery(objects, from.save()).put(state)); }
  errc with_global(std::size_t index, std::uint64_t value) {
    return tried(test::forgery(objects, from.save()).with_word(first_global + index, value));
  }
};

}  // namespace

TEST_CASE("snapshot: forged references have to be of the types of their places") {
  typed t(R"((module
    (type $f (func (result i32))) (type $g (func (param i64)))
    (type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field i32) (field i64)))) (type $bytes (array i8))
    (func $one (type $f) (i32.const 1)) (func $two (type $f) (i32.const 2)) (func $three (type $g))
    (global $typed (mut (ref $f)) (ref.func $one))
    (global $any_func (mut funcref) (ref.func $one))
    (global $nullable (mut (ref null $f)) (ref.null $f))
    (global $object (mut (ref $b)) (struct.new $b (i32.const 1) (i64.const 2)))
    (global $array (mut (ref null array)) (ref.null array))
    (global $i31 (mut (ref null i31)) (ref.null i31))
    (global $eq (mut eqref) (ref.null eq))
    (global $outside (mut externref) (ref.null extern))
    (global $none (mut (ref null none)) (ref.null none))
    (global $exception (mut exnref) (ref.null exn))
    (global $fixed funcref (ref.func $two))
    (elem declare func $three)))");
  enum : std::size_t { typed_f, any_func, nullable, object, array, i31, eq, outside, none, exception, fixed };
  CHECK(t.with_global(typed_f, func_1) == errc{});
  CHECK(t.with_global(typed_f, func_2) == errc::snapshot_incompatible);
  CHECK(t.with_global(typed_f, 0) == errc::snapshot_incompatible);
  CHECK(t.with_global(typed_f, object_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(any_func, func_2) == errc{});
  CHECK(t.with_global(any_func, 24 | 3) == errc::snapshot_malformed);  // there are three
  CHECK(t.with_global(any_func, func_0 | std::uint64_t{1} << 35) == errc::snapshot_malformed);
  CHECK(t.with_global(any_func, 2) == errc::snapshot_malformed);  // of the host there are none
  CHECK(t.with_global(any_func, 1) == errc::snapshot_incompatible);
  CHECK(t.with_global(any_func, 7) == errc::snapshot_malformed);
  CHECK(t.with_global(nullable, func_1) == errc{});
  CHECK(t.with_global(object, 0) == errc::snapshot_incompatible);
  CHECK(t.with_global(array, object_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(array, func_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(i31, 1) == errc{});
  CHECK(t.with_global(i31, std::uint64_t{1} << 34 | 1) == errc::snapshot_malformed);
  CHECK(t.with_global(i31, object_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(eq, object_0) == errc{});
  CHECK(t.with_global(eq, object_0 + 8) == errc::snapshot_malformed);  // nothing is there
  CHECK(t.with_global(outside, object_0) == errc{});
  CHECK(t.with_global(outside, 1) == errc{});
  CHECK(t.with_global(outside, func_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(outside, 5) == errc::snapshot_malformed);
  CHECK(t.with_global(none, object_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(none, 1) == errc::snapshot_incompatible);
  CHECK(t.with_global(exception, object_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(exception, func_0) == errc::snapshot_incompatible);
  CHECK(t.with_global(fixed, func_0) == errc::snapshot_incompatible);  // immutable
  CHECK(t.with_global(fixed, func_1) == errc{});
}

TEST_CASE("snapshot: forged objects are what their headers say, each once and in order") {
  typed t(R"((module
    (type $a (sub (struct (field (mut i32)))))
    (type $b (sub $a (struct (field (mut i32)) (field (mut eqref)))))
    (type $bytes (array (mut i8))) (type $refs (array (mut eqref))) (type $f (func))
    (global $x (mut (ref null $a)) (ref.null $a))
    (global $y (mut eqref) (ref.null eq))
    (func (export "make")
      (global.set $x (struct.new $b (i32.const 1) (ref.i31 (i32.const 1))))
      (global.set $y (array.new $refs (global.get $x) (i32.const 2))))))");
  t.from.call(*t.in, "make");
  const test::forgery f(t.objects, t.from.save());
  // counted, roots, objects at 2, 3, 4; two globals, no tables, no tags, no segments, no call.
  const std::size_t first = 4 + 3 + 1 + 1 + 1 + 1 + 1;
  const std::uint64_t type_a = 0, type_b = 1 << 3, type_bytes = 2 << 3 | 2, type_f = 4 << 3;
  REQUIRE(f.word(3) == 6 * 8);
  REQUIRE(f.word(first) == type_b);
  REQUIRE(f.word(first + 3) == (std::uint64_t{2} << 32 | 3 << 3 | 2));
  const auto tried = [&](std::size_t at, std::uint64_t value) {
    return test::try_forged(t.to, f.put(f.with_word(at, value)));
  };
  CHECK(tried(first, type_a) == errc::snapshot_malformed);  // shorter: what follows is no object
  CHECK(tried(first, type_f) == errc::snapshot_malformed);
  CHECK(tried(first, 5 << 3) == errc::snapshot_malformed);  // no such type
  CHECK(tried(first, type_b | 1) == errc::snapshot_malformed);
  CHECK(tried(first, type_b | 4) == errc::snapshot_malformed);  // an exception, and there is no tag
  CHECK(tried(first, type_b | 6) == errc::snapshot_malformed);
  CHECK(tried(first, type_b | std::uint64_t{1} << 32) == errc::snapshot_malformed);  // structures have no length
  CHECK(tried(first, type_bytes | std::uint64_t{16} << 32) == errc::snapshot_incompatible);  // global 0 wants another
  CHECK(tried(first + 1, std::uint64_t{1} << 32) == errc::snapshot_malformed);  // between the fields
  CHECK(tried(first + 2, 4) == errc{});  // a cycle
  CHECK(tried(first + 2, 8 | 4) == errc{});  // the array
  CHECK(tried(first + 2, 16 | 4) == errc::snapshot_malformed);
  CHECK(tried(first + 3, std::uint64_t{3} << 32 | 3 << 3 | 2) == errc::snapshot_malformed);
  CHECK(tried(first + 3, std::uint64_t{1} << 32 | 3 << 3 | 2) == errc::snapshot_malformed);
  CHECK(tried(first + 3, std::uint64_t{16} << 32 | type_bytes) == errc{});
  byte_vector behind = f.with_word(first + 3, std::uint64_t{9} << 32 | type_bytes);
  CHECK(test::try_forged(t.to, f.put(behind)) == errc{});
  store_le(behind.data() + 8 * (first + 5), std::uint64_t{1} << 8);
  CHECK(test::try_forged(t.to, f.put(behind)) == errc::snapshot_malformed);  // something behind the elements
  CHECK(tried(first + 3, std::uint64_t{8} << 32 | type_bytes) == errc::snapshot_malformed);  // a word is left
  CHECK(tried(first_global, 0) == errc::snapshot_malformed);  // now the array would be the first one
  CHECK(tried(first_global + 1, 0) == errc::snapshot_malformed);  // nobody refers to it
  CHECK(tried(first_global + 1, 4) == errc::snapshot_malformed);
  byte_vector swapped = f.with_word(first_global, 8 | 4);
  store_le(swapped.data() + 8 * (first_global + 1), std::uint64_t{4});
  CHECK(test::try_forged(t.to, f.put(swapped)) == errc::snapshot_malformed);
  CHECK(tried(1, 47) == errc::snapshot_malformed);  // less than there is
  CHECK(tried(1, std::uint64_t{1} << 40) == errc::snapshot_incompatible);
  CHECK(tried(3, 5 * 8) == errc::snapshot_malformed);
  CHECK(tried(2, f.word(2) - 8) == errc::snapshot_malformed);
}

TEST_CASE("snapshot: sizes that only are claimed are refused, and cost nothing") {
  typed t("(module (memory 1 100) (memory 0) (table 1 50 funcref))");
  const test::forgery f(t.objects, t.from.save());
  const auto with = [&](auto change) {
    snapshot_manifest m = f.manifest;
    change(m);
    return test::try_forged(t.to, f.put(m));
  };
  using manifest = snapshot_manifest;
  CHECK(with([](manifest&) {}) == errc{});
  CHECK(with([](manifest& m) { m.memories[0].pages = 101; }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.memories[0].pages = ~std::uint64_t{0}; }) == errc::snapshot_malformed);
  CHECK(with([](manifest& m) { m.memories[1].pages = 65'537; }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.memories[0].pages = 0; }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.memories[0].page_size_log2 = 0; }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.memories[0].page_size_log2 = 17; }) == errc::snapshot_malformed);
  CHECK(with([](manifest& m) { m.memories[1].root = m.state; }) == errc::snapshot_malformed);
  CHECK(with([](manifest& m) { m.memories.pop_back(); }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.memories.push_back(m.memories[0]); }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.modules.clear(); }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.modules.push_back(m.modules[0]); }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.state_size = ~std::uint64_t{7}; }) == errc::snapshot_incompatible);
  CHECK(with([](manifest& m) { m.state_size = 1 << 28; }) != errc{});
  CHECK(with([](manifest& m) { m.state_size = 0; }) != errc{});
  CHECK(with([](manifest& m) { m.state.reset(); }) != errc{});
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{51}, std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
    CHECK(test::try_forged(t.to, f.put(f.with_word(6, size))) != errc{});
  }
}

TEST_CASE("snapshot: pages, nodes and manifests of another snapshot do not fit") {
  memory_store objects;
  test::saved_engine<> e(objects), same(objects), other(objects);
  constexpr std::string_view text = R"((module (memory 2) (global (mut i32) (i32.const 1))
    (func (export "fill") (param i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 70000) (i32.add (local.get 0) (i32.const 1))))))";
  instance& in = e.add(text);
  same.add(text);
  other.add("(module (memory 2) (global (mut i32) (i32.const 2)))");
  e.call(in, "fill", 5);
  const test::forgery f(objects, e.save()), g(objects, other.save());
  snapshot_manifest m = f.manifest;
  m.state = m.memories[0].root;
  CHECK(test::try_forged(same, f.put(m)) == errc::snapshot_malformed);
  m = f.manifest;
  m.modules = g.manifest.modules;
  CHECK(test::try_forged(same, f.put(m)) == errc::snapshot_wrong_module);
  CHECK(same.restore_failure(g.put(g.state)).code == errc::snapshot_wrong_module);
  const shared_bytes node = objects.get(*f.manifest.memories[0].root).value();
  byte_vector swapped(node.view().begin(), node.view().end());
  std::swap_ranges(swapped.begin() + 8, swapped.begin() + 40, swapped.begin() + 40);
  m = f.manifest;
  m.memories[0].root = objects.put(view_of(swapped)).value();
  CHECK(test::try_forged(same, f.put(m)) == errc{});  // another memory, with another id
  CHECK(same.id() != e.id());
  CHECK(load_le<std::int32_t>(same.st.vm().all_memories[0]->base + 70000 % 4096) == 6);
}

TEST_CASE("snapshot: objects that are missing, or are not what they are called, are noticed") {
  struct lying_store {
    memory_store& in;
    content_id changed;
    result<shared_bytes> get(const content_id& id) {
      WASM64_TRY(const shared_bytes bytes, in.get(id));
      if (id != changed) return bytes;
      byte_vector forged(bytes.view().begin(), bytes.view().end());
      forged.back() ^= 1;
      return shared_bytes(std::move(forged));
    }
    result<content_id> put(bytes_view bytes) { return in.put(bytes); }
    result<bool> contains(const content_id& id) { return in.contains(id); }
  };
  memory_store objects;
  test::saved_engine<> e(objects), to(objects);
  constexpr std::string_view text = R"((module (memory 1) (data (i32.const 9) "data") (global (mut i32) (i32.const 1))
    (func (export "set") (global.set 0 (i32.const 2)) (i32.store (i32.const 0) (i32.const 1)))))";
  e.call(e.add(text), "set");
  to.add(text);
  const content_id id = e.save(), before = to.id();
  const auto all = objects.list().value();
  CHECK(all.size() == 5);
  for (const content_id& one : all) {
    memory_store without = objects;
    without.erase(one).value();
    any_store missing(without);
    const auto refused = to.states.restore(id, missing);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::not_found);
    lying_store lies{objects, one};
    any_store lying(lies);
    const auto noticed = to.states.restore(id, lying);
    REQUIRE_FALSE(noticed.has_value());
    CHECK(noticed.error().code == errc::hash_mismatch);
    CHECK(to.id() == before);
  }
  to.restore(id);
  CHECK(to.id() == id);
}

TEST_CASE("snapshot: other versions and anything else are refused") {
  memory_store objects;
  test::saved_engine<> e(objects);
  e.add("(module (memory 1 1))");
  any_store from(objects);
  const test::forgery f(objects, e.save());
  byte_vector older = f.manifest_bytes;
  older[8] = 2;
  CHECK(e.states.restore(view_of(older), from).error().code == errc::snapshot_version);
  older[8] = 4;
  CHECK(e.states.restore(view_of(older), from).error().code == errc::snapshot_version);
  CHECK(e.states.restore(bytes_view(), from).error().code == errc::snapshot_malformed);
  CHECK(e.states.restore(as_bytes("anything"), from).error().code == errc::snapshot_malformed);
  CHECK(is_snapshot(view_of(f.manifest_bytes)));
  CHECK_FALSE(is_snapshot(as_bytes("anything")));
  byte_vector memory(65'536, 0);
  std::copy(f.manifest_bytes.begin(), f.manifest_bytes.end(), memory.begin());
  CHECK_FALSE(is_snapshot(view_of(memory)));
}
