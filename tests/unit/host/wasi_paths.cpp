#include "tests/unit/host/wasi_program.hpp"

using namespace wasm64;
using namespace wasm64::wasi_errors;

namespace {
constexpr std::uint64_t answer_at = wasi_program::answer_at, buffer_at = wasi_program::buffer_at;
constexpr std::uint64_t text_at = wasi_program::text_at, end = wasi_program::memory_size;
constexpr int type_directory = 3, type_file = 4, type_link = 7;
}  // namespace

TEST_CASE("paths are walked as POSIX has it and do not leave their directory") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  REQUIRE(p.make_directory("dir") == ok);
  REQUIRE(p.make_directory("dir/nested") == ok);
  REQUIRE(p.open(3, "dir/nested/file", wasi_program::create) == ok);
  CHECK(p.open(3, "dir/.//nested/../../dir/nested/../nested///./file") == ok);
  CHECK(p.open(3, "/dir/nested/file") == notcapable);
  CHECK(p.open(3, "dir/nested/../../../dir/nested/file") == notcapable);
  CHECK(p.open(3, "..") == notcapable);
  CHECK(p.open(3, std::string_view("dir/nested/file\0", 16)) == inval);
  CHECK(p.open(3, "dir/\xff") == ilseq);
  CHECK(p.open(3, "dir/nested/file/") == notdir);
  CHECK(p.open(3, "dir/nested/file///") == notdir);
  CHECK(p.open(3, "dir/nested/file/x") == notdir);
  CHECK(p.open(3, "dir/nested/file/..") == notdir);
  CHECK(p.open(3, "dir/nested/") == ok);
  CHECK(p.open(3, "dir/nested///") == ok);
  CHECK(p.open(3, "") == noent);
  CHECK(p.open(3, "none") == noent);
  CHECK(p.open(3, "none/file", wasi_program::create) == noent);
  CHECK(p.open(3, "none/", wasi_program::create) == isdir);
  CHECK(p.open(3, std::string(255, 'n')) == noent);
  CHECK(p.open(3, std::string(256, 'n')) == nametoolong);
  CHECK(p.open(3, "dir/" + std::string(4093, '/')) == nametoolong);
  CHECK(p.open(77, "dir") == badf);
  CHECK(p.open(0xffffffff, "dir") == badf);
  CHECK(p.open(1, "dir") == notdir);
  REQUIRE(p.open(3, "dir/nested/file", 0, wasi_program::read) == ok);
  CHECK(p.open(p.fd, "x", wasi_program::create) == notdir);
  REQUIRE(p.open(3, "dir", wasi_program::directory, directory_rights, all_file_rights) == ok);
  const std::uint64_t dir = p.fd;
  CHECK(p.open(dir, "nested/file") == ok);
  CHECK(p.open(dir, "nested/../..") == notcapable);
  CHECK(p.call("path_open", {3, 0, end - 2, 3, 0, 0, 0, 0, answer_at}) == fault);
  CHECK(p.call("path_open", {3, 0, p.put("dir"), 3, 0, 0, 0, 0, end - 3}) == fault);
  CHECK(p.call("path_open", {3, 0, text_at, 3, 16, 0, 0, 0, answer_at}) == inval);
  CHECK(p.call("path_open", {3, 0, text_at, 3, 0, 0, 0, 32, answer_at}) == inval);
}

TEST_CASE("opening says what is expected to be there") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  REQUIRE(p.open(3, "file", wasi_program::create) == ok);
  CHECK(p.open(3, "file", wasi_program::create) == ok);
  CHECK(p.open(3, "file", wasi_program::create | wasi_program::exclusive) == exist);
  CHECK(p.open(3, "file", wasi_program::directory) == notdir);
  REQUIRE(p.make_directory("dir") == ok);
  CHECK(p.open(3, "dir", wasi_program::create | wasi_program::exclusive) == exist);
  CHECK(p.open(3, "dir", wasi_program::truncate) == isdir);
  REQUIRE(p.open(3, "file", 0, wasi_program::read) == ok);
  const std::uint64_t reader = p.fd;
  REQUIRE(p.open(3, "file", 0, wasi_program::write) == ok);
  CHECK(p.read_text(p.fd, 1) == badf);
  CHECK(p.write_text(p.fd, "abc") == ok);
  CHECK(p.write_text(reader, "abc") == badf);
  CHECK(p.read_text(reader, 10) == ok);
  CHECK(p.got == "abc");
}

