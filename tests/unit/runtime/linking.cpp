#include "wasm64/runtime/linker.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

errc refused(test::engine<>& e, std::string_view text) {
  const auto made = e.st.instantiate(test::compile_wat(text), e.imports);
  return made.has_value() ? errc{} : made.error().code;
}

}  // namespace

TEST_CASE("linking: memories, tables, globals and tags are shared with the instance that exports them") {
  test::engine<> e;
  instance& a = e.add_as("a", R"((module
    (memory (export "m") 1 4) (table (export "t") 3 funcref) (global (export "g") (mut i32) (i32.const 5))
    (tag (export "e") (param i32))
    (func (export "raise") (param i32) (throw 0 (local.get 0)))
    (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "size") (result i32) (memory.size))))");
  instance& b = e.add(R"((module
    (import "a" "m" (memory 1)) (import "a" "t" (table 2 funcref)) (import "a" "g" (global $g (mut i32)))
    (import "a" "e" (tag $e (param i32))) (import "a" "raise" (func $raise (param i32)))
    (elem (i32.const 1) $seven) (data (i32.const 8) "\2a")
    (func $seven (result i32) (i32.const 7))
    (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)) (global.set $g (local.get 1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 2)))
    (func (export "caught") (param i32) (result i32)
      (block $h (result i32)
        (try_table (catch $e $h) (call $raise (local.get 0)))
        (i32.const -1)))))");
  CHECK(e.call<std::int32_t>(a, "peek", 8) == 42);
  e.call(b, "poke", 16, 99);
  CHECK(e.call<std::int32_t>(a, "peek", 16) == 99);
  CHECK(a.exported_global("g")->bits == 99);
  CHECK(e.call<std::int32_t>(b, "grow") == 1);
  CHECK(e.call<std::int32_t>(a, "size") == 3);
  CHECK(e.call<std::int32_t>(a, "peek", 3 * 65536 - 4) == 0);
  CHECK(a.exported_table("t")->elements[1] != 0);
  CHECK(e.call<std::int32_t>(b, "caught", 1234) == 1234);
}

TEST_CASE("linking: what is missing or of another type is refused") {
  test::engine<> e;
  e.add_as("a", R"((module (memory (export "m") 1 4) (memory (export "m64") i64 1) (table (export "t") 3 5 funcref)
    (global (export "g") (mut i32) (i32.const 5)) (global (export "c") i64 (i64.const 5))
    (tag (export "e") (param i32)) (func (export "f") (param i32) (result i32) (local.get 0))))");
  e.imports.func("host", "h", [](std::int32_t v) { return v; });
  CHECK(refused(e, R"((module (import "a" "nothing" (func))))") == errc::unknown_import);
  CHECK(refused(e, R"((module (import "nobody" "f" (func))))") == errc::unknown_import);
  CHECK(refused(e, R"((module (import "a" "nothing" (memory 1))))") == errc::unknown_import);
  const std::string_view incompatible[] = {
      R"((module (import "a" "f" (func))))",
      R"((module (import "a" "f" (func (param i64) (result i32)))))",
      R"((module (import "host" "h" (func (param i32)))))",
      R"((module (import "a" "m" (func))))",
      R"((module (import "a" "f" (memory 1))))",
      R"((module (import "a" "m" (memory 2))))",
      R"((module (import "a" "m" (memory 1 3))))",
      R"((module (import "a" "m" (memory i64 1))))",
      R"((module (import "a" "m64" (memory 1))))",
      R"((module (import "a" "m64" (memory i64 1 2))))",
      R"((module (import "a" "t" (table 4 funcref))))",
      R"((module (import "a" "t" (table 1 4 funcref))))",
      R"((module (import "a" "t" (table 1 externref))))",
      R"((module (import "a" "g" (global i32))))",
      R"((module (import "a" "g" (global (mut i64)))))",
      R"((module (import "a" "c" (global (mut i64)))))",
      R"((module (import "a" "e" (tag (param i64)))))",
      R"((module (import "a" "f" (tag (param i32)))))",
  };
  for (const std::string_view text : incompatible) {
    INFO(text);
    CHECK(refused(e, text) == errc::incompatible_import);
  }
  const auto made = e.st.instantiate(test::compile_wat(R"((module (import "a" "x" (func))))"), e.imports);
  CHECK(made.error().detail == "a.x");
}

