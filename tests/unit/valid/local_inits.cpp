#include "wasm64/valid/local_inits.hpp"

#include "tests/unit/valid/wat_outcome.hpp"

using namespace wasm64;
using test::outcome_of_body;

namespace {

const std::string some_func = "(ref.func $declared)";

errc outcome_with_local(const std::string& code) {
  return outcome_of_body("(func (param i32) (param $p (ref func)) (local $l (ref func)) (local $n funcref) " + code +
                         ")")
      .code;
}

}  // namespace

TEST_CASE("locals: those without a default value are set before they are read", "[valid][locals]") {
  CHECK(outcome_with_local("(drop (local.get $l))") == errc::uninitialized_local);
  CHECK(outcome_with_local("(local.set $l " + some_func + ") (drop (local.get $l))") == errc{});
  CHECK(outcome_with_local("(drop (local.tee $l " + some_func + ")) (drop (local.get $l))") == errc{});
  CHECK(outcome_with_local("(drop (local.get $p)) (drop (local.get $n))") == errc{});
  CHECK(outcome_with_local("(unreachable) (drop (local.get $l))") == errc::uninitialized_local);
}

TEST_CASE("locals: what a block sets is unset behind it", "[valid][locals]") {
  CHECK(outcome_with_local("(block (local.set $l " + some_func + ") (drop (local.get $l)))") == errc{});
  CHECK(outcome_with_local("(block (local.set $l " + some_func + ")) (drop (local.get $l))") ==
        errc::uninitialized_local);
  CHECK(outcome_with_local("(loop (local.set $l " + some_func + ")) (drop (local.get $l))") ==
        errc::uninitialized_local);
  CHECK(outcome_with_local("(local.set $l " + some_func + ") (block (local.set $l " + some_func +
                           ")) (drop (local.get $l))") == errc{});
  CHECK(outcome_with_local("(block (block (local.set $l " + some_func + ")) (drop (local.get $l)))") ==
        errc::uninitialized_local);
  CHECK(outcome_with_local("(try_table (local.set $l " + some_func + ")) (drop (local.get $l))") ==
        errc::uninitialized_local);
}

TEST_CASE("locals: the bodies of a block start alike", "[valid][locals]") {
  const std::string set = "(local.set $l " + some_func + ")";
  CHECK(outcome_with_local("(if (local.get 0) (then " + set + ") (else (drop (local.get $l))))") ==
        errc::uninitialized_local);
  CHECK(outcome_with_local("(if (local.get 0) (then " + set + ") (else " + set + ")) (drop (local.get $l))") ==
        errc::uninitialized_local);
  CHECK(outcome_with_local(set + "(if (local.get 0) (then (drop (local.get $l))) (else (drop (local.get $l))))") ==
        errc{});
  CHECK(outcome_with_local("try " + set + " catch_all local.get $l drop end") == errc::uninitialized_local);
}

TEST_CASE("locals: only those declared without a default value are tracked", "[valid][locals]") {
  local_inits inits;
  CHECK(inits.is_set(7));
  inits.declare(3, 2);
  CHECK(inits.is_set(2));
  CHECK_FALSE(inits.is_set(3));
  CHECK(inits.is_set(5));
  inits.set(3);
  const std::uint32_t height = inits.height();
  inits.set(4);
  inits.set(4);
  inits.set(0);
  CHECK(inits.is_set(4));
  inits.restore(height);
  CHECK(inits.is_set(3));
  CHECK_FALSE(inits.is_set(4));
  inits.reset();
  CHECK(inits.is_set(4));
}