TEST_CASE("a file that was removed lives as long as it is open") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("f");
  CHECK(p.write_text(fd, "old") == ok);
  CHECK(p.unlink("f") == ok);
  CHECK(p.unlink("f") == noent);
  CHECK(p.call("fd_filestat_get", {fd, answer_at}) == ok);
  CHECK(p.stat_links() == 0);
  const std::uint64_t other = p.file("f");
  CHECK(p.write_text(other, "new") == ok);
  CHECK(p.seek_to(fd, 0) == ok);
  CHECK(p.read_text(fd, 10) == ok);
  CHECK(p.got == "old");
}

TEST_CASE("directories are removed when they are empty") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  CHECK(p.make_directory("dir") == ok);
  CHECK(p.make_directory("dir") == exist);
  CHECK(p.make_directory("dir/") == exist);
  CHECK(p.make_directory("dir/nested/") == ok);
  CHECK(p.remove_directory("dir") == notempty);
  CHECK(p.unlink("dir") == isdir);
  CHECK(p.unlink("dir/") == isdir);
  CHECK(p.remove_directory("dir/nested/.") == inval);
  CHECK(p.remove_directory("dir/nested/") == ok);
  CHECK(p.remove_directory("dir") == ok);
  CHECK(p.remove_directory("dir") == noent);
  CHECK(p.remove_directory(".") == busy);
  REQUIRE(p.open(3, "file", wasi_program::create) == ok);
  CHECK(p.remove_directory("file") == notdir);
  CHECK(p.remove_directory("file/") == notdir);
  CHECK(p.unlink("file/") == notdir);
  CHECK(p.make_directory("file") == exist);
  CHECK(p.make_directory("none/dir") == noent);
  CHECK(p.unlink("file") == ok);
}

TEST_CASE("links are followed where they should be, and not for ever") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  REQUIRE(p.make_directory("dir") == ok);
  REQUIRE(p.open(3, "dir/file", wasi_program::create) == ok);
  CHECK(p.symlink("file", "dir/link") == ok);
  CHECK(p.symlink("dir", "way") == ok);
  CHECK(p.open(3, "way/link", 0, 0, 0, 0, true) == ok);
  CHECK(p.open(3, "way/link") == loop);
  CHECK(p.open(3, "way", wasi_program::directory) == notdir);
  CHECK(p.open(3, "way", wasi_program::directory, 0, 0, 0, true) == ok);
  CHECK(p.open(3, "way/", wasi_program::directory) == ok);
  CHECK(p.open(3, "dir/link", wasi_program::directory, 0, 0, 0, true) == notdir);
  CHECK(p.stat("way") == ok);
  CHECK(p.stat_type() == type_link);
  CHECK(p.stat_size() == 3);
  CHECK(p.stat("way", true) == ok);
  CHECK(p.stat_type() == type_directory);
  CHECK(p.stat("way/link", true) == ok);
  CHECK(p.stat_type() == type_file);

  CHECK(p.symlink("self", "self") == ok);
  CHECK(p.open(3, "self", 0, 0, 0, 0, true) == loop);
  CHECK(p.open(3, "self/x") == loop);
  CHECK(p.symlink("b", "a") == ok);
  CHECK(p.symlink("a", "b") == ok);
  CHECK(p.stat("a", true) == loop);
  std::string longest = "x";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "chain" + std::to_string(i);
    CHECK(p.symlink(i == 0 ? "dir/file" : longest, next) == ok);
    longest = next;
  }
  CHECK(p.stat("chain31", true) == ok);
  CHECK(p.stat("chain32", true) == loop);

  CHECK(p.symlink("../out", "dir/out") == ok);
  CHECK(p.open(3, "dir/out", wasi_program::create, 0, 0, 0, true) == ok);
  CHECK(p.stat("out") == ok);
  CHECK(p.symlink("../../out", "dir/far") == ok);
  CHECK(p.open(3, "dir/far", 0, 0, 0, 0, true) == notcapable);
  CHECK(p.symlink("/", "absolute") == notcapable);
  CHECK(p.symlink("", "empty") == noent);
  CHECK(p.symlink("x", "dir") == exist);
  CHECK(p.symlink("x", "dir/") == exist);
  CHECK(p.symlink("x", "none/") == noent);
  CHECK(p.symlink("x", "out/") == notdir);

  CHECK(p.symlink("nowhere", "dangling") == ok);
  CHECK(p.open(3, "dangling", 0, 0, 0, 0, true) == noent);
  CHECK(p.open(3, "dangling", wasi_program::create | wasi_program::exclusive, 0, 0, 0, true) == exist);
  CHECK(p.open(3, "dangling", wasi_program::create, 0, 0, 0, true) == ok);
  CHECK(p.stat("nowhere") == ok);
  CHECK(p.unlink("dangling") == ok);
  CHECK(p.stat("nowhere") == ok);
}

