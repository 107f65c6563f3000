#include "tests/unit/snapshot/support.hpp"
#include "wasm64/runtime/host.hpp"

using namespace wasm64;

namespace {

/// Two linked modules over a memory, a table, globals, a tag and functions of the host.
struct linked : test::saved_engine<> {
  memory_instance* memory;
  table_instance* table;
  global_instance* global;
  instance* library;
  instance* program;

  explicit linked(memory_store& storage) : saved_engine<>(storage) {
    memory = st.make_memory({{.min = 1, .max = 3, .has_max = true}}).value();
    table = st.make_table({types::funcref, {.min = 4}}).value();
    global = st.make_global({types::i64, true}, 5);
    st.make_tag({{types::i32}, {}}, "of the host");
    imports.define("host", "global", with([&](definition& d) { d.global = global; }));
    imports.define("host", "memory", with([&](definition& d) { d.memory = memory; }));
    imports.define("host", "table", with([&](definition& d) { d.table = table; }));
    imports.func("host", "double", [](std::int32_t n) { return n * 2; });
    imports.func("host", "triple", [](std::int32_t n) { return n * 3; });
    library = &add_as("library", R"((module
      (import "host" "memory" (memory 1))
      (import "host" "double" (func $double (param i32) (result i32)))
      (type $f (func (param i32) (result i32)))
      (type $box (struct (field (mut i32))))
      (global (export "box") (mut (ref null $box)) (ref.null $box))
      (table (export "own") 2 funcref)
      (func $add (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.load (i32.const 8))))
      (func (export "make") (global.set 0 (struct.new $box (i32.const 31))))
      (elem declare func $double)
      (func (export "double") (result funcref) (ref.func $double))))");
    program = &add(R"((module
      (type $unused (struct (field i64)))
      (type $f (func (param i32) (result i32)))
      (type $box (struct (field (mut i32))))
      (import "library" "add" (func $add (type $f)))
      (import "library" "double" (func $get_double (result funcref)))
      (import "library" "box" (global $box (mut (ref null $box))))
      (import "library" "own" (table $own 2 funcref))
      (import "host" "triple" (func $triple (type $f)))
      (import "host" "memory" (memory 1))
      (import "host" "table" (table $t 4 funcref))
      (import "host" "global" (global $g (mut i64)))
      (func $mine (type $f) (i32.sub (local.get 0) (i32.const 1)))
      (elem declare func $add $triple $mine)
      (func (export "change")
        (i32.store (i32.const 8) (i32.const 100))
        (drop (memory.grow (i32.const 1)))
        (table.set $t (i32.const 0) (ref.func $add))
        (table.set $t (i32.const 1) (call $get_double))
        (table.set $t (i32.const 2) (ref.func $triple))
        (table.set $t (i32.const 3) (ref.func $mine))
        (table.set $own (i32.const 1) (ref.func $mine))
        (global.set $g (i64.const 77))
        (struct.set $box 0 (global.get $box) (i32.const 32)))
      (func (export "call") (param i32 i32) (result i32)
        (call_indirect $t (type $f) (local.get 1) (local.get 0)))
      (func (export "call_own") (result i32) (call_indirect $own (type $f) (i32.const 9) (i32.const 1)))
      (func (export "look") (result i64 i32) (global.get $g) (struct.get $box 0 (global.get $box)))))");
  }

 private:
  template <class F>
  static definition with(F f) {
    definition d;
    f(d);
    return d;
  }
};

}  // namespace

TEST_CASE("snapshot: everything of a store is in it, whoever made it and whoever shares it") {
  memory_store objects;
  linked first(objects), second(objects);
  CHECK(first.id() == second.id());
  first.call(*first.library, "make");
  first.call(*first.program, "change");
  const content_id id = first.save();
  second.restore(id);
  CHECK(second.id() == id);
  const instance& in = *second.program;
  CHECK(second.call<std::int32_t>(in, "call", 0, 5) == 105);
  CHECK(second.call<std::int32_t>(in, "call", 1, 5) == 10);
  CHECK(second.call<std::int32_t>(in, "call", 2, 5) == 15);
  CHECK(second.call<std::int32_t>(in, "call", 3, 5) == 4);
  CHECK(second.call<std::int32_t>(in, "call_own") == 8);
  CHECK(second.call_with(in, "look", {}) == vector<value>{value::i64(77), value::i32(32)});
  CHECK(second.memory->pages() == 2);
  CHECK(second.table->elements[0] == reinterpret_cast<word>(second.library->exported_func("add")));
}

TEST_CASE("snapshot: a store that was set up in another way is refused") {
  memory_store objects;
  test::saved_engine<> first(objects), other(objects), twice(objects), more(objects), none(objects);
  constexpr std::string_view text = "(module (global (mut i32) (i32.const 0)))";
  first.add(text);
  other.add("(module (global (mut i32) (i32.const 1)))");
  twice.add(text);
  twice.add(text);
  more.add(text);
  more.st.make_global({types::i32, true}, 0);
  const content_id id = first.save();
  CHECK(other.restore_failure(id).code == errc::snapshot_wrong_module);
  CHECK(twice.restore_failure(id).code == errc::snapshot_incompatible);
  CHECK(more.restore_failure(id).code == errc::snapshot_incompatible);
  CHECK(none.restore_failure(id).code == errc::snapshot_incompatible);
  CHECK(none.save() == test::saved_engine<>(objects).save());
}
