#include "tests/unit/snapshot/support.hpp"

using namespace wasm64;

namespace {

constexpr std::string_view program = R"((module
  (memory (export "memory") 1 4)
  (memory $second 0 2)
  (table $t 1 5 funcref)
  (table $any 2 anyref)
  (global $i (mut i32) (i32.const 1))
  (global $l (mut i64) (i64.const 1))
  (global $s (mut f32) (f32.const 1.5))
  (global $d (mut f64) (f64.const 2.5))
  (global $v (mut v128) (v128.const i64x2 1 2))
  (global $constant v128 (v128.const i64x2 3 4))
  (global $f (mut funcref) (ref.null func))
  (global $n (mut anyref) (ref.null any))
  (data $data "passive")
  (elem $funcs func $one)
  (elem $values (ref i31) (ref.i31 (i32.const 9)))
  (elem declare func $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "change")
    (drop (memory.grow (i32.const 2)))
    (i32.store (i32.const 196600) (i32.const 77))
    (drop (memory.grow $second (i32.const 1)))
    (i32.store $second (i32.const 65532) (i32.const 78))
    (drop (table.grow $t (ref.func $two) (i32.const 2)))
    (table.set $any (i32.const 1) (ref.i31 (i32.const -5)))
    (global.set $i (i32.const -1)) (global.set $l (i64.const -9))
    (global.set $s (f32.const nan:0x200001)) (global.set $d (f64.const -0))
    (global.set $v (v128.const i64x2 -5 6))
    (global.set $f (ref.func $one))
    (global.set $n (ref.i31 (i32.const 3)))
    (data.drop $data)
    (elem.drop $funcs)
    (elem.drop $values))
  (func (export "pages") (result i32 i32) (memory.size) (memory.size $second))
  (func (export "load") (result i32 i32) (i32.load (i32.const 196600)) (i32.load $second (i32.const 65532)))
  (func (export "table") (result i32) (table.size $t))
  (func (export "element") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0)))
  (func (export "numbers") (result i32 i64 f32 f64 i64 i64)
    (global.get $i) (global.get $l) (global.get $s) (global.get $d)
    (i64x2.extract_lane 0 (global.get $v)) (i64x2.extract_lane 1 (global.get $v)))
  (func (export "references") (result i32 i32 i32)
    (ref.is_null (global.get $f)) (i31.get_s (ref.cast (ref i31) (global.get $n)))
    (i31.get_s (ref.cast (ref i31) (table.get $any (i32.const 1)))))
  (func (export "init_memory") (memory.init $data (i32.const 0) (i32.const 0) (i32.const 7)))
  (func (export "init_table") (table.init $t $funcs (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "init_values") (table.init $any $values (i32.const 0) (i32.const 0) (i32.const 1)))))";

void check_changed(test::saved_engine<>& e, const instance& in) {
  CHECK(e.call_with(in, "pages", {}) == vector<value>{value::i32(3), value::i32(1)});
  CHECK(e.call_with(in, "load", {}) == vector<value>{value::i32(77), value::i32(78)});
  CHECK(e.call<std::int32_t>(in, "table") == 3);
  CHECK(e.call<std::int32_t>(in, "element", 2) == 2);
  CHECK(e.failure(in, "element", 0) == errc::trap_uninitialized_element);
  const vector<value> numbers = e.call_with(in, "numbers", {});
  CHECK(numbers[0] == value::i32(-1));
  CHECK(numbers[1] == value::i64(-9));
  CHECK(numbers[2].bits == 0x7fa00001);
  CHECK(numbers[3] == value::f64(-0.0));
  CHECK(numbers[4] == value::i64(-5));
  CHECK(numbers[5] == value::i64(6));
  CHECK(e.call_with(in, "references", {}) == vector<value>{value::i32(0), value::i32(3), value::i32(-5)});
  CHECK(e.failure(in, "init_memory") == errc::trap_memory_out_of_bounds);
  CHECK(e.failure(in, "init_table") == errc::trap_table_out_of_bounds);
  CHECK(e.failure(in, "init_values") == errc::trap_table_out_of_bounds);
}

}  // namespace

TEST_CASE("snapshot: memories, tables, globals and dropped segments come back") {
  memory_store objects;
  test::saved_engine<> first(objects), second(objects);
  instance& in = first.add(program);
  const content_id fresh = first.save();
  first.call(in, "change");
  const content_id changed = first.save();
  CHECK(changed != fresh);

  instance& restored = second.add(program);
  CHECK(second.id() == fresh);
  second.restore(changed);
  CHECK(second.id() == changed);
  check_changed(second, restored);
  check_changed(first, in);
  CHECK(second.id() == changed);
}

TEST_CASE("snapshot: a store that was used takes an earlier state as a fresh one does") {
  memory_store objects;
  test::saved_engine<> e(objects), other(objects);
  constexpr std::string_view text = R"((module
    (memory 1) (table $t 1 9 funcref) (global $g (mut i32) (i32.const 0))
    (data $d "abc") (elem $f func $one) (elem $x funcref (ref.func $one)) (func $one (result i32) (i32.const 1))
    (func (export "drop") (data.drop $d) (elem.drop $f) (elem.drop $x) (drop (table.grow $t (ref.null func) (i32.const 3)))
      (global.set $g (i32.const 5)) (i32.store (i32.const 5000) (i32.const 5)))
    (func (export "use") (result i32) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))
      (table.init $t $f (i32.const 0) (i32.const 0) (i32.const 1))
      (table.init $t $x (i32.const 0) (i32.const 0) (i32.const 1))
      (i32.add (i32.load8_u (i32.const 2)) (i32.add (global.get $g) (i32.load (i32.const 5000)))))
    (func (export "size") (result i32) (table.size $t))))";
  instance& in = e.add(text);
  other.add(text);
  const content_id fresh = e.save();
  e.call(in, "drop");
  const content_id dropped = e.save();
  e.restore(fresh);
  CHECK(e.id() == fresh);
  CHECK(e.call<std::int32_t>(in, "use") == 'c');
  CHECK(e.call<std::int32_t>(in, "size") == 1);
  e.restore(dropped);
  CHECK(e.call<std::int32_t>(in, "size") == 4);
  CHECK(e.failure(in, "use") == errc::trap_memory_out_of_bounds);
  other.restore(dropped);
  CHECK(other.id() == dropped);
}

TEST_CASE("snapshot: memories never shrink") {
  memory_store objects;
  test::saved_engine<> e(objects);
  instance& in = e.add(R"((module (memory 1) (func (export "grow") (drop (memory.grow (i32.const 1))))))");
  const content_id small = e.save();
  e.call(in, "grow");
  const error refused = e.restore_failure(small);
  CHECK(refused.code == errc::snapshot_incompatible);
  CHECK(refused.detail == "memory 0 is larger by now, and memories never shrink");
}

TEST_CASE("snapshot: fuel comes back, and stores without it have states of their own") {
  memory_store objects;
  test::saved_engine<metered_engine_config> first(objects), second(objects);
  test::saved_engine<> unmetered(objects);
  constexpr std::string_view text = R"((module (func (export "f") (drop (i32.popcnt (i32.const 1))))))";
  instance& in = first.add(text);
  second.add(text);
  unmetered.add(text);
  first.st.set_fuel(1000);
  first.call(in, "f");
  const std::int64_t left = first.st.fuel();
  CHECK(left < 1000);
  const content_id id = first.save();
  second.restore(id);
  CHECK(second.st.fuel() == left);
  CHECK(unmetered.restore_failure(id).code == errc::snapshot_incompatible);
  CHECK(unmetered.save() != id);
}