TEST_CASE("links can be read") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  REQUIRE(p.symlink("target", "link") == ok);
  const auto read = [&](std::string_view path, std::uint64_t size) {
    return p.call("path_readlink", {3, p.put(path), path.size(), buffer_at, size, answer_at});
  };
  std::memset(p.at(buffer_at), 0, 10);
  CHECK(read("link", 10) == ok);
  CHECK(p.size_at(answer_at) == 6);
  CHECK(p.text(buffer_at, 7) == std::string("target\0", 7));
  CHECK(read("link", 4) == ok);
  CHECK(p.size_at(answer_at) == 4);
  CHECK(read("link", 0) == ok);
  CHECK(read("none", 10) == noent);
  CHECK(read(".", 10) == inval);
  CHECK(read("link", end) == fault);
}

TEST_CASE("a file can have several names") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("file");
  REQUIRE(p.make_directory("dir") == ok);
  CHECK(p.link("file", "dir/link") == ok);
  CHECK(p.stat("file") == ok);
  const std::uint64_t number = p.stat_number();
  CHECK(p.stat_links() == 2);
  CHECK(p.stat("dir/link") == ok);
  CHECK(p.stat_number() == number);
  CHECK(p.write_text(fd, "abc") == ok);
  CHECK(p.stat("dir/link") == ok);
  CHECK(p.stat_size() == 3);
  CHECK(p.unlink("file") == ok);
  CHECK(p.stat("dir/link") == ok);
  CHECK(p.stat_links() == 1);
  CHECK(p.rename("dir/link", "file") == ok);
  CHECK(p.link("file", "file") == exist);
  CHECK(p.link("file", "dir") == exist);
  CHECK(p.link("dir", "other") == perm);
  CHECK(p.link("none", "other") == noent);
  CHECK(p.link("file", "other/") == noent);
  CHECK(p.link("file", "none/other") == noent);
  CHECK(p.symlink("file", "soft") == ok);
  CHECK(p.link("soft", "hard") == ok);
  CHECK(p.stat("hard") == ok);
  CHECK(p.stat_type() == type_link);
  CHECK(p.link("soft", "through", true) == ok);
  CHECK(p.stat("through") == ok);
  CHECK(p.stat_number() == number);
  CHECK(p.symlink("nowhere", "dangling") == ok);
  CHECK(p.link("dangling", "x", true) == noent);
  CHECK(p.link("file", "dangling") == exist);
}

TEST_CASE("renaming replaces what may be replaced") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  REQUIRE(p.open(3, "file", wasi_program::create) == ok);
  REQUIRE(p.open(3, "other", wasi_program::create) == ok);
  for (const char* name : {"empty", "full", "full/inner"}) REQUIRE(p.make_directory(name) == ok);
  CHECK(p.stat("file") == ok);
  const std::uint64_t number = p.stat_number();
  CHECK(p.rename("file", "other") == ok);
  CHECK(p.stat("file") == noent);
  CHECK(p.stat("other") == ok);
  CHECK(p.stat_number() == number);
  CHECK(p.rename("other", "empty") == isdir);
  CHECK(p.rename("empty", "other") == notdir);
  CHECK(p.rename("empty", "full") == notempty);
  CHECK(p.rename("full", "empty") == ok);
  CHECK(p.stat("empty/inner") == ok);
  CHECK(p.rename("empty", "empty/inner/deeper") == inval);
  CHECK(p.rename("empty", "empty") == ok);
  CHECK(p.rename("empty/", "moved") == ok);
  CHECK(p.rename("moved", "again/") == ok);
  CHECK(p.rename("again/", "moved/") == ok);
  CHECK(p.rename("other", "new/") == notdir);
  CHECK(p.rename("other/", "new") == notdir);
  CHECK(p.rename("none", "new") == noent);
  CHECK(p.rename("other", "none/new") == noent);
  CHECK(p.rename(".", "new") == busy);
  CHECK(p.rename("moved", "../new") == notcapable);
  CHECK(p.link("other", "same") == ok);
  CHECK(p.rename("other", "same") == ok);
  CHECK(p.stat("other") == ok);
}

