#include "tests/unit/host/emscripten_guest.hpp"

using namespace wasm64;
using library_guest = test::emscripten_guest;

namespace {

constexpr std::uint64_t end = library_guest::memory_size;

/// What strftime makes of a time.
std::string format(std::int64_t time, const std::string& how) {
  wasi_context host;
  library_guest calendar(true, "_gmtime_js", "lp", host);
  calendar({static_cast<std::uint64_t>(time), 8});
  library_guest format_time(true, "strftime", "pppp", host, "i64");
  std::memcpy(format_time.at(8), calendar.at(8), 56);
  format_time.text(100, how);
  const std::int64_t size = format_time({1000, 100, 100, 8});
  const std::string text = format_time.text(1000);
  CHECK(static_cast<std::int64_t>(text.size()) == size);
  return text;
}

}  // namespace

TEST_CASE("memory is copied within its bounds") {
  const bool memory64 = GENERATE(false, true);
  const std::string name = GENERATE("_emscripten_memcpy_js", "emscripten_memcpy_js", "emscripten_memcpy_big");
  wasi_context host;
  library_guest copy(memory64, name, "ppp", host, memory64 ? "i64" : "i32");
  copy.text(100, "abcdef");
  CHECK(copy({102, 100, 7}) == 102);
  CHECK(copy.text(100) == "ababcdef");
  CHECK(copy({end, end, 0}) == static_cast<std::int64_t>(end));
  CHECK(copy.failure({end - 6, 100, 7}) == errc::trap_memory_out_of_bounds);
  CHECK(copy.failure({100, end - 6, 7}) == errc::trap_memory_out_of_bounds);
}

TEST_CASE("the heap grows by a fifth at least, as far as it may") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  library_guest resize(memory64, "emscripten_resize_heap", "p", host);
  CHECK(resize({end + 1}) == 1);
  CHECK(resize.memory().pages() == 5);
  CHECK(resize({10 * 65536}) == 1);
  CHECK(resize.memory().pages() == 10);
  CHECK(resize({10 * 65536 + 1}) == 1);
  CHECK(resize.memory().pages() == 12);
  CHECK(resize({16 * 65536}) == 1);
  CHECK(resize({16 * 65536}) == 1);
  CHECK(resize({16 * 65536 + 1}) == 0);
  CHECK(resize({memory64 ? ~std::uint64_t{0} : UINT32_MAX}) == 0);
  CHECK(resize.memory().pages() == 16);
  library_guest limit(memory64, "emscripten_get_heap_max", "", host, memory64 ? "i64" : "i32");
  CHECK(limit({}) == 16 * 65536);
}

TEST_CASE("programs end by abort, by a failed assertion, by exit") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  CHECK(library_guest(memory64, "abort", "", host).failure({}) == errc::trap_abort);
  CHECK(library_guest(memory64, "_abort_js", "", host).failure({}) == errc::trap_abort);
  library_guest fails(memory64, "__assert_fail", "ppip", host);
  fails.text(8, "a < b");
  fails.text(16, "f.c");
  fails.text(24, "main");
  CHECK(fails.attempt({8, 16, 12, 24}).error().detail == "assertion failed: a < b at f.c:12 in main");
  CHECK(fails.attempt({end, 16, 12, 0}).error().detail == "assertion failed: ? at f.c:12 in ?");
  CHECK_FALSE(host.exited);
  CHECK(library_guest(memory64, "exit", "i", host).failure({3}) == errc::trap_exit);
  CHECK(host.exited);
  CHECK(host.exit_code == 3);
}

TEST_CASE("there is no shell") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  library_guest system(memory64, "_emscripten_system", "p", host);
  CHECK(system({0}) == 0);
  CHECK(system({8}) == -52);
}

TEST_CASE("lines for the console go to the standard streams") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  library_guest out(memory64, "emscripten_console_log", "p", host), err(memory64, "emscripten_err", "p", host);
  out.text(8, "hello");
  err.text(8, "oh");
  out({8});
  err({8});
  CHECK(host.output == "hello\n");
  CHECK(host.errors == "oh\n");
  CHECK(out.failure({end}) == errc::trap_memory_out_of_bounds);
}

