#include <vector>

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

limits with_step(std::uint64_t step, std::uint64_t heap = std::uint64_t{256} << 20) {
  limits l;
  l.heap_step_bytes = step;
  l.heap_bytes = heap;
  return l;
}

/// A list of i64, built in a loop and summed.
constexpr std::string_view lists = R"((module
  (type $node (struct (field $value i64) (field $next (mut (ref null $node)))))
  (func (export "sum") (param $n i64) (result i64) (local $list (ref null $node)) (local $sum i64)
    (loop $build
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (br_if $build (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (loop $walk
      (local.set $sum (i64.add (local.get $sum) (struct.get $node $value (local.get $list))))
      (br_if $walk (i32.eqz (ref.is_null (local.tee $list (struct.get $node $next (local.get $list)))))))
    (local.get $sum))
  (func (export "cycles") (param $n i64) (result i64) (local $a (ref null $node)) (local $sum i64)
    (loop $again
      (local.set $a (struct.new $node (local.get $n) (ref.null $node)))
      (struct.set $node $next (local.get $a) (struct.new $node (i64.const 7) (local.get $a)))
      (local.set $sum (i64.add (local.get $sum)
        (struct.get $node $value (struct.get $node $next (struct.get $node $next (local.get $a))))))
      (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $sum))))";

}  // namespace

TEST_CASE("heap: a list of a million nodes survives its collections") {
  test::engine<> e;
  instance& in = e.add(lists);
  CHECK(e.call<std::int64_t>(in, "sum", std::int64_t{1'000'000}) == 500'000'500'000);
  CHECK(e.st.vm().heap.collections() >= 3);
}

TEST_CASE("heap: cycles are freed") {
  test::engine<> e(with_step(1 << 16, 1 << 20));
  instance& in = e.add(lists);
  CHECK(e.call<std::int64_t>(in, "cycles", std::int64_t{100'000}) == 5'000'050'000);
}

TEST_CASE("heap: collections before every allocation change nothing") {
  test::engine<> e(with_step(0));
  instance& in = e.add(lists);
  CHECK(e.call<std::int64_t>(in, "sum", std::int64_t{500}) == 125'250);
  CHECK(e.call<std::int64_t>(in, "cycles", std::int64_t{500}) == 125'250);
  CHECK(e.st.vm().heap.collections() > 1000);
}

namespace {

/// Keeps an object in one kind of place while many others are made, and reads it afterwards.
constexpr std::string_view places = R"((module
  (type $box (struct (field i64)))
  (type $pair (struct (field (ref null $box)) (field (mut anyref))))
  (type $boxes (array (mut (ref null $box))))
  (type $taker (func (param (ref $box) i64) (result i64)))
  (tag $e (param (ref $box) i64 externref))
  (global $g (mut (ref null $box)) (ref.null $box))
  (global $fixed (ref $box) (struct.new $box (i64.const 42)))
  (global $nested (ref $pair) (struct.new $pair (struct.new $box (i64.const 40)) (ref.i31 (i32.const 2))))
  (table $t 3 anyref)
  (table $filled 2 (ref null $box) (struct.new $box (i64.const 42)))
  (elem $passive (ref null $box) (struct.new $box (i64.const 1)) (struct.new $box (i64.const 42)))
  (elem declare func $taken)
  (func $make (param i64) (result (ref $box)) (struct.new $box (local.get 0)))
  (func $open (param (ref null $box)) (result i64) (struct.get $box 0 (local.get 0)))
  (func $churn (local i32)
    (local.set 0 (i32.const 50))
    (loop $l
      (drop (array.new $boxes (struct.new $box (i64.const -1)) (i32.const 10)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "global") (result i64)
    (global.set $g (call $make (i64.const 42))) (call $churn) (call $open (global.get $g)))
  (func (export "initial global") (result i64) (call $churn) (call $open (global.get $fixed)))
  (func (export "nested global") (result i64)
    (call $churn)
    (i64.add (call $open (struct.get $pair 0 (global.get $nested)))
             (i64.extend_i32_u (i31.get_u (ref.cast (ref i31) (struct.get $pair 1 (global.get $nested)))))))
  (func (export "table") (result i64)
    (table.set $t (i32.const 2) (call $make (i64.const 42))) (call $churn)
    (call $open (ref.cast (ref $box) (table.get $t (i32.const 2)))))
  (func (export "initial table") (result i64) (call $churn) (call $open (table.get $filled (i32.const 1))))
  (func (export "segment") (result i64)
    (call $churn)
    (call $open (array.get $boxes (array.new_elem $boxes $passive (i32.const 0) (i32.const 2)) (i32.const 1))))
  (func (export "local") (result i64) (local $x (ref null $box))
    (local.set $x (call $make (i64.const 42))) (call $churn) (call $open (local.get $x)))
  (func $held (param $x (ref $box)) (result i64) (call $churn) (call $open (local.get $x)))
  (func (export "param") (result i64) (call $held (call $make (i64.const 42))))
  (func (export "operand") (result i64)
    (i64.const 0) (call $make (i64.const 40)) (i32.const 9) (call $make (i64.const 2))
    (call $churn) (call $open) (call $churn) (call $sum))
  (func $sum (param i64 (ref $box) i32 i64) (result i64) (i64.add (call $open (local.get 1)) (local.get 3)))
  (func (export "field") (result i64) (local $p (ref null $pair))
    (local.set $p (struct.new $pair (ref.null $box) (call $make (i64.const 42)))) (call $churn)
    (call $open (ref.cast (ref $box) (struct.get $pair 1 (local.get $p)))))
  (func (export "element") (result i64) (local $a (ref null $boxes))
    (local.set $a (array.new_default $boxes (i32.const 5)))
    (array.set $boxes (local.get $a) (i32.const 3) (call $make (i64.const 42))) (call $churn)
    (call $open (array.get $boxes (local.get $a) (i32.const 3))))
  (func (export "fixed array") (result i64) (local $a (ref null $boxes))
    (local.set $a
      (array.new_fixed $boxes 3 (call $make (i64.const 1)) (call $make (i64.const 2)) (call $make (i64.const 39))))
    (call $churn)
    (i64.add (call $open (array.get $boxes (local.get $a) (i32.const 0)))
      (i64.add (call $open (array.get $boxes (local.get $a) (i32.const 1)))
               (call $open (array.get $boxes (local.get $a) (i32.const 2))))))
  (func $throws (throw $e (call $make (i64.const 40)) (i64.const 2) (extern.convert_any (call $make (i64.const 1)))))
  (func (export "exception") (result i64) (local $x exnref)
    (block $h (result (ref $box) i64 externref exnref)
      (try_table (catch_ref $e $h) (call $throws))
      (unreachable))
    (local.set $x) (drop) (drop) (drop)
    (call $churn)
    (block $h (result (ref $box) i64 externref)
      (try_table (catch $e $h) (throw_ref (local.get $x)))
      (unreachable))
    (drop) (call $churn) (call $swap))
  (func $swap (param (ref $box) i64) (result i64) (call $churn) (i64.add (call $open (local.get 0)) (local.get 1)))
  (func (export "external") (result i64) (local $x externref)
    (local.set $x (extern.convert_any (call $make (i64.const 42)))) (call $churn)
    (call $open (ref.cast (ref $box) (any.convert_extern (local.get $x)))))
  (func $taken (type $taker) (call $churn) (i64.add (call $open (local.get 0)) (local.get 1)))
  (func (export "call_ref") (result i64)
    (call_ref $taker (call $make (i64.const 40)) (i64.const 2) (ref.func $taken)))
  (func (export "return_call_ref") (result i64)
    (return_call_ref $taker (call $make (i64.const 40)) (i64.const 2) (ref.func $taken)))
  (func $deep (param i64 (ref $box)) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (call $churn) (i64.const 0))
      (else (i64.add (call $deep (i64.sub (local.get 0) (i64.const 1)) (call $make (local.get 0)))
                     (i64.add (call $open (local.get 1)) (i64.const -1))))))
  (func (export "frames") (result i64) (call $deep (i64.const 7) (call $make (i64.const 22))))
))";

}  // namespace

TEST_CASE("heap: what a reference reaches survives, wherever it is") {
  for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1000}, std::uint64_t{1} << 20}) {
    test::engine<> e(with_step(step));
    instance& in = e.add(places);
    for (const char* place :
         {"global", "initial global", "nested global", "table", "initial table", "segment", "local", "param", "operand",
          "field", "element", "fixed array", "exception", "external", "call_ref", "return_call_ref", "frames"}) {
      INFO(place << ", step " << step);
      CHECK(e.call<std::int64_t>(in, place) == 42);
      CHECK(e.call<std::int64_t>(in, place) == 42);
    }
  }
}

TEST_CASE("heap: a graph that changes at random stays as its mirror") {
  constexpr int size = 40;
  for (const std::uint64_t step : {0u, 500u, 100'000u}) {
    test::engine<> e(with_step(step));
    instance& in = e.add(R"((module
      (type $node (struct (field $value (mut i32)) (field $left (mut (ref null $node))) (field $pad i8)
                          (field $right (mut (ref null $node)))))
      (table $t 40 (ref null $node))
      (func (export "make") (param $at i32) (param $value i32)
        (table.set $t (local.get $at) (struct.new $node (local.get $value) (ref.null $node) (i32.const 5) (ref.null $node))))
      (func (export "link") (param $from i32) (param $left i32) (param $to i32)
        (if (ref.is_null (table.get $t (local.get $from))) (then (return)))
        (if (local.get $left)
          (then (struct.set $node $left (table.get $t (local.get $from)) (table.get $t (local.get $to))))
          (else (struct.set $node $right (table.get $t (local.get $from)) (table.get $t (local.get $to))))))
      (func (export "clear") (param $at i32) (table.set $t (local.get $at) (ref.null $node)))
      (func (export "walk") (param $at i32) (param $path i32) (result i32) (local $n (ref null $node)) (local $h i32)
        (local.set $n (table.get $t (local.get $at)))
        (loop $next
          (if (ref.is_null (local.get $n)) (then (return (local.get $h))))
          (local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (struct.get $node $value (local.get $n))))
          (if (i32.and (local.get $path) (i32.const 1))
            (then (local.set $n (struct.get $node $left (local.get $n))))
            (else (local.set $n (struct.get $node $right (local.get $n)))))
          (local.set $path (i32.shr_u (local.get $path) (i32.const 1)))
          (br_if $next (local.get $path)))
        (local.get $h))))");
    struct node {
      std::int32_t value;
      node *left, *right;
    };
    std::vector<std::unique_ptr<node>> all;
    node* table[size] = {};
    std::uint32_t state = 12345;
    const auto random = [&state](int below) {
      state = state * 1664525 + 1013904223;
      return static_cast<std::int32_t>((state >> 8) % static_cast<std::uint32_t>(below));
    };
    for (int i = 0; i < 4000; ++i) {
      const std::int32_t at = random(size), other = random(size);
      switch (random(4)) {
        case 0:
          all.push_back(std::make_unique<node>(node{i, nullptr, nullptr}));
          table[at] = all.back().get();
          e.call(in, "make", at, i);
          break;
        case 1:
          if (table[at] != nullptr) table[at]->left = table[other];
          e.call(in, "link", at, 1, other);
          break;
        case 2:
          if (table[at] != nullptr) table[at]->right = table[other];
          e.call(in, "link", at, 0, other);
          break;
        default:
          if (random(4) != 0) break;
          table[at] = nullptr;
          e.call(in, "clear", at);
      }
      const std::int32_t path = random(1 << 20);
      std::uint32_t expected = 0;
      auto left = static_cast<std::uint32_t>(path);
      const node* n = table[other];
      do {
        if (n == nullptr) break;
        expected = expected * 31 + static_cast<std::uint32_t>(n->value);
        n = (left & 1) != 0 ? n->left : n->right;
        left >>= 1;
      } while (left != 0);
      REQUIRE(e.call<std::int32_t>(in, "walk", other, path) == static_cast<std::int32_t>(expected));
    }
  }
}

