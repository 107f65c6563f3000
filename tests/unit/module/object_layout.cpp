#include "wasm64/module/object_layout.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

namespace {

sub_type structure(std::initializer_list<val_type> fields) {
  sub_type t;
  t.kind = comp_kind::struct_;
  for (const val_type f : fields) t.fields.push_back({f, true});
  return t;
}

constexpr val_type i8{type_code::i8}, i16{type_code::i16}, any = val_type::ref(heap::any);

}  // namespace

TEST_CASE("object layout: fields stand in order, each at a multiple of its size") {
  const object::layout l =
      object::lay_out(structure({i8, i16, i8, types::i32, types::f64, i8, any, types::v128, i8}), 3);
  CHECK(l.offsets == vector<std::uint32_t>{8, 10, 12, 16, 24, 32, 40, 48, 64});
  CHECK(l.size == 72);
  CHECK(l.references == vector<std::uint32_t>{5});
  CHECK(object::number_of(l.tag) == 3);
  CHECK(object::kind_of(l.tag) == object::kind::struct_);
  CHECK(object::lay_out(structure({}), 0).size == 8);
}

TEST_CASE("object layout: a subtype begins as its supertype") {
  const object::layout super = object::lay_out(structure({i8, any, types::i32}), 0);
  const object::layout sub = object::lay_out(structure({i8, any, types::i32, i16, types::i64}), 1);
  REQUIRE(sub.offsets.size() == 5);
  for (std::size_t i = 0; i < super.offsets.size(); ++i) CHECK(sub.offsets[i] == super.offsets[i]);
}

TEST_CASE("object layout: arrays take their elements and a header, rounded up to eight bytes") {
  CHECK(object::array_size(0, 0) == 8);
  CHECK(object::array_size(1, 0) == 16);
  CHECK(object::array_size(9, 0) == 24);
  CHECK(object::array_size(3, 4) == 56);
  CHECK(object::array_size(0xffffffff, 4) == 8 + (std::uint64_t{0xffffffff} << 4));
  sub_type refs = structure({any});
  refs.kind = comp_kind::array;
  const object::layout l = object::lay_out(refs, 7);
  CHECK(l.log2_element == 3);
  CHECK(l.has_reference_elements);
  CHECK(object::kind_of(l.tag) == object::kind::array);
}

TEST_CASE("object layout: an exception holds its values as arguments lie") {
  func_type tag;
  tag.params = {types::i32, any, types::v128, any};
  const object::layout l = object::lay_out(tag, 2);
  CHECK(l.offsets == vector<std::uint32_t>{8, 16, 24, 40});
  CHECK(l.references == vector<std::uint32_t>{2, 5});
  CHECK(l.size == 48);
}
