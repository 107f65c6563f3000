#include "wasm64/module/type_registry.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

const vector<sub_type> types_of(std::string_view text) { return test::compile_wat(text)->types; }

}  // namespace

TEST_CASE("types: equal types have one id, in one module and across modules", "[module][type_registry]") {
  type_registry registry;
  const auto a = registry.add(types_of("(module (type (func (param i32))) (type (func)) (type (func (param i32))))"));
  const auto b = registry.add(types_of("(module (type (func)) (type (struct)) (type (func (param i32))))"));
  CHECK(a[0] == a[2]);
  CHECK(a[0] != a[1]);
  CHECK(b[0] == a[1]);
  CHECK(b[2] == a[0]);
  CHECK(registry.size() == 3);
  func_type alone;
  alone.params.push_back(types::i32);
  CHECK(registry.add(alone) == a[0]);
}

TEST_CASE("types: everything in a type tells it from others", "[module][type_registry]") {
  type_registry registry;
  const auto ids = registry.add(types_of(R"((module
    (type (struct)) (type (sub (struct))) (type (sub final 1 (struct))) (type (func)) (type (func (param i32)))
    (type (func (result i32))) (type (func (param i32 i32))) (type (func (param i32) (result i32)))
    (type (struct (field i32))) (type (struct (field (mut i32)))) (type (struct (field i8)))
    (type (struct (field i32 i32))) (type (array i32)) (type (array (mut i32))) (type (array i16))
    (type (array funcref)) (type (array (ref func))) (type (array externref)) (type (array (ref null 0)))
    (type (array (ref null 1))) (type (array (ref 0)))))"));
  CHECK(registry.size() == ids.size());
}

TEST_CASE("types: recursive groups are equal as a whole, wherever they stand", "[module][type_registry]") {
  type_registry registry;
  const auto a = registry.add(types_of(R"((module
    (rec (type (struct (field (ref null 1)))) (type (struct (field (ref null 0) i32))))
    (type (func (param (ref 0))))))"));
  const auto b = registry.add(types_of(R"((module (type (func))
    (rec (type (struct (field (ref null 2)))) (type (struct (field (ref null 1) i32))))
    (type (func (param (ref 1))))
    (rec (type (struct (field (ref null 5) i32))) (type (struct (field (ref null 4)))))
    (type (struct (field (ref null 1) i32)))))"));
  CHECK(a[0] == b[1]);
  CHECK(a[1] == b[2]);
  CHECK(a[2] == b[3]);
  // The same types in another order, or one of them alone, are other types.
  CHECK(b[4] != a[1]);
  CHECK(b[5] != a[0]);
  CHECK(b[6] != a[1]);
}

TEST_CASE("types: a group of one type differs from that type in a group of two", "[module][type_registry]") {
  type_registry registry;
  const auto ids = registry.add(types_of(R"((module (type (func)) (rec (type (func))) (rec (type (func)) (type (func)))
    (rec (type (func)) (type (func)))))"));
  CHECK(ids[0] == ids[1]);
  CHECK(ids[2] != ids[0]);
  CHECK(ids[2] != ids[3]);
  CHECK(ids[2] == ids[4]);
  CHECK(ids[3] == ids[5]);
}

TEST_CASE("types: declared supertypes are found at any distance", "[module][type_registry]") {
  type_registry registry;
  const auto ids = registry.add(types_of(R"((module
    (type (sub (struct))) (type (sub 0 (struct (field i32)))) (type (sub 0 (struct (field i64))))
    (type (sub 1 (struct (field i32 i32)))) (type (sub 2 (struct (field i64 i64)))) (type (sub (struct (field f32))))
    (type (sub 3 (struct (field i32 i32 i32))))))"));
  const auto is_subtype = [&](std::size_t sub, std::size_t super) { return registry.is_subtype(ids[sub], ids[super]); };
  CHECK(is_subtype(6, 3));
  CHECK(is_subtype(6, 1));
  CHECK(is_subtype(6, 0));
  CHECK(is_subtype(4, 2));
  CHECK(is_subtype(4, 0));
  CHECK(is_subtype(5, 5));
  CHECK_FALSE(is_subtype(6, 2));
  CHECK_FALSE(is_subtype(6, 4));
  CHECK_FALSE(is_subtype(4, 1));
  CHECK_FALSE(is_subtype(0, 1));
  CHECK_FALSE(is_subtype(5, 0));
  CHECK_FALSE(is_subtype(0, 5));
}

TEST_CASE("types: a subtype in another module has the same supertype", "[module][type_registry]") {
  type_registry registry;
  const auto a = registry.add(types_of("(module (type (sub (func))) (type (sub final 0 (func))))"));
  const auto b = registry.add(types_of("(module (type (func)) (type (sub (func))) (type (sub 1 (func))))"));
  CHECK(registry.is_subtype(b[2], a[0]));
  CHECK(registry.is_subtype(a[1], b[1]));
  CHECK_FALSE(registry.is_subtype(b[2], a[1]));
  CHECK(registry.is_final(a[1]));
  CHECK_FALSE(registry.is_final(b[2]));
}

TEST_CASE("types: a type can be read back by its id", "[module][type_registry]") {
  type_registry registry;
  registry.add(types_of("(module (type (func (param i32))) (type (struct)))"));
  const auto ids = registry.add(types_of(R"((module (type (sub (struct (field i8))))
    (rec (type (array (mut (ref null 2)))) (type (sub final 0 (struct (field i8 (ref 1) (mut i64))))))
    (type (func (param (ref 2) i32) (result f64)))))"));
  const sub_type array = registry.type(ids[1]);
  CHECK(array.kind == comp_kind::array);
  CHECK(array.is_final);
  REQUIRE(array.fields.size() == 1);
  CHECK(array.fields[0] == field_type{val_type::ref_to(ids[2], true), true});
  const sub_type structure = registry.type(ids[2]);
  CHECK(structure.kind == comp_kind::struct_);
  REQUIRE(structure.supers.size() == 1);
  CHECK(structure.supers[0] == ids[0]);
  REQUIRE(structure.fields.size() == 3);
  CHECK(structure.fields[0] == field_type{val_type{type_code::i8}, false});
  CHECK(structure.fields[1] == field_type{val_type::ref_to(ids[1], false), false});
  CHECK(structure.fields[2] == field_type{types::i64, true});
  const sub_type func = registry.type(ids[3]);
  REQUIRE(func.func.params.size() == 2);
  CHECK(func.func.params[0] == val_type::ref_to(ids[2], false));
  REQUIRE(func.func.results.size() == 1);
  CHECK(func.func.results[0] == types::f64);
  CHECK_FALSE(registry.type(ids[0]).is_final);
}