TEST_CASE("linking: a resolver answers for functions nobody defined") {
  test::engine<> e;
  std::string asked;
  e.imports.otherwise([&](const import_desc& i, const func_type& type) {
    asked += i.module + "." + i.name + " ";
    if (i.name == "unknown") return host_function();
    return untyped_host_func(type, [](caller&, std::span<const value> arguments, std::span<value> results) {
      for (std::size_t r = 0; r < results.size(); ++r) results[r].bits = arguments[r].bits * 2;
      return result<void>(success());
    });
  });
  instance& in = e.add(R"((module (import "env" "twice" (func $f (param i32 i64) (result i32 i64)))
    (func (export "run") (result i32 i64) (call $f (i32.const 4) (i64.const 5)))))");
  CHECK(asked == "env.twice ");
  const vector<value> results = e.call_with(in, "run", {});
  CHECK(results[0] == value::i32(8));
  CHECK(results[1] == value::i64(10));
  CHECK(refused(e, R"((module (import "env" "unknown" (func))))") == errc::unknown_import);

  linker wrong;
  wrong.otherwise([](const import_desc&, const func_type&) { return host_func([](std::int64_t v) { return v; }); });
  const auto made = e.st.instantiate(test::compile_wat(R"((module (import "env" "f" (func (param f32)))))"), wrong);
  CHECK(made.error().code == errc::incompatible_import);
}

TEST_CASE("linking: segments that do not fit trap, and what was written before stays") {
  test::engine<> e;
  instance& a = e.add_as("a", R"((module (memory (export "m") 1) (table (export "t") 4 funcref)
    (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "run") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))");
  CHECK(refused(e, R"((module (import "a" "m" (memory 1)) (data (i32.const 0) "x") (data (i32.const 65536) "y")))") ==
        errc::trap_memory_out_of_bounds);
  CHECK(e.call<std::int32_t>(a, "peek", 0) == 'x');
  CHECK(refused(e, R"((module (import "a" "t" (table 1 funcref)) (func $f (result i32) (i32.const 3))
    (elem (i32.const 1) $f) (elem (i32.const 4) $f)))") == errc::trap_table_out_of_bounds);
  CHECK(e.call<std::int32_t>(a, "run", 1) == 3);
}

TEST_CASE("linking: calls and indirect calls go to the instance that owns the function") {
  test::engine<> e;
  e.add_as("a", R"((module (memory 1) (data (i32.const 0) "\01") (global $g (mut i32) (i32.const 10))
    (table (export "t") 4 funcref) (elem (i32.const 0) $bump)
    (func $bump (export "bump") (result i32)
      (global.set $g (i32.add (global.get $g) (i32.load8_u (i32.const 0)))) (global.get $g))))");
  instance& b = e.add(R"((module (import "a" "bump" (func $bump (result i32))) (import "a" "t" (table 4 funcref))
    (memory 1) (data (i32.const 0) "\64") (global $g (mut i32) (i32.const 20000))
    (elem (i32.const 1) $own)
    (func $own (result i32) (global.get $g))
    (func (export "run") (result i32)
      (i32.add (i32.add (call $bump) (call_indirect (result i32) (i32.const 0)))
               (i32.add (call_indirect (result i32) (i32.const 1)) (i32.load8_u (i32.const 0)))))))");
  CHECK(e.call<std::int32_t>(b, "run") == 11 + 12 + 20000 + 100);
}

TEST_CASE("linking: tail calls between instances take constant space") {
  limits small;
  small.call_depth = 10;
  test::engine<> e(small);
  instance& a = e.add_as("a", R"((module (type $t (func (param i32 i64) (result i64)))
    (table (export "t") 2 funcref) (elem (i32.const 0) $ping) (global $k i64 (i64.const 3))
    (func $ping (export "ping") (type $t)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1))
        (i64.add (local.get 1) (global.get $k)) (i32.const 1)))
    (func (export "run") (param i32) (result i64) (i64.add (i64.const 1) (call $ping (local.get 0) (i64.const 0))))))");
  instance& b =
      e.add(R"((module (type $t (func (param i32 i64) (result i64))) (import "a" "ping" (func $ping (type $t)))
    (import "a" "t" (table 2 funcref)) (elem (i32.const 1) $pong) (global $k i64 (i64.const 4))
    (func $pong (export "pong") (type $t)
      (return_call $ping (local.get 0) (i64.add (local.get 1) (global.get $k))))
    (func (export "run") (param i32) (result i64) (i64.add (i64.const 1) (call $pong (local.get 0) (i64.const 0))))))");
  CHECK(e.call<std::int64_t>(a, "run", 1'000'000) == 7'000'001);
  CHECK(e.call<std::int64_t>(b, "run", 1'000'000) == 7'000'005);
  CHECK(e.call<std::int64_t>(a, "ping", 1'000'000, std::int64_t{0}) == 7'000'000);
  CHECK(e.call<std::int64_t>(b, "pong", 1'000'000, std::int64_t{0}) == 7'000'004);
}