TEST_CASE("clocks show the context's time") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  host.nanoseconds = 1'726'560'000'977'654'321;
  CHECK(library_guest(memory64, "emscripten_date_now", "", host, "f64").number() == 1726560000977.0);
  CHECK(library_guest(memory64, "emscripten_get_now", "", host, "f64").number() == 1726560000977.654321);
  CHECK(library_guest(memory64, "emscripten_get_now_res", "", host, "f64").number() == 1);
  CHECK(library_guest(memory64, "_emscripten_get_now_is_monotonic", "", host)({}) == 1);
}

TEST_CASE("times become calendars and back") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  library_guest local(memory64, "_localtime_js", "lp", host), make(memory64, "_mktime_js", "p", host, "i64");
  struct row {
    std::int64_t time;
    std::int32_t fields[8];  // second, minute, hour, day, month, year, weekday, day of the year
  };
  for (const row& r :
       {row{0, {0, 0, 0, 1, 0, 70, 4, 0}}, row{-1, {59, 59, 23, 31, 11, 69, 3, 364}},
        row{951'827'696, {56, 34, 12, 29, 1, 100, 2, 59}}, row{1'726'560'000, {0, 0, 8, 17, 8, 124, 2, 260}},
        row{-62'135'596'800, {0, 0, 0, 1, 0, -1899, 1, 0}}, row{253'402'300'799, {59, 59, 23, 31, 11, 8099, 5, 364}}}) {
    std::memset(local.at(8), 0xff, 56);
    local({static_cast<std::uint64_t>(r.time), 8});
    for (std::uint64_t i = 0; i < 8; ++i) CHECK(local.load<std::int32_t>(8 + 4 * i) == r.fields[i]);
    CHECK(local.load<std::int32_t>(8 + 32) == 0);
    CHECK(local.load<std::int32_t>(memory64 ? 8 + 40 : 8 + 36) == 0);
    std::memcpy(make.at(8), local.at(8), 56);
    CHECK(make({8}) == r.time);
  }
  CHECK(local.failure({0, end - 40}) == errc::trap_memory_out_of_bounds);
  local({~std::uint64_t{0} >> 1, 8});
  CHECK(local.load<std::int32_t>(8 + 20) == 0);
}

TEST_CASE("fields outside of their ranges are brought into them") {
  wasi_context host;
  library_guest make(false, "_mktime_js", "p", host);
  const std::int32_t fields[] = {61, -1, 25, 0, 14, 99, 0, 0, -1};
  std::memcpy(make.at(8), fields, sizeof fields);
  CHECK(make({8}) == 951'868'800 + 3601);
  CHECK(make.load<std::int32_t>(8 + 12) == 1);
  CHECK(make.load<std::int32_t>(8 + 16) == 2);
  CHECK(make.load<std::int32_t>(8 + 20) == 100);
  make.store<std::int32_t>(8 + 20, INT32_MAX);
  CHECK(make({8}) == -1);
}

TEST_CASE("programs of older versions pass times in memory, and halves of 64 bits") {
  wasi_context host;
  library_guest at(false, "_gmtime_js", "pp", host), halves(false, "_gmtime_js", "iip", host);
  at.store<std::int64_t>(8, -1);
  at({8, 100});
  CHECK(at.load<std::int32_t>(120) == 69);
  halves({UINT32_MAX, UINT32_MAX, 100});
  CHECK(halves.load<std::int32_t>(120) == 69);
  library_guest old(true, "_gmtime_js", "pp", host, "i32",
                    "(import \"env\" \"emscripten_memcpy_big\" (func (param i64 i64 i64)))");
  old.store<std::int64_t>(8, -1);
  old({8, 100});
  CHECK(old.load<std::int32_t>(120) == 69);
}

