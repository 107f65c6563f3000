#include "tests/support/wat.hpp"
#include "tests/unit/snapshot/support.hpp"

using namespace wasm64;

namespace {

/// A module whose memories have pages of one byte, with addresses of that type.
std::string byte_memory(const std::string& address, const std::string& limits) {
  const std::string get = "(local.get 0)";
  return "(module (memory (export \"m\") " + address + " " + limits + " (pagesize 1))" +
         "(func (export \"size\") (result " + address + ") (memory.size))" + "(func (export \"grow\") (param " +
         address + ") (result " + address + ") (memory.grow " + get + "))" + "(func (export \"load\") (param " +
         address + ") (result i32) (i32.load8_u " + get + "))" + "(func (export \"load64\") (param " + address +
         ") (result i64) (i64.load " + get + "))" + "(func (export \"store64\") (param " + address + ") (i64.store " +
         get + " (i64.const -1)))" + "(func (export \"fill\") (param " + address + " " + address + ") (memory.fill " +
         get + " (i32.const 170) (local.get 1))))";
}

}  // namespace

TEST_CASE("page sizes: accesses end at the byte, inside the host's page and at its edges") {
  for (const std::int64_t size : {1, 7, 8, 9, 4095, 4096, 4097, 65535, 65536, 65537, 131071}) {
    INFO(size);
    test::engine<> e;
    instance& in = e.add(byte_memory("i64", std::to_string(size)));
    CHECK(e.call<std::int64_t>(in, "size") == size);
    CHECK(e.call<std::int32_t>(in, "load", size - 1) == 0);
    CHECK(e.failure(in, "load", size) == errc::trap_memory_out_of_bounds);
    if (size >= 8) {
      e.call(in, "store64", size - 8);
      CHECK(e.call<std::int64_t>(in, "load64", size - 8) == -1);
    }
    CHECK(e.failure(in, "load64", size - 7) == errc::trap_memory_out_of_bounds);
    CHECK(e.failure(in, "store64", size - 7) == errc::trap_memory_out_of_bounds);
    e.call(in, "fill", size, std::int64_t{0});
    e.call(in, "fill", std::int64_t{0}, size);
    CHECK(e.failure(in, "fill", std::int64_t{1}, size) == errc::trap_memory_out_of_bounds);
    CHECK(e.failure(in, "fill", size + 1, std::int64_t{0}) == errc::trap_memory_out_of_bounds);
  }
}

TEST_CASE("page sizes: a memory grows by single bytes, which are zero") {
  test::engine<> e;
  instance& in = e.add(byte_memory("i32", "0 70000"));
  CHECK(e.failure(in, "load", 0) == errc::trap_memory_out_of_bounds);
  for (std::int32_t size = 0; size < 20; ++size) {
    CHECK(e.call<std::int32_t>(in, "grow", 1) == size);
    CHECK(e.call<std::int32_t>(in, "load", size) == 0);
    CHECK(e.failure(in, "load", size + 1) == errc::trap_memory_out_of_bounds);
    e.call(in, "fill", 0, size + 1);
  }
  CHECK(e.call<std::int32_t>(in, "grow", 65516) == 20);
  CHECK(e.call<std::int32_t>(in, "load", 65535) == 0);
  CHECK(e.call<std::int32_t>(in, "grow", 1) == 65536);
  CHECK(e.call<std::int32_t>(in, "load", 65536) == 0);
  CHECK(e.call<std::int32_t>(in, "grow", 70000 - 65537) == 65537);
  CHECK(e.call<std::int32_t>(in, "grow", 1) == -1);
  CHECK(e.call<std::int32_t>(in, "grow", 0) == 70000);
  CHECK(e.call<std::int32_t>(in, "load", 19) == 170);
}