TEST_CASE("linking: a trap behind a tail call into another instance has its trace") {
  test::engine<> e;
  e.add_as("a",
           R"((module (tag (export "e")) (func $bad (export "bad") unreachable) (func (export "raise") (throw 0))))");
  instance& b = e.add(R"((module (import "a" "bad" (func $bad)) (import "a" "raise" (func $raise))
    (func (export "direct") (return_call $bad))
    (func $outer (export "below") (call $tail))
    (func $tail (return_call $bad))
    (func (export "raised") (return_call $raise))))");
  CHECK(e.failure(b, "direct") == errc::trap_unreachable);
  REQUIRE(e.st.last_trap().frames.size() == 1);
  CHECK(e.st.last_trap().frames[0].name == "bad");
  CHECK(e.failure(b, "below") == errc::trap_unreachable);
  REQUIRE(e.st.last_trap().frames.size() == 2);
  CHECK(e.st.last_trap().frames[1].name == "outer");
  CHECK(e.failure(b, "raised") == errc::trap_uncaught_exception);
}

TEST_CASE("linking: types of different modules are equal when their recursive groups are") {
  test::engine<> e;
  e.add_as("a", R"((module
    (rec (type $n (struct (field (ref null $m)))) (type $m (struct (field (ref null $n)))))
    (type $open (sub (func))) (type $sub (sub $open (func))) (type $takes (func (param (ref null $n))))
    (func (export "open") (type $open)) (func (export "sub") (type $sub)) (func (export "takes") (type $takes))
    (tag (export "tag") (type $takes))
    (global (export "g") (ref null $n) (ref.null none)) (global (export "mut") (mut (ref null $n)) (ref.null none))
    (table (export "t") 1 (ref null $n))))");
  const std::string types = R"((type (func)) (type (array i8))
    (rec (type $n (struct (field (ref null $m)))) (type $m (struct (field (ref null $n)))))
    (rec (type $other (struct (field (ref null $other)))))
    (type $open (sub (func))) (type $sub (sub $open (func))) (type $takes (func (param (ref null $n)))))";
  for (const char* matching :
       {R"((import "a" "open" (func (type $open))))", R"((import "a" "sub" (func (type $sub))))",
        R"((import "a" "sub" (func (type $open))))", R"((import "a" "takes" (func (type $takes))))",
        R"((import "a" "tag" (tag (type $takes))))", R"((import "a" "g" (global (ref null $n))))",
        R"((import "a" "g" (global structref)))", R"((import "a" "mut" (global (mut (ref null $n)))))",
        R"((import "a" "t" (table 1 (ref null $n))))"}) {
    INFO(matching);
    CHECK(refused(e, "(module " + types + matching + ")") == errc{});
  }
  for (const char* mismatched :
       {R"((import "a" "open" (func (type $sub))))", R"((import "a" "open" (func)))",
        R"((import "a" "takes" (func (param (ref null $m)))))",
        R"((import "a" "takes" (func (param (ref null $other)))))", R"((import "a" "tag" (tag (param (ref null $m)))))",
        R"((import "a" "g" (global (ref null $m))))", R"((import "a" "g" (global (ref $n))))",
        R"((import "a" "mut" (global (mut structref))))", R"((import "a" "t" (table 1 structref)))",
        R"((import "a" "t" (table 1 (ref null $m))))"}) {
    INFO(mismatched);
    CHECK(refused(e, "(module " + types + mismatched + ")") == errc::incompatible_import);
  }
}
