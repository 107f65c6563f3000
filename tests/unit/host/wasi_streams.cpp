#include "tests/unit/host/wasi_guest.hpp"

using namespace wasm64;

namespace {
constexpr std::int32_t ok = 0, badf = 8, fault = 21, inval = 28, nospc = 51, spipe = 70;
constexpr std::uint64_t end = wasi_guest::memory_size;
}  // namespace

TEST_CASE("fd_write writes buffers in order and answers the size") {
  const bool memory64 = GENERATE(false, true);
  wasi_context context;
  wasi_guest write(memory64, "fd_write", "ippp", context);
  write.store(100, "world");
  write.store(200, "hello ");
  write.store_buffers(16, {200, 6, end, 0, 100, 5});
  write.store(8, ~std::uint64_t{0});
  CHECK(write({1, 16, 3, 8}) == ok);
  CHECK(context.output == "hello world");
  CHECK(write.load(8) == 11);
  CHECK(write({2, 16, 1, 8}) == ok);
  CHECK(context.errors == "hello ");
  CHECK(write.load(8) == 6);
}

TEST_CASE("fd_write refuses what it cannot write") {
  const bool memory64 = GENERATE(false, true);
  wasi_context context;
  wasi_guest write(memory64, "fd_write", "ippp", context);
  const std::uint64_t width = write.width();
  write.store_buffers(16, {100, 4, end - 3, 4});

  CHECK(write({0, 16, 1, 8}) == badf);
  CHECK(write({3, 16, 1, 8}) == badf);
  CHECK(write({0xffffffff, 16, 1, 8}) == badf);
  CHECK(write({1, 16, 2, 8}) == fault);
  CHECK(write({1, 16, 1, end - width + 1}) == fault);
  CHECK(write({1, end - width, 1, 8}) == fault);
  CHECK(write({1, 0, end / width, 8}) == fault);
  if (memory64) {
    CHECK(write({1, 16, std::uint64_t{1} << 60, 8}) == fault);
    CHECK(write({1, ~std::uint64_t{0}, 1, 8}) == fault);
    write.store_buffers(16, {16, ~std::uint64_t{0}});
    CHECK(write({1, 16, 1, 8}) == fault);
  }
  CHECK(context.output.empty());
}

TEST_CASE("fd_write limits what one call and one program can write") {
  wasi_context context;
  wasi_guest write(true, "fd_write", "ippp", context);
  context.output_limit = 10;
  write.store_buffers(16, {100, 8, 100, 8});
  CHECK(write({1, 16, 2, 8}) == ok);
  CHECK(write.load(8) == 8);
  CHECK(write({1, 16, 1, 8}) == nospc);
  CHECK(context.output.size() == 8);

  // Each buffer is in bounds; together they are 2^32 bytes.
  const std::uint64_t count = end / 16;
  for (std::uint64_t i = 0; i < count; ++i) write.store_buffers(i * 16, {0, end});
  CHECK(write({1, 0, count, 8}) == inval);
}

TEST_CASE("fd_read reads what the host provides, then nothing") {
  const bool memory64 = GENERATE(false, true);
  wasi_context context;
  context.input = "abcdefg";
  wasi_guest read(memory64, "fd_read", "ippp", context);
  read.store_buffers(16, {100, 3, 200, 100});
  CHECK(read({0, 16, 2, 8}) == ok);
  CHECK(read.load(8) == 7);
  CHECK(read.text(100, 3) == "abc");
  CHECK(read.text(200, 4) == "defg");
  CHECK(read({0, 16, 2, 8}) == ok);
  CHECK(read.load(8) == 0);
  CHECK(read({1, 16, 2, 8}) == badf);
  CHECK(read({0, end, 1, 8}) == fault);
}

TEST_CASE("fd_read into its own vector of buffers stays within the memory") {
  wasi_context context;
  context.input = std::string(16, '\xff') + "more";
  wasi_guest read(true, "fd_read", "ippp", context);
  // The first buffer lies over the second entry, which then points outside.
  read.store_buffers(16, {32, 16, 100, 4});
  CHECK(read({0, 16, 2, 8}) == ok);
  CHECK(read.load(8) == 16);
  CHECK(context.input_at == 16);
}

TEST_CASE("streams can be closed once and have no position") {
  wasi_context context;
  wasi_guest close(true, "fd_close", "i", context);
  wasi_guest seek(true, "fd_seek", "ilip", context);
  wasi_guest tell(false, "fd_tell", "ip", context);
  CHECK(seek({1, 0, 0, 8}) == spipe);
  CHECK(tell({0, 8}) == spipe);
  CHECK(seek({3, 0, 0, 8}) == badf);
  CHECK(close({1}) == ok);
  CHECK(close({1}) == badf);
  CHECK(close({7}) == badf);
  CHECK(seek({1, 0, 0, 8}) == badf);
  wasi_guest write(true, "fd_write", "ippp", context);
  CHECK(write({1, 16, 0, 8}) == badf);
  CHECK(write({2, 16, 0, 8}) == ok);
}

TEST_CASE("fd_fdstat_get describes the streams as terminals") {
  constexpr std::uint64_t reads = 2, writes = 64;
  const bool memory64 = GENERATE(false, true);
  wasi_context context;
  wasi_guest stat(memory64, "fd_fdstat_get", "ip", context);
  CHECK(stat({1, 64}) == ok);
  CHECK(*stat.at(64) == 2);
  CHECK((load_le<std::uint64_t>(stat.at(72)) & (reads | writes)) == writes);
  CHECK(stat({0, 64}) == ok);
  CHECK((load_le<std::uint64_t>(stat.at(72)) & (reads | writes)) == reads);
  CHECK(stat({1, end - 23}) == fault);
  CHECK(stat({5, 64}) == badf);
}

TEST_CASE("no folder is open unless the host wants it") {
  wasi_context context;
  wasi_guest prestat(true, "fd_prestat_get", "ip", context);
  CHECK(prestat({3, 8}) == badf);
  wasi_guest name(false, "fd_prestat_dir_name", "ipp", context);
  CHECK(name({3, 8, 8}) == badf);
}

TEST_CASE("functions without memory fault instead of crashing") {
  const auto binary = text::parse_module(R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $f (param i32 i32 i32 i32) (result i32)))
    (func (export "call") (result i32) i32.const 1 i32.const 0 i32.const 0 i32.const 0 call $f)))");
  const auto m = compile(view_of(binary.value())).value();
  wasi_context context;
  linker imports;
  define_wasi(imports, *m, context);
  store<> st;
  const instance& in = *st.instantiate(m, imports).value();
  CHECK(st.call<std::int32_t>(*in.exported_func("call")).value() == fault);
}
