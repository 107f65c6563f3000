#include "wasm64/runtime/rooted.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

constexpr std::string_view objects = R"((module
  (type $point (struct (field i8) (field i16) (field i32) (field i64) (field f32) (field f64) (field anyref)))
  (type $shorts (array (mut i16)))
  (type $refs (array (ref null $point)))
  (tag $e (param i32))
  (func $point (export "point") (type $maker)
    (struct.new $point (i32.const -1) (i32.const -2) (i32.const -3) (i64.const -4) (f32.const 0.5) (f64.const 0.25)
                       (ref.i31 (i32.const -6))))
  (func (export "shorts") (param i32) (result (ref $shorts)) (array.new $shorts (local.get 0) (i32.const 3)))
  (func (export "refs") (result arrayref)
    (array.new_fixed $refs 2 (call $point) (ref.null $point)))
  (func (export "i31") (param i32) (result i31ref) (ref.i31 (local.get 0)))
  (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func (export "third") (param (ref null $point)) (result i64) (struct.get $point 3 (local.get 0)))
  (func (export "is") (param anyref) (result i32) (ref.test (ref $point) (local.get 0)))
  (func (export "not null") (param (ref any)))
  (func (export "rethrow") (param exnref) (throw_ref (local.get 0)))
  (type $maker (func (result (ref $point))))
  (func (export "call") (param (ref $maker)) (result (ref $point)) (call_ref $maker (local.get 0)))
  (func (export "same") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (global (export "g") (mut (ref null $point)) (ref.null $point))
  (table (export "t") 2 anyref)
  (func (export "churn") (local i32)
    (loop $l (drop (call $point))
      (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100)))))))";

limits always_collecting() {
  limits l;
  l.heap_step_bytes = 0;
  return l;
}

}  // namespace

TEST_CASE("rooted: the host reads fields and elements") {
  test::engine<> e(always_collecting());
  instance& in = e.add(objects);
  machine& vm = e.st.vm();
  const value point = e.call_with(in, "point", {})[0];
  e.call(in, "churn");
  CHECK(point.type == val_type::ref(heap::struct_, false));
  CHECK(class_of(vm, point).value() == object_class::structure);
  CHECK(struct_field(vm, point, 0).value() == value::i32(0xff));
  CHECK(struct_field(vm, point, 1).value() == value::i32(0xfffe));
  CHECK(struct_field(vm, point, 2).value() == value::i32(-3));
  CHECK(struct_field(vm, point, 3).value() == value::i64(-4));
  CHECK(struct_field(vm, point, 4).value() == value::f32(0.5f));
  CHECK(struct_field(vm, point, 5).value() == value::f64(0.25));
  CHECK(struct_field(vm, point, 6).value().as_i31() == -6);
  CHECK(struct_field(vm, point, 7).error().code == errc::out_of_bounds);
  CHECK(array_length(vm, point).error().code == errc::argument_type_mismatch);

  const value shorts = e.call_with(in, "shorts", {value::i32(0x12345)})[0];
  CHECK(class_of(vm, shorts).value() == object_class::array);
  CHECK(array_length(vm, shorts).value() == 3);
  CHECK(array_element(vm, shorts, 2).value() == value::i32(0x2345));
  CHECK(array_element(vm, shorts, 3).error().code == errc::out_of_bounds);

  const value refs = e.call_with(in, "refs", {})[0];
  const value inner = array_element(vm, refs, 0).value();
  e.call(in, "churn");
  CHECK(struct_field(vm, inner, 3).value() == value::i64(-4));
  CHECK(array_element(vm, refs, 1).value().is_null());
  CHECK(class_of(vm, value::i32(1)).value() == object_class::none);
}

TEST_CASE("rooted: references go in and out, and stay what they are") {
  test::engine<> e(always_collecting());
  instance& in = e.add(objects);
  machine& vm = e.st.vm();
  const value point = e.call_with(in, "point", {})[0];
  const value again = e.call_with(in, "in", {e.call_with(in, "out", {point})[0]})[0];
  CHECK(is_same_reference(vm, point, again).value());
  CHECK(e.call_with(in, "same", {point, again})[0].as_i32() == 1);
  CHECK(e.call_with(in, "same", {point, e.call_with(in, "point", {})[0]})[0].as_i32() == 0);
  CHECK(e.call_with(in, "third", {point})[0].as_i64() == -4);
  CHECK(e.call_with(in, "is", {point})[0].as_i32() == 1);
  CHECK(e.call_with(in, "is", {value::i31(3)})[0].as_i32() == 0);
  CHECK(e.call_with(in, "i31", {value::i32(-5)})[0].as_i31() == -5);
  CHECK(e.call_with(in, "out", {value::i31(-5)})[0].as_i31() == -5);
  const value host = e.call_with(in, "in", {value::externref(77)})[0];
  CHECK(host.bits == 77);
  CHECK(e.call_with(in, "out", {host})[0] == value::externref(77));
  CHECK(e.call_with(in, "out", {value::null(val_type::ref(heap::any))})[0].is_null());

  global_instance& g = *in.exported_global("g");
  CHECK(e.st.get(g).is_null());
  REQUIRE(e.st.set(g, point).has_value());
  e.call(in, "churn");
  CHECK(is_same_reference(vm, e.st.get(g), point).value());
  table_instance& t = *in.exported_table("t");
  REQUIRE(e.st.set(t, 1, value::i31(9)).has_value());
  CHECK(e.st.get(t, 1).value().as_i31() == 9);
  CHECK(e.st.get(t, 2).error().code == errc::out_of_bounds);
  CHECK(e.st.set(t, 2, value::i31(9)).error().code == errc::out_of_bounds);
}

