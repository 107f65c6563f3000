#include "tests/unit/snapshot/support.hpp"
#include "wasm64/runtime/host.hpp"

using namespace wasm64;

namespace {

using metered = test::saved_engine<metered_engine_config>;

/// Builds a list, walks it with calls in between, and has numbers and references of all kinds on the stack meanwhile.
constexpr std::string_view program = R"((module
  (type $node (struct (field $value i64) (field $next (ref null $node))))
  (type $f (func (param i64) (result i64)))
  (tag $e (param i64))
  (memory 1)
  (global $steps (mut i32) (i32.const 0))
  (func $one (type $f) (i64.add (local.get 0) (i64.const 1)))
  (elem declare func $one)
  (func $sum (param $list (ref null $node)) (param $f (ref $f)) (result i64) (local $v v128)
    (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
    (i64.store (i32.wrap_i64 (i64.shl (i64.extend_i32_u (global.get $steps)) (i64.const 3))) (i64.const 7))
    (if (result i64) (ref.is_null (local.get $list))
      (then (i64.const 0))
      (else
        (local.set $v (i64x2.splat (struct.get $node $value (local.get $list))))
        (i64.add
          (i64.add (call_ref $f (struct.get $node $value (local.get $list)) (local.get $f))
                   (call $sum (struct.get $node $next (local.get $list)) (local.get $f)))
          (i64x2.extract_lane 1 (local.get $v))))))
  (func $throwing (param i64) (result i64)
    (block $h (result i64)
      (try_table (result i64) (catch $e $h)
        (throw $e (i64.mul (local.get 0) (i64.const 2))))))
  (func (export "run") (param $n i64) (result i64) (local $list (ref null $node))
    (loop $again
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (br_if $again (i32.eqz (i64.eqz (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))
    (i64.add (call $sum (local.get $list) (ref.func $one)) (call $throwing (i64.const 21))))))";

/// Calls `run`, and moves to the other one of two stores whenever `slice` of the fuel is used up.
std::pair<std::int64_t, content_id> hop(memory_store& objects, std::int64_t slice, int& hops) {
  metered first(objects), second(objects);
  metered* at = &first;
  const instance& in = first.add(program);
  second.add(program);
  constexpr std::int64_t all = 100'000;
  vector<value> results;
  const value argument = value::i64(12);
  at->st.set_fuel_slice(slice);
  at->st.set_fuel(all);
  auto done = at->st.call(test::engine<metered_engine_config>::func(in, "run"), {&argument, 1}, results);
  while (!done.has_value()) {
    if (done.error().code != errc::trap_out_of_fuel) FAIL(to_string(done.error()));
    ++hops;
    const content_id id = at->save();
    metered* const next = at == &first ? &second : &first;
    next->restore(id);
    CHECK(next->id() == id);
    CHECK(next->st.fuel() == at->st.fuel());
    at = next;
    at->st.set_fuel_slice(slice);
    done = at->st.resume(results);
  }
  CHECK(at->st.fuel() < all);
  return {results[0].as_i64(), at->save()};
}

}  // namespace

TEST_CASE("snapshot: a call goes on in another store, and ends in the same state") {
  memory_store objects;
  int none = 0;
  const auto whole = hop(objects, 0, none);
  CHECK(none == 0);
  CHECK(whole.first == 2 * 78 + 12 + 42);
  for (const std::int64_t slice : {1, 7, 50}) {
    int hops = 0;
    const auto parts = hop(objects, slice, hops);
    CHECK(hops > 3);
    CHECK(parts.first == whole.first);
    CHECK(parts.second == whole.second);
  }
}

TEST_CASE("snapshot: a call that waits for the host is answered in another store") {
  constexpr std::string_view text = R"((module
    (import "host" "ask" (func $ask (param i32 anyref) (result i64)))
    (type $box (struct (field i32)))
    (global $n (mut i64) (i64.const 0))
    (func (export "run") (param i32) (result i64)
      (global.set $n (call $ask (local.get 0) (struct.new $box (i32.const 5))))
      (i64.add (global.get $n) (i64.const 1)))))";
  memory_store objects;
  test::saved_engine<> first(objects), second(objects);
  for (auto* e : {&first, &second}) {
    e->imports.define("host", "ask",
                      untyped_host_func({{types::i32, val_type::ref(heap::any)}, {types::i64}},
                                        [](caller& from, std::span<const value>, std::span<value>) -> result<void> {
                                          return from.suspend();
                                        }));
    e->add(text);
  }
  const instance& in = *first.st.vm().all_instances[0];
  vector<value> results;
  CHECK(first.failure_with(in, "run", {value::i32(3)}, results) == errc::pending);
  const content_id id = first.save();
  second.restore(id);
  CHECK(second.id() == id);
  REQUIRE(second.st.awaited() != nullptr);
  vector<value> arguments;
  second.st.awaited_arguments(arguments);
  REQUIRE(arguments.size() == 2);
  CHECK(arguments[0] == value::i32(3));
  CHECK(struct_field(second.st.vm(), arguments[1], 0).value() == value::i32(5));
  const value answer = value::i64(41);
  for (auto* e : {&first, &second}) {
    REQUIRE(e->st.resume({&answer, 1}, results).has_value());
    CHECK(results == vector<value>{value::i64(42)});
  }
  CHECK(first.id() == second.id());
}

TEST_CASE("snapshot: a restore gives the suspended call up, or keeps it when it fails") {
  memory_store objects;
  metered first(objects), second(objects);
  const instance& in = first.add(program);
  second.add("(module)");
  const content_id idle = first.save(), other = second.save();
  const value argument = value::i64(12);
  vector<value> results;
  first.st.set_fuel(100);
  CHECK(first.failure_with(in, "run", {argument}, results) == errc::trap_out_of_fuel);
  CHECK(first.restore_failure(other).code == errc::snapshot_wrong_module);
  CHECK(first.st.suspended());
  first.restore(idle);
  CHECK_FALSE(first.st.suspended());
  CHECK(first.id() == idle);
  first.st.set_fuel(100'000);
  CHECK(first.call<std::int64_t>(in, "run", std::int64_t{12}) == 2 * 78 + 12 + 42);
}