TEST_CASE("page sizes: what a memory of bytes can grow to") {
  limits l;
  l.memory_bytes = std::uint64_t{8} << 30;
  test::engine<> e(l);
  instance& narrow = e.add(byte_memory("i32", "1"));
  CHECK(narrow.exported_memory("m")->max_pages() == 0xFFFFFFFF);
  CHECK(e.call<std::int32_t>(narrow, "grow", -1) == -1);
  instance& wide = e.add(byte_memory("i64", "1"));
  CHECK(wide.exported_memory("m")->max_pages() == l.memory_bytes);
  CHECK(e.call<std::int64_t>(wide, "grow", std::int64_t{-1}) == -1);
  CHECK(e.call<std::int64_t>(wide, "grow", std::numeric_limits<std::int64_t>::min()) == -1);
  CHECK(e.call<std::int64_t>(wide, "size") == 1);
  const auto huge = e.st.instantiate(test::compile_wat(byte_memory("i64", "0xFFFF_FFFF_FFFF_FFFF")), e.imports);
  REQUIRE_FALSE(huge.has_value());
  CHECK(huge.error().code == errc::limit_exceeded);
}

TEST_CASE("page sizes: data segments are bounded by bytes, and inline data makes as many pages") {
  test::engine<> e;
  instance& in = e.add(R"((module (memory (pagesize 1) (data "hello")) (memory $small 3 (pagesize 1))
    (data (memory $small) (i32.const 1) "xy")
    (func (export "size") (result i32) (memory.size))
    (func (export "far") (param i32) (result i32) (i32.load8_u $small (local.get 0)))))");
  CHECK(e.call<std::int32_t>(in, "size") == 5);
  CHECK(e.call<std::int32_t>(in, "far", 2) == 'y');
  CHECK(e.failure(in, "far", 3) == errc::trap_memory_out_of_bounds);
  const auto beyond =
      e.st.instantiate(test::compile_wat(R"((module (memory 3 (pagesize 1)) (data (i32.const 2) "xy")))"), e.imports);
  REQUIRE_FALSE(beyond.has_value());
  CHECK(beyond.error().code == errc::trap_memory_out_of_bounds);
}

TEST_CASE("page sizes: imports have the same, whatever the size in bytes") {
  test::engine<> e;
  e.add_as("a",
           R"((module (memory (export "bytes") 65536 (pagesize 1)) (memory (export "pages") 1 (pagesize 65536))))");
  const auto outcome = [&](std::string_view text) {
    const auto made = e.st.instantiate(test::compile_wat(text), e.imports);
    return made.has_value() ? errc{} : made.error().code;
  };
  CHECK(outcome(R"((module (import "a" "bytes" (memory 65536 (pagesize 1)))))") == errc{});
  CHECK(outcome(R"((module (import "a" "bytes" (memory 65537 (pagesize 1)))))") == errc::incompatible_import);
  CHECK(outcome(R"((module (import "a" "bytes" (memory 1))))") == errc::incompatible_import);
  CHECK(outcome(R"((module (import "a" "pages" (memory 1))))") == errc{});
  CHECK(outcome(R"((module (import "a" "pages" (memory 1 (pagesize 1)))))") == errc::incompatible_import);
}

TEST_CASE("page sizes: the portable memory policy grows by bytes, too") {
  struct portable : engine_config {
    using memory = allocated_memory;
  };
  test::engine<portable> e;
  instance& in = e.add(byte_memory("i64", "0 100000"));
  for (std::int64_t size = 0; size < 300; ++size) {
    CHECK(e.call<std::int64_t>(in, "grow", std::int64_t{1}) == size);
    CHECK(e.call<std::int32_t>(in, "load", size) == 0);
    e.call(in, "fill", std::int64_t{0}, size + 1);
  }
}

TEST_CASE("page sizes: snapshots keep memories of any number of bytes") {
  const auto m = byte_memory("i32", "5 100000");
  memory_store objects;
  test::saved_engine<> a(objects), b(objects);
  instance& from = a.add(m);
  CHECK(a.call<std::int32_t>(from, "grow", 9000) == 5);
  a.call(from, "fill", 4090, 4915);
  instance& to = b.add(m);
  b.restore(a.save());
  CHECK(b.call<std::int32_t>(to, "size") == 9005);
  CHECK(b.call<std::int32_t>(to, "load", 4089) == 0);
  CHECK(b.call<std::int32_t>(to, "load", 9004) == 170);
  CHECK(b.failure(to, "load", 9005) == errc::trap_memory_out_of_bounds);
}
