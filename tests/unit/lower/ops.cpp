#include "wasm64/lower/ops.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("operations: handler numbers and their keys are each other's inverse") {
  std::size_t total = 0;
  for (std::size_t o = 0; o < static_cast<std::size_t>(ir::count_); ++o) {
    const auto operation = static_cast<ir>(o);
    const shape_kinds kinds = kinds_of(shape_of(operation));
    total += kinds.count;
    for (std::size_t k = 0; k < kinds.count; ++k) {
      const std::size_t id = handler_id(operation, kinds.pairs[k]);
      REQUIRE(id < handler_count);
      const handler_key key = key_of_handler(id);
      CHECK(key.operation == operation);
      CHECK(key.kinds == kinds.pairs[k]);
    }
  }
  CHECK(total == handler_count);
  std::set<std::size_t> ids;
  for (std::size_t id = 0; id < handler_count; ++id) {
    const handler_key key = key_of_handler(id);
    ids.insert(handler_id(key.operation, key.kinds));
  }
  CHECK(ids.size() == handler_count);
  CHECK(*ids.rbegin() == handler_count - 1);
}

TEST_CASE("operations: combinations of kinds without a handler have no number") {
  CHECK(handler_id(ir::i32_add, {kind::immediate, kind::slot}) == handler_count);
  CHECK(handler_id(ir::i32_sub, {kind::immediate, kind::slot}) < handler_count);
  CHECK(handler_id(ir::i32_sub, {kind::immediate, kind::immediate}) == handler_count);
  CHECK(handler_id(ir::mov, {kind::accumulator, kind::slot}) == handler_count);
}

TEST_CASE("operations: the opposite and the mirror of a comparison are involutions") {
  for (std::size_t o = 0; o < static_cast<std::size_t>(ir::count_); ++o) {
    const auto operation = static_cast<ir>(o);
    CHECK(mirrored(mirrored(operation)) == operation);
    if (const ir opposite = opposite_comparison(operation); opposite != ir::count_) {
      CHECK(opposite != operation);
      CHECK(opposite_comparison(opposite) == operation);
    }
    if (shape_of(operation) == shape::compare) {
      CHECK(shape_of(mirrored(operation)) == shape::compare);
      CHECK(branch_on(operation, true) != ir::count_);
      CHECK(branch_on(operation, false) != ir::count_);
      CHECK(branch_on(operation, true) != branch_on(operation, false));
      CHECK(shape_of(branch_on(operation, false)) == shape::branch);
    }
  }
}

TEST_CASE("operations: with NaN, not less is not the same as greater or equal") {
  CHECK(branch_on(ir::i32_lt_s, false) == ir::br_i32_ge_s);
  CHECK(branch_on(ir::f64_lt, false) == ir::unless_f64_lt);
  CHECK(branch_on(ir::f32_ge, false) == ir::unless_f32_ge);
  CHECK(branch_on(ir::f64_eq, false) == ir::br_f64_ne);
  CHECK(opposite_comparison(ir::f64_lt) == ir::count_);
}

TEST_CASE("operations: an access takes an addition of the width of its addresses") {
  CHECK(sum_access(ir::i32_load, ir::i32_add) == ir::sum32_i32_load);
  CHECK(sum_access(ir::f64_store, ir::i64_add) == ir::sum64_f64_store);
  CHECK(sum_access(ir::i32_load, ir::i32_sub) == ir::count_);
  CHECK(sum_access(ir::i32_add, ir::i32_add) == ir::count_);
}
