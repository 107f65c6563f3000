#include "tests/aot/compilers.hpp"
#include "tests/aot/tiers.hpp"
#include "wasm64/aot/runtime.hpp"

// Calls of functions as values: which code may be entered depends on the instance and the type of what is called.

using namespace wasm64;

namespace {

/// Takes a number of the instance, and offers functions of several types; some types are the same but in name.
constexpr std::string_view offering = R"((module
  (type $unary (func (param i64) (result i64)))
  (type $same (func (param i64) (result i64)))
  (type $open (sub (func (param i64) (result i64))))
  (type $below (sub $open (func (param i64) (result i64))))
  (type $double (func (param f64) (result f64)))
  (type $seventeen (func (param i64) (result i64 i64)))
  (table $t (import "env" "table") 3 funcref)
  (global $own (export "own") (mut i64) (i64.const 1))
  (func $mine (export "mine") (type $unary) (i64.add (global.get $own) (local.get 0)))
  (func $alike (export "alike") (type $same) (i64.mul (global.get $own) (local.get 0)))
  (func $opened (export "opened") (type $open) (i64.sub (global.get $own) (local.get 0)))
  (func $lower (export "lower") (type $below) (i64.xor (global.get $own) (local.get 0)))
  (func $real (export "real") (type $double) (f64.neg (local.get 0)))
  (func $two (export "two") (type $seventeen) (local.get 0) (global.get $own))
  (func $large (export "large") (type $unary)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (local.set 9 (local.get 0)) (local.get 9))
  (elem declare func $mine $alike $opened $lower $real $two $large)
  (func (export "call_unary") (param i32) (result i64) (call_indirect $t (type $unary) (i64.const 40) (local.get 0)))
  (func (export "call_same") (param i32) (result i64) (call_indirect $t (type $same) (i64.const 41) (local.get 0)))
  (func (export "call_open") (param i32) (result i64) (call_indirect $t (type $open) (i64.const 42) (local.get 0)))
  (func (export "call_below") (param i32) (result i64) (call_indirect $t (type $below) (i64.const 43) (local.get 0)))
  (func (export "ref_open") (param i32) (result i64)
    (call_ref $open (i64.const 44) (ref.cast (ref null $open) (table.get $t (local.get 0)))))
  (func (export "ref_unary") (param i32) (result i64)
    (call_ref $unary (i64.const 45) (ref.cast (ref null $unary) (table.get $t (local.get 0)))))
  (func (export "grow") (result i32) (table.grow $t (ref.func $alike) (i32.const 2)))
  (func (export "put") (param i32) (table.set $t (local.get 0) (table.get $t (i32.const 0))))))";

constexpr const char* callers[] = {"call_unary", "call_same", "call_open", "call_below", "ref_open", "ref_unary"};
constexpr const char* offered[] = {"mine", "alike", "opened", "lower", "real", "two", "large"};

constexpr table_type of_functions{types::funcref, {.min = 4}};

template <class Engine>
void define_table(Engine& e, table_instance& table) {
  definition d;
  d.table = &table;
  e.imports.define("env", "table", d);
}

/// What calls of every kind, of every function by instances of one module and of the host, end with.
template <class Engine>
std::string outcomes(Engine&& e) {
  const auto m = test::compile_wat(offering);
  table_instance& table = *e.st.make_table(of_functions).value();
  define_table(e, table);
  instance& first = e.add(m);
  instance& second = e.add(m);
  second.globals[0]->bits = 1000;
  std::string text;
  const auto call_all = [&](std::uint32_t count) {
    for (instance* const in : {&first, &second}) {
      for (const char* const name : callers) {
        for (std::uint32_t i = 0; i < count; ++i) {
          if (e.st.metered()) e.st.set_fuel(1000);
          const auto ended = e.st.template call<std::int64_t>(e.func(*in, name), static_cast<std::int32_t>(i));
          text += ended.has_value() ? std::to_string(ended.value()) : to_string(e.st.last_trap());
          if (e.st.metered()) text += " with " + std::to_string(e.st.fuel());
          text += '\n';
        }
      }
    }
  };
  call_all(6);
  for (instance* const owner : {&first, &second}) {
    for (const char* const name : offered) {
      table.elements[0] = reinterpret_cast<word>(&e.func(*owner, name));
      e.call(first, "put", 2);
      call_all(4);
    }
  }
  CHECK(e.template call<std::int32_t>(first, "grow") == 4);
  call_all(8);
  return text;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("functions of tables are called compiled as interpreted", "", test::compilers) {
  using compiled = test::compiled_engine<TestType>;
  using unmetered = test::compiled_unmetered_engine<TestType>;
  const std::string expected = outcomes(test::engine<>());
  CHECK(expected.find("1040") != expected.npos);
  CHECK(outcomes(unmetered()) == expected);
  CHECK(outcomes(compiled()) == outcomes(test::metered_engine()));
  test::compiled_unmetered_engine<TestType> e;
  define_table(e, *e.st.make_table(of_functions).value());
  CHECK(aot::compiled_functions(*e.add(offering).code) == 15);
}