TEST_CASE("waiting lets time pass up to the first deadline") {
  wasi_context context;
  context.nanoseconds = 1000;
  context.input = "typed";
  wasi_program p(GENERATE(false, true), context);
  constexpr std::uint64_t list = 32768, events = 40000, size = 48;
  const auto subscribe = [&](std::uint64_t n, std::uint8_t kind, std::uint32_t subject, std::uint64_t timeout = 0,
                             std::uint16_t flags = 0) {
    std::uint8_t* const at = p.at(list + n * size);
    std::memset(at, 0, size);
    store_le(at, 100 + n);
    at[8] = kind;
    store_le(at + 16, subject);
    store_le(at + 24, timeout);
    store_le(at + 40, flags);
  };
  const auto poll = [&](std::uint64_t n) { return p.call("poll_oneoff", {list, events, n, answer_at}); };
  subscribe(0, 0, 1, 500);
  subscribe(1, 0, 0, 1200, 1);
  subscribe(2, 0, 1, 200);
  CHECK(poll(3) == ok);
  CHECK(context.nanoseconds == 1200);
  CHECK(p.size_at(answer_at) == 2);
  CHECK(p.load(events) == 101);
  CHECK(p.load(events + 32) == 102);
  CHECK(p.load<std::uint16_t>(events + 8) == 0);
  CHECK(*p.at(events + 10) == 0);

  subscribe(1, 1, 0);
  subscribe(2, 2, 1);
  subscribe(3, 2, 0);
  subscribe(4, 1, 9);
  subscribe(5, 0, 9, 5);
  CHECK(poll(6) == ok);
  CHECK(context.nanoseconds == 1200);
  CHECK(p.size_at(answer_at) == 5);
  CHECK(p.load(events) == 101);
  CHECK(*p.at(events + 10) == 1);
  CHECK(p.load(events + 16) == 5);
  CHECK(p.load<std::uint16_t>(events + 32 + 8) == ok);
  CHECK(p.load<std::uint16_t>(events + 64 + 8) == badf);
  CHECK(p.load<std::uint16_t>(events + 96 + 8) == badf);
  CHECK(p.load<std::uint16_t>(events + 128 + 8) == inval);

  subscribe(0, 0, 1, ~std::uint64_t{0});
  CHECK(poll(1) == ok);
  CHECK(context.nanoseconds == ~std::uint64_t{0});
  CHECK(poll(0) == inval);
  subscribe(0, 3, 1);
  CHECK(poll(1) == inval);
  CHECK(p.call("poll_oneoff", {end - size + 1, events, 1, answer_at}) == fault);
  CHECK(p.call("poll_oneoff", {list, end - 31, 1, answer_at}) == fault);
  CHECK(p.call("poll_oneoff", {list, events, end, answer_at}) == fault);
}

TEST_CASE("there are no sockets") {
  wasi_context context;
  wasi_program p(GENERATE(false, true), context);
  CHECK(p.call("sock_shutdown", {1, 0}) == notsock);
  CHECK(p.call("sock_shutdown", {9, 0}) == badf);
  CHECK(p.call("sock_accept", {0, 0, answer_at}) == notsock);
  CHECK(p.call("sock_recv", {0, 0, 0, 0, answer_at, answer_at}) == notsock);
  CHECK(p.call("sock_send", {12, 0, 0, 0, answer_at}) == badf);
}

TEST_CASE("signals end a program where that is what they do") {
  wasi_context context;
  wasi_program p(GENERATE(false, true), context);
  CHECK(p.call("proc_raise", {0}) == ok);
  CHECK(p.call("proc_raise", {16}) == ok);
  CHECK(p.call("proc_raise", {18}) == notsup);
  CHECK(p.call("proc_raise", {31}) == inval);
  CHECK_FALSE(context.exited);
  const auto m = compile(view_of(text::parse_module(R"((module
    (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
    (func (export "abort") (result i32) (call $raise (i32.const 6)))))")
                                     .value()))
                     .value();
  linker imports;
  define_wasi(imports, *m, context);
  store<> st;
  const instance& in = *st.instantiate(m, imports).value();
  CHECK(st.call<std::int32_t>(*in.exported_func("abort")).error().code == errc::trap_exit);
  CHECK(context.exit_code == 134);
}
