#include "wasm64/exec/handlers_wide.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

using pair = std::pair<std::uint64_t, std::uint64_t>;  // low half, high half

constexpr std::uint64_t samples[] = {0,
                                     1,
                                     2,
                                     0x7FFFFFFF,
                                     0x80000000,
                                     0xFFFFFFFF,
                                     0x100000000,
                                     0x1234567890ABCDEF,
                                     0x7FFFFFFFFFFFFFFF,
                                     0x8000000000000000,
                                     0xFFFFFFFFFFFFFFFF};

// Written without 128-bit types, as the handlers have them.
pair add(pair a, pair b) {
  const std::uint64_t low = a.first + b.first;
  return {low, a.second + b.second + (low < a.first ? 1 : 0)};
}
pair negated(pair a) { return add({~a.first, ~a.second}, {1, 0}); }
pair multiply(std::uint64_t a, std::uint64_t b) {
  pair sum{0, 0};
  for (int bit = 63; bit >= 0; --bit) {
    sum = add(sum, sum);
    if ((b >> bit & 1) != 0) sum = add(sum, {a, 0});
  }
  return sum;
}
pair multiply_signed(std::uint64_t a, std::uint64_t b) {
  const bool negative = (a ^ b) >> 63 != 0;
  const pair product = multiply(a >> 63 != 0 ? 0 - a : a, b >> 63 != 0 ? 0 - b : b);
  return negative ? negated(product) : product;
}

value number(std::uint64_t v) { return {types::i64, v, 0}; }

template <class Config>
pair result_of(test::engine<Config>& e, const instance& in, const char* name, std::initializer_list<value> arguments) {
  const vector<value> results = e.call_with(in, name, arguments);
  REQUIRE(results.size() == 2);
  return {results[0].bits, results[1].bits};
}

}  // namespace

TEST_CASE("wide arithmetic: sums, differences and products of halves at the edges") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (func (export "add") (param i64 i64 i64 i64) (result i64 i64)
      (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "sub") (param i64 i64 i64 i64) (result i64 i64)
      (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "mul_s") (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
    (func (export "mul_u") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))))");
  for (const std::uint64_t a : samples) {
    for (const std::uint64_t b : samples) {
      INFO(a << " " << b);
      const pair x{a, b}, y{b, ~a};
      CHECK(result_of(e, in, "add", {number(a), number(b), number(b), number(~a)}) == add(x, y));
      CHECK(result_of(e, in, "sub", {number(a), number(b), number(b), number(~a)}) == add(x, negated(y)));
      CHECK(result_of(e, in, "mul_u", {number(a), number(b)}) == multiply(a, b));
      CHECK(result_of(e, in, "mul_s", {number(a), number(b)}) == multiply_signed(a, b));
    }
  }
}

TEST_CASE("wide arithmetic: constants, computed operands, and results that feed other instructions") {
  test::engine<> e;
  instance& in = e.add(R"((module
    (func (export "chain") (param i64 i64) (result i64 i64)
      (i64.mul_wide_u (local.get 0) (local.get 0))
      (i64.mul_wide_s (local.get 1) (i64.const -3))
      (i64.add128)
      (i64.const 1) (i64.const 0)
      (i64.sub128))
    (func (export "high") (param i64 i64) (result i64) (local i64 i64)
      (i64.mul_wide_u (local.get 0) (i64.add (local.get 1) (i64.const 1)))
      (local.set 2) (local.set 3)
      (i64.add (local.get 2) (i64.shl (local.get 3) (i64.const 8))))
    (func (export "sum") (param i64 i64) (result i64)
      (i64.mul_wide_u (local.get 0) (local.get 1)) (i64.add))
    (func (export "below") (param i64) (result i64)
      (i64.mul_wide_u (local.get 0) (i64.const -1)) (drop))))");
  const std::uint64_t a = 0xFEDCBA9876543210, b = 0x0123456789ABCDEF;
  const pair expected = add(add(multiply(a, a), multiply_signed(b, 0 - std::uint64_t{3})), negated({1, 0}));
  CHECK(result_of(e, in, "chain", {number(a), number(b)}) == expected);
  const pair product = multiply(a, b);
  const auto call = [&](const char* name, std::uint64_t x, std::uint64_t y) {
    return static_cast<std::uint64_t>(
        e.call<std::int64_t>(in, name, static_cast<std::int64_t>(x), static_cast<std::int64_t>(y)));
  };
  CHECK(call("high", a, b - 1) == product.second + (product.first << 8));
  CHECK(call("sum", a, b) == product.first + product.second);
  CHECK(e.call<std::int64_t>(in, "below", std::int64_t{5}) == -5);
}

TEST_CASE("wide arithmetic: both results cross calls, blocks and branches") {
  test::engine<metered_engine_config> e;
  e.st.set_fuel(1'000'000);
  instance& in = e.add(R"((module
    (func $square (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 0)))
    (func (export "run") (param i64 i32) (result i64 i64) (local i64 i64)
      (block $b (result i64 i64)
        (call $square (local.get 0))
        (br_if $b (local.get 1))
        (i64.const 1) (i64.const 0) (i64.add128)))))");
  CHECK(result_of(e, in, "run", {number(0xFFFFFFFFFFFFFFFF), value::i32(1)}) == pair{1, 0xFFFFFFFFFFFFFFFE});
  CHECK(result_of(e, in, "run", {number(0xFFFFFFFFFFFFFFFF), value::i32(0)}) == pair{2, 0xFFFFFFFFFFFFFFFE});
}