TEST_CASE("the time zone is UTC") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  library_guest zone(memory64, "_tzset_js", "pppp", host);
  std::memset(zone.at(8), 0xff, 100);
  CHECK(zone({8, 16, 24, 32}) == 0);
  CHECK(zone.load<std::uint32_t>(8) == 0);
  CHECK(zone.load<std::uint32_t>(16) == 0);
  CHECK(zone.text(24) == "UTC");
  CHECK(zone.text(32) == "UTC");
  CHECK(zone.failure({8, 16, 24, end - 3}) == errc::trap_memory_out_of_bounds);
}

TEST_CASE("programs of older versions get the zone's names in memory of malloc") {
  const bool memory64 = GENERATE(false, true);
  test::emscripten_program p(memory64, R"((module (import "env" "_tzset_js" (func $set (param %p %p %p))))" +
                                           std::string(test::emscripten_runtime) + R"(
    (func (export "run") (result i32)
      (%p.store (%p.const 8) (%p.const 5))
      (call $set (%p.const 8) (%p.const 16) (%p.const 24))
      (i32.add (i32.load (%p.load (%p.const 24))) (i32.wrap_i64 (i64.load (%p.const 8)))))))");
  CHECK(p.call("run") == 'U' + ('T' << 8) + ('C' << 16));
}

TEST_CASE("times are formatted as in the C locale") {
  constexpr std::int64_t time = 1'726'560'065;  // Tuesday, 17 September 2024, 08:01:05
  CHECK(format(time, "%a %A %b %B %h") == "Tue Tuesday Sep September Sep");
  CHECK(format(time, "%Y-%m-%d %H:%M:%S") == "2024-09-17 08:01:05");
  CHECK(format(time, "%c|%D|%x|%F|%T|%X|%R|%r") ==
        "Tue Sep 17 08:01:05 2024|09/17/24|09/17/24|2024-09-17|08:01:05|08:01:05|08:01|08:01:05 AM");
  CHECK(format(time, "%C %y %e %j %I %p %u %w %U %W %s") == "20 24 17 261 08 AM 2 2 37 38 1726560065");
  CHECK(format(time, "%z %Z %% %n%t|%Ey|%Od|%Q|%") == "+0000 UTC % \n\t|24|17|%Q|%");
  CHECK(format(43'200, "%I %p") == "12 PM");
  CHECK(format(1'230'768'000, "%G %g %V %U %W") == "2009 09 01 00 00");  // 1 January 2009
  CHECK(format(1'104'537'600, "%G %V") == "2004 53");                    // 1 January 2005
  CHECK(format(1'230'681'600, "%G %V") == "2009 01");                    // 31 December 2008
}

TEST_CASE("a formatted time that does not fit is none") {
  wasi_context host;
  library_guest format_time(false, "strftime_l", "ppppp", host);
  format_time.text(100, "%Y");
  CHECK(format_time({1000, 4, 100, 8, 0}) == 0);
  CHECK(format_time({1000, 5, 100, 8, 0}) == 4);
  CHECK(format_time({1000, 0, 100, 8, 0}) == 0);
  CHECK(format_time.failure({end - 4, 100, 100, 8, 0}) == errc::trap_memory_out_of_bounds);
  std::memset(format_time.at(8), 0x7f, 44);
  CHECK(format_time({1000, 100, 100, 8, 0}) == 10);
}

TEST_CASE("a program without memory has no heap to resize") {
  wasi_context host;
  emscripten_context context(host);
  test::engine<> machine;
  const auto m = test::compile_wat(R"((module
    (import "env" "emscripten_resize_heap" (func $resize (param i32) (result i32)))
    (func (export "resize") (param i32) (result i32) local.get 0 call $resize)))");
  define_emscripten(machine.imports, *m, context);
  const instance& in = machine.add(m);
  CHECK(machine.call<std::int32_t>(in, "resize", 0) == 0);
  CHECK(machine.call<std::int32_t>(in, "resize", 1) == 0);
}
