#include "wasm64/aot/loop_scan.hpp"

#include "tests/aot/random_loops.hpp"
#include "tests/support/wat.hpp"
#include "wasm64/valid/function.hpp"

// Which loops compiled code asks once about, and which accesses they cover.

using namespace wasm64;

namespace {

struct scanned {
  std::size_t loops = 0, split = 0, covered = 0;
  friend bool operator==(const scanned&, const scanned&) = default;
};

scanned scan(const std::string& text) {
  const auto m = test::compile_wat(text);
  aot::loop_scan sink;
  REQUIRE(validate_function(*m, 0, sink).has_value());
  scanned out{sink.loops.size(), 0, sink.covered.size()};
  for (const aot::loop_plan& loop : sink.loops) out.split += loop.is_split;
  return out;
}

/// A loop over i64 locals 0 and 1 and i32 locals 2 and 3, of which 1 and 3 are left alone.
scanned scan_loop(const std::string& body) {
  return scan("(module (memory i64 1) (func (param i64 i64 i32 i32) (block (loop " + body + "))))");
}

const std::string next = "(local.set 0 (i64.add (local.get 0) (i64.const 8)))";
const std::string next_32 = "(local.set 2 (i32.sub (local.get 2) (i32.const 1)))";
const std::string stores = "(i64.store (local.get 0) (i64.const 1))";
const std::string again = "(br_if 0 (i64.ne (local.get 0) (local.get 1)))";
const std::string again_32 = "(br_if 0 (local.get 2))";

}  // namespace

TEST_CASE("loops that can be asked about in advance", "[aot]") {
  const scanned one{1, 1, 1};
  CHECK(scan_loop(stores + next + again) == one);
  CHECK(scan_loop(next + stores + again) == one);
  CHECK(scan_loop(stores + next + next_32 + again_32) == one);
  CHECK(scan_loop(stores +
                  "(br_if 0 (i64.lt_u (local.tee 0 (i64.add (local.get 0) (i64.const 8))) (i64.const 800)))") == one);
  CHECK(scan_loop("(br_if 1 (i64.ge_s (local.get 0) (local.get 1)))" + stores + next + "(br 0)") == one);
  CHECK(scan_loop("(i32.store8 (i64.add (local.get 1) (i64.extend_i32_u (local.get 2))) (i32.const 1))" + next_32 +
                  again_32) == one);
  CHECK(scan_loop("(i32.store8 (i64.add (local.get 1) (i64.shl (local.get 0) (i64.const 3))) (i32.const 1))" + next +
                  again) == one);
  CHECK(scan_loop("(if (local.get 3) (then " + stores + "))" + next + again) == one);
  CHECK(scan_loop("(local.set 0 (i64.add (local.get 0) (local.get 1)))" + stores +
                  "(br_if 0 (i64.lt_u (local.get 0) (i64.const 65536)))") == one);
  CHECK(scan_loop("(loop " + stores + next + again + ")" + next_32 + again_32) == scanned{2, 1, 1});
}

TEST_CASE("loops of which nothing is known in advance", "[aot]") {
  const scanned none{1, 0, 0};
  INFO("no way to tell how often");
  CHECK(scan_loop(stores + next + "(br 0)") == none);
  CHECK(scan_loop(stores + next + "(br_if 0 (i64.eq (local.get 0) (local.get 1)))") == none);
  CHECK(scan_loop(stores + next + "(br_if 0 (i64.gt_u (local.get 0) (local.get 1)))") == none);
  CHECK(scan_loop(stores + "(local.set 0 (i64.mul (local.get 0) (i64.const 3)))" + again) == none);
  INFO("the bound changes");
  CHECK(scan_loop(stores + next + "(local.set 1 (i64.load (local.get 1)))" + again) == none);
  INFO("a step that may be left out");
  CHECK(scan_loop(stores + "(if (local.get 3) (then " + next + "))" + again) == none);
  CHECK(scan_loop(stores + "(block (br_if 0 (local.get 3)) " + next + ")" + again) == none);
  INFO("two ways round");
  CHECK(scan_loop("(br_if 0 (local.get 3))" + stores + next + again) == none);
  CHECK(scan_loop("(if (local.get 3) (then (br 1)))" + stores + next + again) == none);
  INFO("the address is another one each time");
  CHECK(scan_loop("(i64.store (i64.load (local.get 1)) (i64.const 1))" + next + again).covered == 1);
  INFO("memory may grow");
  CHECK(scan_loop(stores + "(drop (memory.grow (i64.const 1)))" + next + again) == none);
}

TEST_CASE("what is asked about a loop is all that it accesses", "[aot]") {
  const auto m = test::compile_wat(
      "(module (memory i64 1) (func (param i64 i64 i32) (loop "
      "(drop (i64.load offset=8 (local.get 0)))"
      "(drop (i32.load8_u (i64.sub (local.get 0) (i64.const 16))))"
      "(drop (v128.load offset=3 (i64.add (local.get 0) (i64.const 100))))"
      "(drop (i64.load8_u (i64.extend_i32_s (i32.add (local.get 2) (i32.const -2)))))"
      "(local.set 2 (i32.sub (local.get 2) (i32.const 7)))" +
      next + again + ")))");
  aot::loop_scan sink;
  REQUIRE(validate_function(*m, 0, sink).has_value());
  REQUIRE(sink.loops.size() == 1);
  const aot::loop_plan& loop = sink.loops[0];
  REQUIRE(loop.ranges.size() == 2);
  CHECK(loop.ranges[0].address.constant == std::uint64_t{0} - 16);
  CHECK(loop.ranges[0].spread == 116);
  CHECK(loop.ranges[0].reach == 3 + 16);
  CHECK(loop.ranges[0].steps[0].constant == 8);
  CHECK(loop.ranges[1].address.terms[0].how == aot::linear_term::extension::sign);
  CHECK(loop.ranges[1].address.terms[0].offset == 0xfffffffe);
  CHECK(loop.ranges[1].spread == 0);
  CHECK(loop.ranges[1].reach == 1);
  CHECK(loop.ranges[1].steps[0].constant == -7);
  CHECK(sink.covered.size() == 4);
}

TEST_CASE("random loops have some that can be asked about", "[aot]") {
  scanned all;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const scanned one = scan(test::loop_generator(seed).module(true));
    all.split += one.split;
    all.covered += one.covered;
  }
  CHECK(all.split > 100);
  CHECK(all.covered > 200);
}