namespace {

/// Grows a list of `live` objects for ever, with a number of others that die at once between them.
constexpr std::string_view hoarder = R"((module
  (type $node (struct (field (ref null $node)) (field i64)))
  (type $bytes (array i8))
  (global $list (mut (ref null $node)) (ref.null $node))
  (global $count (export "count") (mut i64) (i64.const 0))
  (func (export "grow") (param $n i64) (param $garbage i32) (local $i i32)
    (loop $l
      (global.set $list (struct.new $node (global.get $list) (global.get $count)))
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (local.set $i (local.get $garbage))
      (if (local.get $i) (then
        (loop $waste
          (drop (array.new_default $bytes (i32.const 100)))
          (br_if $waste (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
      (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0)))))
  (func (export "forget") (global.set $list (ref.null $node)))
  (func (export "array") (param i32) (drop (array.new_default $bytes (local.get 0))))))";

}  // namespace

TEST_CASE("heap: the limit traps at the same allocation whenever collections happen") {
  for (const std::int32_t garbage : {0, 1, 7}) {
    std::int64_t first = 0;
    for (const std::uint64_t step :
         {std::uint64_t{100}, std::uint64_t{4096}, std::uint64_t{1} << 20, ~std::uint64_t{0}}) {
      test::engine<> e(with_step(step, 200'000));
      instance& in = e.add(hoarder);
      CHECK(e.failure(in, "grow", std::int64_t{1'000'000}, garbage) == errc::trap_heap_exhausted);
      const auto count = static_cast<std::int64_t>(in.exported_global("count")->bits);
      if (first == 0) first = count;
      INFO("garbage " << garbage << ", step " << step);
      CHECK(count == first);
      // 24 bytes each, 112 for what dies: all that fits the limit is there, and not more than an eighth beyond.
      CHECK(count * 24 >= 200'000 - 136);
      CHECK(count * 24 <= 225'000);
      e.call(in, "forget");
      e.call(in, "grow", std::int64_t{8000}, garbage);
    }
  }
}

TEST_CASE("heap: garbage alone never reaches the limit") {
  test::engine<> e(with_step(1 << 20, 100'000));
  instance& in = e.add(hoarder);
  e.call(in, "grow", std::int64_t{4000}, 500);
  CHECK(e.failure(in, "array", 100'000) == errc::trap_heap_exhausted);
  CHECK(e.failure(in, "array", -1) == errc::trap_heap_exhausted);
  e.call(in, "forget");
  e.call(in, "array", 99'000);
  CHECK(e.failure(in, "array", 100'000) == errc::trap_heap_exhausted);
}

TEST_CASE("heap: close to the limit a collection still frees an eighth of it") {
  test::engine<> e(with_step(1 << 20, 1'000'000));
  instance& in = e.add(hoarder);
  e.call(in, "grow", std::int64_t{41'000}, 0);  // 984'000 bytes
  const std::uint64_t before = e.st.vm().heap.collections();
  e.call(in, "grow", std::int64_t{1}, 100'000);  // 11 MB
  CHECK(e.st.vm().heap.collections() - before < 100);
}

TEST_CASE("heap: host functions that come back leave the frames below them alone") {
  test::engine<> e(with_step(0));
  instance* self = nullptr;
  e.imports.func("h", "again", [&](std::int64_t n) { return e.st.call<std::int64_t>(*self->exported_func("run"), n); });
  instance& in = e.add(R"((module
    (import "h" "again" (func $again (param i64) (result i64)))
    (type $box (struct (field i64)))
    (func (export "run") (param $n i64) (result i64) (local $x (ref null $box))
      (local.set $x (struct.new $box (local.get $n)))
      (if (i64.eqz (local.get $n)) (then (return (i64.const 0))))
      (struct.new $box (local.get $n))
      (i64.mul (call $again (i64.sub (local.get $n) (i64.const 1))) (i64.const 2))
      (call $sum (local.get $x)))
    (func $sum (param (ref $box) i64 (ref null $box)) (result i64)
      (i64.add (i64.add (struct.get $box 0 (local.get 0)) (struct.get $box 0 (local.get 2))) (local.get 1)))))");
  self = &in;
  // f(n) = 2n + 2 f(n − 1)
  std::int64_t expected = 0;
  for (std::int64_t n = 1; n <= 20; ++n) expected = 2 * n + 2 * expected;
  CHECK(e.call<std::int64_t>(in, "run", std::int64_t{20}) == expected);
}

TEST_CASE("heap: a call that waits for fuel goes on with its objects") {
  test::engine<metered_engine_config> e(with_step(0));
  instance& in = e.add(lists);
  e.st.set_fuel(50);
  const value n = value::i64(200);
  vector<value> results;
  auto done = e.st.call(e.func(in, "sum"), std::span<const value>(&n, 1), results);
  int waits = 0;
  for (; !done.has_value() && e.st.suspended(); ++waits) {
    e.st.add_fuel(50);
    done = e.st.resume(results);
  }
  REQUIRE(done.has_value());
  CHECK(results[0].as_i64() == 20'100);
  CHECK(waits > 10);
}

TEST_CASE("heap: large objects pay fuel for their size") {
  test::engine<metered_engine_config> e;
  instance& in = e.add(hoarder);
  e.st.set_fuel(1000);
  e.call(in, "array", 6400);
  CHECK(e.st.fuel() < 900);
  CHECK(e.st.fuel() > 880);
}

TEST_CASE("heap: an object larger than the limit is refused, whatever was allocated before") {
  for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1} << 20}) {
    test::engine<> e(with_step(step, 65'536));
    instance& in = e.add(R"((module (type $a (array i8)) (type $s (struct))
      (func (export "large") (drop (struct.new $s)) (drop (array.new_default $a (i32.const 66000))))))");
    CHECK(e.failure(in, "large") == errc::trap_heap_exhausted);
  }
}

TEST_CASE("heap: arrays in constant expressions are paid for") {
  const auto binary = text::parse_module(
      R"((module (type $a (array i8)) (table 0 anyref (array.new_default $a (i32.const 1000000)))))");
  const auto m = compile(view_of(binary.value()));
  store<metered_engine_config> st;
  st.set_fuel(15'000);
  CHECK(st.instantiate(m.value()).error().code == errc::trap_out_of_fuel);
  st.set_fuel(16'000);
  CHECK(st.instantiate(m.value()).has_value());
  CHECK(st.fuel() == 16'000 - 1'000'000 / 64);
}
