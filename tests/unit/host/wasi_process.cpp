#include "tests/support/guests.hpp"
#include "tests/support/wat.hpp"
#include "tests/unit/host/wasi_guest.hpp"

using namespace wasm64;

namespace {

constexpr std::int32_t ok = 0, fault = 21, inval = 28;
constexpr std::uint64_t end = wasi_guest::memory_size;

/// Runs a module's `_start`; the error it ends with.
error run_start(const std::string& file, wasi_context& context) {
  const std::string binary = test::guest_file(file);
  const auto m = compile(as_bytes(binary)).value();
  linker imports;
  define_wasi(imports, *m, context);
  store<> st;
  const instance& guest = *st.instantiate(m, imports).value();
  return st.call(*guest.exported_func("_start")).error();
}

}  // namespace

TEST_CASE("a program prints and exits") {
  const std::string file = GENERATE("hello.wasm64.wasm", "hello.wasm32.wasm");
  wasi_context context;
  CHECK(run_start(file, context).code == errc::trap_exit);
  CHECK(context.output == "Hello, world!\n");
  CHECK(context.errors.empty());
  CHECK(context.exited);
  CHECK(context.exit_code == 0);
}

TEST_CASE("a program that cannot print exits with its own code") {
  const std::string file = GENERATE("hello.wasm64.wasm", "hello.wasm32.wasm");
  wasi_context context;
  CHECK(context.files().close(1) == wasi_errno::success);
  CHECK(run_start(file, context).code == errc::trap_exit);
  CHECK(context.exit_code == 1);
}

TEST_CASE("arguments and environment are passed as C strings") {
  const bool memory64 = GENERATE(false, true);
  const bool arguments = GENERATE(false, true);
  wasi_context context;
  (arguments ? context.arguments : context.environment) = {"prog", "", "a b"};
  wasi_guest sizes(memory64, arguments ? "args_sizes_get" : "environ_sizes_get", "pp", context);
  CHECK(sizes({8, 16}) == ok);
  CHECK(sizes.load(8) == 3);
  CHECK(sizes.load(16) == 10);
  CHECK(sizes({end, 16}) == fault);
  CHECK(sizes({8, end - 3}) == fault);

  wasi_guest get(memory64, arguments ? "args_get" : "environ_get", "pp", context);
  CHECK(get({8, 100}) == ok);
  CHECK(get.load(8) == 100);
  CHECK(get.load(8 + get.width()) == 105);
  CHECK(get.load(8 + 2 * get.width()) == 106);
  CHECK(get.text(100, 10) == std::string("prog\0\0a b\0", 10));
  CHECK(get({8, end - 9}) == fault);
  CHECK(get({end - 2 * get.width(), 100}) == fault);
}

TEST_CASE("the clock stands where it is set") {
  const bool memory64 = GENERATE(false, true);
  wasi_context context;
  context.nanoseconds = 0x1122334455667788;
  wasi_guest time(memory64, "clock_time_get", "ilp", context);
  CHECK(time({0, 1000, 8}) == ok);
  CHECK(load_le<std::uint64_t>(time.at(8)) == context.nanoseconds);
  CHECK(time({3, 0, 16}) == ok);
  CHECK(time({4, 0, 8}) == inval);
  CHECK(time({1, 0, end - 7}) == fault);
  wasi_guest resolution(memory64, "clock_res_get", "ip", context);
  CHECK(resolution({1, 8}) == ok);
  CHECK(load_le<std::uint64_t>(resolution.at(8)) == 1);
  CHECK(resolution({9, 8}) == inval);
}

TEST_CASE("random bytes follow from the seed") {
  const bool memory64 = GENERATE(false, true);
  const auto draw = [&](std::uint64_t seed) {
    wasi_context context;
    context.seed = seed;
    wasi_guest random(memory64, "random_get", "pp", context);
    CHECK(random({100, 13}) == ok);
    CHECK(random.text(113, 1) == std::string(1, '\0'));
    const std::string first = random.text(100, 13);
    CHECK(random({100, 13}) == ok);
    CHECK(random.text(100, 13) != first);
    CHECK(random({end - 1, 2}) == fault);
    CHECK(random({end, 0}) == ok);
    return first;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}

TEST_CASE("the first random number is that of the published generator") {
  wasi_context context;
  std::uint8_t bytes[8];
  context.random(bytes);
  CHECK(load_le<std::uint64_t>(bytes) == 0xe220a8397b1dcdaf);
}

TEST_CASE("sched_yield does nothing") {
  wasi_context context;
  wasi_guest yield(true, "sched_yield", "", context);
  CHECK(yield({}) == ok);
}

TEST_CASE("only names of preview 1 are defined, and nothing twice") {
  const auto binary = text::parse_module(R"((module
    (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    (import "wasi_snapshot_preview1" "teleport" (func (result i32)))
    (import "env" "fd_close" (func (param i32) (result i32)))))");
  const auto m = compile(view_of(binary.value())).value();
  wasi_context context;
  linker imports;
  imports.func("wasi_snapshot_preview1", "sched_yield", [] { return std::int32_t{7}; });
  const auto own = imports.find("wasi_snapshot_preview1", "sched_yield")->host;
  define_wasi(imports, *m, context);
  CHECK(imports.find("wasi_snapshot_preview1", "sched_yield")->host == own);
  CHECK(imports.find("wasi_snapshot_preview1", "teleport") == nullptr);
  CHECK(imports.find("env", "fd_close") == nullptr);
}

TEST_CASE("a program gets more from a derived context") {
  struct upper final : wasi_context {
    wasi_errno write(std::uint32_t, bytes_view bytes) override {
      for (const std::uint8_t b : bytes) text += static_cast<char>(b >= 'a' && b <= 'z' ? b - 32 : b);
      return wasi_errno::success;
    }
    std::string text;
  } context;
  CHECK(run_start("hello.wasm64.wasm", context).code == errc::trap_exit);
  CHECK(context.text == "HELLO, WORLD!\n");
  CHECK(context.output.empty());
}

TEST_CASE("large transfers cost fuel, and a call that has none left can go on") {
  const auto m = test::compile_wat(R"((module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory 2) (global $n (mut i32) (i32.const 0))
    (func $count (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "run") (param i32) (result i32)
      (drop (call $random (i32.const 0) (local.get 0))) (call $count) (global.get $n))))");
  wasi_context context;
  linker imports;
  define_wasi(imports, *m, context);
  store<metered_engine_config> st;
  const instance& in = *st.instantiate(m, imports).value();
  vector<value> results;
  const value little{types::i32, 8, 0}, much{types::i32, 128 * 1024, 0};
  st.set_fuel(1000);
  REQUIRE(st.call(*in.exported_func("run"), {&little, 1}, results).has_value());
  const std::int64_t used = 1000 - st.fuel();
  st.set_fuel(1000);
  CHECK(st.call(*in.exported_func("run"), {&much, 1}, results).error().code == errc::trap_out_of_fuel);
  REQUIRE(st.suspended());
  st.add_fuel(128 * 1024 / 64);
  REQUIRE(st.resume(results).has_value());
  CHECK(results[0].as_i32() == 2);
  CHECK(st.fuel() == 1000 - used);
}
