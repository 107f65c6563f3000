#include "wasm64/lower/liveness.hpp"

#include "tests/support/wat.hpp"
#include "wasm64/lower/lower.hpp"

using namespace wasm64;

namespace {

/// For every point of the first function, in order: which locals a frame needs there, as digits.
std::vector<std::string> needed(std::string_view body) {
  const auto m = test::compile_wat("(module (tag $e) (func " + std::string(body) + ") (func $f))");
  module_code code;
  code.source = m;
  code.metered = true;
  code.type_ids = m->type_ids;
  const vector<word> handlers(handler_count * handler_entries);
  prepare(code, handlers.data());
  code_map map;
  REQUIRE(lower_function(handlers.data(), code, code.funcs[0], &map).has_value());
  const local_liveness live(*m, 0);
  std::vector<std::string> found;
  for (const map_point& p : map.points) {
    std::string& here = found.emplace_back();
    for (const std::uint8_t is_needed : live.needed(p, map.local_types.size())) here += is_needed != 0 ? '1' : '0';
  }
  return found;
}

using points = std::vector<std::string>;

}  // namespace

TEST_CASE("liveness: a local is needed until it is read for the last time") {
  CHECK(needed("(local i32 i32) (call $f) (drop (local.get 0)) (call $f) (local.set 1 (i32.const 1)) (call $f)"
               "(drop (local.get 1))") == points{"10", "10", "00", "01"});
}

TEST_CASE("liveness: an operand that is a local needs it") {
  CHECK(needed("(local i32) (local.get 0) (call $f) drop") == points{"1", "1"});
}

TEST_CASE("liveness: what a loop reads is needed all around it") {
  CHECK(needed("(local i32 i32) (loop (call $f) (local.set 1 (i32.const 1)) (br_if 0 (local.get 0))"
               "(br_if 0 (local.get 1)))") == points{"10", "10", "10", "11", "00"});
}

TEST_CASE("liveness: either arm may read, and a catch clause") {
  CHECK(needed("(param i32) (local i32 i32) (if (local.get 0) (then (call $f) (drop (local.get 1)))"
               "(else (call $f) (drop (local.get 2))))") == points{"111", "010", "010", "001", "001", "000"});
  CHECK(needed("(local i32 i32) (block (try_table (catch $e 0) (call $f) (drop (local.get 0)) return))"
               "(drop (local.get 1))") == points{"11", "11", "01"});
}

TEST_CASE("liveness: references are needed everywhere, and all locals with exceptions of the first proposal") {
  CHECK(needed("(local i32 externref) (call $f)") == points{"01", "01"});
  CHECK(needed("(local i32) (try (do (call $f)) (catch_all))").front() == "1");
}