TEST_CASE("rooted: values of another type, another store or another time are refused") {
  test::engine<> e, other;
  instance& in = e.add(objects);
  instance& in_other = other.add(objects);
  vector<value> results;
  const value foreign = other.call_with(in_other, "point", {})[0];
  const value shorts = e.call_with(in, "shorts", {value::i32(1)})[0];
  CHECK(e.failure_with(in, "third", {foreign}, results) == errc::stale_reference);
  CHECK(class_of(e.st.vm(), foreign).error().code == errc::stale_reference);
  CHECK(e.failure_with(in, "call", {value::funcref(&other.func(in_other, "point"))}, results) == errc::stale_reference);
  CHECK(e.failure_with(in, "call", {value::funcref(&e.func(in, "third"))}, results) == errc::argument_type_mismatch);
  CHECK(e.call_with(in, "call", {value::funcref(&e.func(in, "point"))})[0].type.heap == heap::struct_);
  CHECK(e.failure_with(in, "third", {shorts}, results) == errc::argument_type_mismatch);
  CHECK(e.failure_with(in, "third", {value::i31(1)}, results) == errc::argument_type_mismatch);
  CHECK(e.failure_with(in, "in", {shorts}, results) == errc::argument_type_mismatch);
  value disguised = shorts;
  disguised.type = types::funcref;
  CHECK(e.failure_with(in, "call", {disguised}, results) == errc::argument_type_mismatch);
  disguised.type = types::exnref;
  CHECK(e.failure_with(in, "rethrow", {disguised}, results) == errc::argument_type_mismatch);
  disguised = value::i31(1);
  disguised.type = types::exnref;
  CHECK(e.failure_with(in, "rethrow", {disguised}, results) == errc::argument_type_mismatch);
  CHECK(e.failure_with(in, "not null", {value::null(val_type::ref(heap::any))}, results) ==
        errc::argument_type_mismatch);
  CHECK(e.failure_with(in, "in", {value::externref(std::uint64_t{1} << 62)}, results) == errc::argument_out_of_range);
  CHECK(e.st.set(*in.exported_global("g"), shorts).error().code == errc::argument_type_mismatch);

  value kept;
  rooted owned;
  {
    const reference_scope scope(e.st.vm());
    kept = e.call_with(in, "point", {})[0];
    owned = rooted::hold(e.st.vm(), kept).value();
    CHECK(e.call_with(in, "third", {kept})[0].as_i64() == -4);
  }
  e.call_with(in, "point", {});  // takes the place of `kept`
  CHECK(e.failure_with(in, "third", {kept}, results) == errc::stale_reference);
  CHECK(struct_field(e.st.vm(), kept, 0).error().code == errc::stale_reference);
  CHECK(e.call_with(in, "third", {owned.get()})[0].as_i64() == -4);
  CHECK(rooted::hold(e.st.vm(), kept).error().code == errc::stale_reference);
  const value released = owned.get();
  owned = rooted();
  CHECK(e.failure_with(in, "third", {released}, results) == errc::stale_reference);
}

TEST_CASE("rooted: what nobody holds is freed") {
  limits l = always_collecting();
  l.heap_bytes = 10'000;
  test::engine<> e(l);
  instance& in = e.add(objects);
  for (int i = 0; i < 1000; ++i) {
    const reference_scope scope(e.st.vm());
    const value point = e.call_with(in, "point", {})[0];
    CHECK(struct_field(e.st.vm(), point, 3).value() == value::i64(-4));
  }
  vector<value> results;
  std::size_t made = 0;
  while (made < 1000 && e.st.call(e.func(in, "point"), {}, results).has_value()) ++made;
  CHECK(made < 300);
}

TEST_CASE("rooted: a host function keeps its arguments while it calls back") {
  test::engine<> e(always_collecting());
  instance* self = nullptr;
  func_type type;
  type.params = {val_type::ref(heap::any), types::i64};
  type.results = {val_type::ref(heap::any)};
  value seen;
  e.imports.define(
      "h", "f",
      untyped_host_func(type,
                        [&](caller& from, std::span<const value> arguments, std::span<value> results) -> result<void> {
                          WASM64_CHECK(e.st.call<>(*self->exported_func("churn")));
                          WASM64_TRY(const value field, struct_field(from.vm(), arguments[0], 0));
                          if (field.as_i64() != arguments[1].as_i64()) return fail(errc::trap_host);
                          seen = arguments[0];
                          results[0] = arguments[0];
                          return success();
                        }));
  instance& in = e.add(R"((module
    (import "h" "f" (func $f (param anyref i64) (result anyref)))
    (type $box (struct (field i64)))
    (func (export "churn") (local i32)
      (loop $l (drop (struct.new $box (i64.const 3)))
        (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100)))))
    (func (export "run") (param $n i64) (result i64) (local $x (ref null $box))
      (local.set $x (struct.new $box (local.get $n)))
      (struct.get $box 0 (ref.cast (ref $box) (call $f (local.get $x) (local.get $n)))))))");
  self = &in;
  CHECK(e.call<std::int64_t>(in, "run", std::int64_t{5}) == 5);
  CHECK(class_of(e.st.vm(), seen).error().code == errc::stale_reference);
}
