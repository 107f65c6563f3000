#include "tests/support/guests.hpp"
#include "tests/support/wat.hpp"

// Modules that are almost right: every truncation and every flipped bit of small ones is either refused or runs within
// its limits. What "runs" means is for the sanitizers to say.

using namespace wasm64;

namespace {

struct tally {
  std::size_t refused = 0, instantiated = 0, called = 0;
};

limits tight() {
  limits l;
  l.call_depth = 100;
  l.stack_values = 20'000;
  l.memory_bytes = 4 << 20;
  l.table_elements = 1000;
  l.heap_bytes = 1 << 16;
  return l;
}

vector<value> zeros(const func_type& type) {
  vector<value> arguments;
  for (const val_type t : type.params) arguments.push_back({t, 0, 0});
  return arguments;
}

void try_module(const byte_vector& bytes, tally& count) {
  const auto compiled = compile(view_of(bytes));
  if (!compiled.has_value()) {
    ++count.refused;
    return;
  }
  store<metered_engine_config> st(tight());
  linker imports;
  imports.otherwise([](const import_desc&, const func_type& type) {
    return untyped_host_func(
        type, [](caller&, std::span<const value>, std::span<value>) -> result<void> { return success(); });
  });
  st.set_fuel(10'000);
  const auto made = st.instantiate(compiled.value(), imports);
  st.abandon();
  if (!made.has_value()) return;
  ++count.instantiated;
  const instance& in = *made.value();
  for (const export_desc& e : in.source->exports) {
    if (e.kind != extern_kind::func) continue;
    const func_instance& f = *in.funcs[e.index];
    st.set_fuel(10'000);
    vector<value> results;
    const vector<value> arguments = zeros(*f.type);
    static_cast<void>(st.call(f, view_of(arguments), results));
    st.abandon();
    ++count.called;
  }
}

tally try_all_damage(const byte_vector& good) {
  tally count;
  for (std::size_t size = 0; size < good.size(); ++size) {
    byte_vector bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    try_module(bytes, count);
  }
  byte_vector bytes = good;
  for (std::uint8_t& byte : bytes) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
      try_module(bytes, count);
      byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
    }
  }
  return count;
}

byte_vector guest_file(const char* name) {
  const std::string bytes = test::guest_file(name);
  return {bytes.begin(), bytes.end()};
}

void check_damage(const byte_vector& good) {
  tally whole;
  try_module(good, whole);
  REQUIRE(whole.instantiated == 1);
  const tally count = try_all_damage(good);
  CHECK(count.refused > good.size());
  CHECK(count.called > 0);
}

}  // namespace

TEST_CASE("bad input: damaged guests with 64-bit memory") { check_damage(guest_file("counter.wasm64.wasm")); }
TEST_CASE("bad input: damaged guests with exceptions") { check_damage(guest_file("eh.wasm64.wasm")); }

TEST_CASE("bad input: a damaged module with every kind of section") {
  const auto binary = text::parse_module(R"((module $all
    (type $t (func (param i32 externref) (result i32)))
    (import "a" "f" (func $f (type $t)))
    (memory (export "m") 1 2) (memory $far i64 0 1) (table $t 3 5 funcref) (table $x 2 externref) (tag $e (param i64))
    (global $g (export "g") (mut i32) (i32.const 7)) (global $c i64 (i64.add (i64.const 2) (i64.const 3)))
    (func $start (global.set $g (i32.const 9))) (start $start)
    (func $run (export "run") (type $t) (local i64 f64)
      (block $h (result i64)
        (try_table (catch $e $h) (throw $e (i64.const 3)))
        (unreachable))
      (local.set 2)
      (loop $l
        (br_if $l (i64.ne (local.tee 2 (i64.sub (local.get 2) (i64.const 1))) (i64.const 0))))
      (memory.init $p (i32.const 4) (i32.const 0) (i32.const 2))
      (memory.fill $far (i64.const 0) (i32.const 1) (i64.const 0))
      (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))
      (drop (table.grow $x (local.get 1) (i32.const 1)))
      (block $b (block $a (br_table $a $b $a (local.get 0))) (nop))
      (local.set 3 (f64.sqrt (f64.load (i32.const 8))))
      (select (call $f (local.get 0) (local.get 1))
        (call_indirect $t (type $t) (i32.load offset=2 (i32.add (local.get 0) (i32.const 2))) (local.get 1) (i32.const 2))
        (ref.is_null (ref.func $run))))
    (elem (table $t) (i32.const 1) func $f $run) (elem declare func $run)
    (elem $passive externref (ref.null extern))
    (data (i32.const 0) "abc") (data $p "defg")
    (@custom "note" "some bytes")))");
  REQUIRE(binary.has_value());
  check_damage(binary.value());
}

TEST_CASE("bad input: a damaged module with atomics, memories of bytes and wide arithmetic") {
  const auto binary = text::parse_module(R"((module
    (memory $s (export "s") 1 2 shared) (memory $b i64 5 90 (pagesize 1)) (data (memory $b) (i64.const 1) "ab")
    (func (export "run") (param i32 i64) (result i64 i64)
      (drop (i32.atomic.rmw16.add_u offset=2 (local.get 0) (i32.const 3)))
      (i64.atomic.store $s (i32.const 8) (i64.atomic.rmw.cmpxchg (i32.const 16) (local.get 1) (i64.const 7)))
      (drop (memory.atomic.wait32 (i32.const 4) (i32.const 1) (i64.const 0)))
      (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
      (atomic.fence)
      (i32.store16 $b (i64.const 3) (i32.wrap_i64 (memory.grow $b (i64.const 1))))
      (i64.mul_wide_s (local.get 1) (i64.const -9))
      (i64.add128 (i64.load8_u $b offset=1 (i64.const 2)) (i64.const 1)))))");
  REQUIRE(binary.has_value());
  check_damage(binary.value());
}
