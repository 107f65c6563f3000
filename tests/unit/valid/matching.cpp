#include "wasm64/valid/matching.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

namespace {

module two_equal_functions_and_a_structure() {
  module m;
  m.types.resize(3);
  m.types[0].func.params.push_back(types::i32);
  m.types[1].func.params.push_back(types::i32);
  m.types[2].kind = comp_kind::struct_;
  m.type_ids = m.canonical_types.add(m.types);
  return m;
}

bool is_heap_subtype(const module& m, heap_type sub, heap_type super) {
  return is_subtype(m, val_type::ref(sub), val_type::ref(super));
}

}  // namespace

TEST_CASE("number types match only themselves", "[valid][matching]") {
  const module none;
  CHECK(is_subtype(none, types::i32, types::i32));
  CHECK_FALSE(is_subtype(none, types::i32, types::i64));
  CHECK_FALSE(is_subtype(none, types::i32, types::funcref));
  CHECK(is_subtype(none, types::bottom, types::f64));
}

TEST_CASE("non-null references are subtypes of nullable ones", "[valid][matching]") {
  const module none;
  const val_type non_null = val_type::ref(heap::func, false);
  CHECK(is_subtype(none, non_null, types::funcref));
  CHECK_FALSE(is_subtype(none, types::funcref, non_null));
}

TEST_CASE("abstract heap types form four hierarchies", "[valid][matching]") {
  CHECK(is_abstract_subtype(heap::i31, heap::eq));
  CHECK(is_abstract_subtype(heap::i31, heap::any));
  CHECK(is_abstract_subtype(heap::none, heap::struct_));
  CHECK(is_abstract_subtype(heap::nofunc, heap::func));
  CHECK(is_abstract_subtype(heap::noexn, heap::exn));
  CHECK_FALSE(is_abstract_subtype(heap::none, heap::func));
  CHECK_FALSE(is_abstract_subtype(heap::struct_, heap::array));
  CHECK_FALSE(is_abstract_subtype(heap::any, heap::eq));
  CHECK_FALSE(is_abstract_subtype(heap::extern_, heap::any));
}

TEST_CASE("defined function types match by structure", "[valid][matching]") {
  const module defined = two_equal_functions_and_a_structure();
  CHECK(is_heap_subtype(defined, heap_type{0}, heap_type{1}));
  CHECK_FALSE(is_heap_subtype(defined, heap_type{0}, heap_type{2}));
  CHECK(is_heap_subtype(defined, heap_type{0}, heap::func));
  CHECK(is_heap_subtype(defined, heap_type{2}, heap::eq));
  CHECK(is_heap_subtype(defined, heap::nofunc, heap_type{0}));
  CHECK(is_heap_subtype(defined, heap::none, heap_type{2}));
  CHECK_FALSE(is_heap_subtype(defined, heap::func, heap_type{0}));
}
