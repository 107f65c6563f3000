#include "tests/unit/host/wasi_program.hpp"

using namespace wasm64;
using namespace wasm64::wasi_errors;

namespace {
constexpr std::uint64_t answer_at = wasi_program::answer_at, list_at = wasi_program::list_at;
constexpr std::uint64_t buffer_at = wasi_program::buffer_at, end = wasi_program::memory_size;
}  // namespace

TEST_CASE("the root is open under its name when the host wants it") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  CHECK(p.call("fd_prestat_get", {3, answer_at}) == ok);
  CHECK(*p.at(answer_at) == 0);
  CHECK(p.size_at(answer_at + p.width()) == 1);
  CHECK(p.call("fd_prestat_dir_name", {3, buffer_at, 1}) == ok);
  CHECK(p.text(buffer_at, 1) == "/");
  CHECK(p.call("fd_prestat_dir_name", {3, buffer_at, 2}) == ok);
  CHECK(p.call("fd_prestat_dir_name", {3, buffer_at, 0}) == nametoolong);
  CHECK(p.call("fd_prestat_dir_name", {3, end, 1}) == fault);
  CHECK(p.call("fd_prestat_get", {3, end - p.width()}) == fault);
  CHECK(p.call("fd_prestat_get", {2, answer_at}) == badf);
  CHECK(p.call("fd_prestat_get", {4, answer_at}) == badf);
  CHECK(p.call("fd_fdstat_get", {3, answer_at}) == ok);
  CHECK(*p.at(answer_at) == 3);
  CHECK(p.load(answer_at + 8) == directory_rights);
  CHECK(p.load(answer_at + 16) == all_file_rights);
  CHECK(p.close(3) == ok);
  CHECK(p.call("fd_prestat_get", {3, answer_at}) == badf);
}

TEST_CASE("what is written to a file can be read from it") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("notes.txt");
  CHECK(fd == 4);
  CHECK(p.write_text(fd, "hello world") == ok);
  CHECK(p.count == 11);
  CHECK(p.call("fd_tell", {fd, answer_at}) == ok);
  CHECK(p.load(answer_at) == 11);
  CHECK(p.read_text(fd, 10) == ok);
  CHECK(p.got.empty());
  CHECK(p.seek_to(fd, 6) == ok);
  CHECK(p.read_text(fd, 100) == ok);
  CHECK(p.got == "world");
  CHECK(p.seek_to(fd, -5, 1) == ok);
  CHECK(p.write_text(fd, "W") == ok);
  CHECK(p.seek_to(fd, -11, 2) == ok);
  CHECK(p.count == 0);
  CHECK(p.read_text(fd, 100) == ok);
  CHECK(p.got == "hello World");
  CHECK(p.close(fd) == ok);
  CHECK(p.close(fd) == badf);
  byte_vector content;
  CHECK(context.files().get_file("/notes.txt", content) == wasi_errno::success);
  CHECK(as_text(view_of(content)) == "hello World");
}

TEST_CASE("positions may be beyond the end but not before the beginning") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("sparse");
  CHECK(p.seek_to(fd, -1) == inval);
  CHECK(p.seek_to(fd, 0, 3) == inval);
  CHECK(p.seek_to(fd, INT64_MIN, 1) == inval);
  CHECK(p.seek_to(fd, INT64_MAX) == ok);
  CHECK(p.seek_to(fd, 1, 1) == inval);
  CHECK(p.write_text(fd, "x") == fbig);
  CHECK(p.write_text(fd, "") == ok);
  CHECK(p.read_text(fd, 5) == ok);
  CHECK(p.got.empty());
  CHECK(p.seek_to(fd, 10000) == ok);
  CHECK(p.write_text(fd, "x") == ok);
  CHECK(p.seek_to(fd, 9998) == ok);
  CHECK(p.read_text(fd, 5) == ok);
  CHECK(p.got == std::string("\0\0x", 3));
  CHECK(p.call("fd_seek", {fd, 0, 0, end - 7}) == fault);
}

TEST_CASE("reading and writing at an offset leave the position alone") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("f");
  CHECK(p.write_text(fd, "abcdef") == ok);
  p.put("XYZ", buffer_at);
  p.put_buffers({buffer_at, 1, buffer_at + 1, 2});
  CHECK(p.call("fd_pwrite", {fd, list_at, 2, 1, answer_at}) == ok);
  CHECK(p.size_at(answer_at) == 3);
  p.put_buffers({buffer_at + 16, 2, buffer_at + 32, 100});
  CHECK(p.call("fd_pread", {fd, list_at, 2, 0, answer_at}) == ok);
  CHECK(p.size_at(answer_at) == 6);
  CHECK(p.text(buffer_at + 16, 2) == "aX");
  CHECK(p.text(buffer_at + 32, 4) == "YZef");
  CHECK(p.call("fd_pread", {fd, list_at, 2, 100, answer_at}) == ok);
  CHECK(p.size_at(answer_at) == 0);
  CHECK(p.call("fd_pread", {fd, list_at, 2, ~std::uint64_t{0}, answer_at}) == inval);
  CHECK(p.call("fd_pwrite", {1, list_at, 2, 0, answer_at}) != ok);
  CHECK(p.seek_to(fd, 0, 1) == ok);
  CHECK(p.count == 6);
}

TEST_CASE("appending writes at the end wherever the position is") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("log", wasi_program::create, fd_flags::append);
  CHECK(p.write_text(fd, "one") == ok);
  CHECK(p.seek_to(fd, 0) == ok);
  CHECK(p.write_text(fd, "two") == ok);
  CHECK(p.seek_to(fd, 0, 1) == ok);
  CHECK(p.count == 6);
  CHECK(p.call("fd_fdstat_get", {fd, answer_at}) == ok);
  CHECK(p.load<std::uint16_t>(answer_at + 2) == fd_flags::append);
  CHECK(p.call("fd_fdstat_set_flags", {fd, 0}) == ok);
  CHECK(p.seek_to(fd, 0) == ok);
  CHECK(p.write_text(fd, "1") == ok);
  CHECK(p.seek_to(fd, 0) == ok);
  CHECK(p.read_text(fd, 10) == ok);
  CHECK(p.got == "1netwo");
  CHECK(p.call("fd_fdstat_set_flags", {fd, 32}) == inval);
}

TEST_CASE("sizes are set, allocated and cut off") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("f");
  CHECK(p.write_text(fd, "abcdef") == ok);
  CHECK(p.call("fd_filestat_set_size", {fd, 3}) == ok);
  CHECK(p.call("fd_filestat_set_size", {fd, 5}) == ok);
  CHECK(p.seek_to(fd, 0) == ok);
  CHECK(p.read_text(fd, 10) == ok);
  CHECK(p.got == std::string("abc\0\0", 5));
  CHECK(p.call("fd_allocate", {fd, 2, 100}) == ok);
  CHECK(p.call("fd_allocate", {fd, 0, 10}) == ok);
  CHECK(p.call("fd_filestat_get", {fd, answer_at}) == ok);
  CHECK(p.stat_size() == 102);
  CHECK(p.call("fd_allocate", {fd, 0, 0}) == inval);
  CHECK(p.call("fd_allocate", {fd, ~std::uint64_t{0}, 2}) == inval);
  CHECK(p.call("fd_allocate", {fd, 0, std::uint64_t{1} << 40}) == fbig);
  CHECK(p.call("fd_filestat_set_size", {fd, ~std::uint64_t{0}}) == fbig);
  CHECK(p.call("fd_advise", {fd, 0, 100, 3}) == ok);
  CHECK(p.call("fd_advise", {fd, 0, 100, 6}) == inval);
  CHECK(p.call("fd_advise", {1, 0, 100, 3}) == notcapable);
  CHECK(p.call("fd_sync", {fd}) == ok);
  CHECK(p.call("fd_datasync", {fd}) == ok);
  CHECK(p.call("fd_sync", {77}) == badf);
  CHECK(p.open(3, "f", wasi_program::truncate, wasi_program::read) == ok);
  CHECK(p.stat("f") == ok);
  CHECK(p.stat_size() == 0);
}

TEST_CASE("times are those of the clock until the program sets them") {
  wasi_context_with_root context;
  context.nanoseconds = 1000;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("f");
  context.nanoseconds = 2000;
  CHECK(p.write_text(fd, "x") == ok);
  CHECK(p.stat("f") == ok);
  CHECK(p.load(answer_at + 40) == 1000);
  CHECK(p.load(answer_at + 48) == 2000);
  CHECK(p.load(answer_at + 56) == 2000);
  constexpr std::uint64_t atim = 1, atim_now = 2, mtim = 4, mtim_now = 8;
  context.nanoseconds = 3000;
  CHECK(p.call("fd_filestat_set_times", {fd, 5, 6, mtim}) == ok);
  CHECK(p.stat("f") == ok);
  CHECK(p.load(answer_at + 40) == 1000);
  CHECK(p.load(answer_at + 48) == 6);
  CHECK(p.load(answer_at + 56) == 3000);
  CHECK(p.call("path_filestat_set_times", {3, 0, p.put("f"), 1, 5, 6, atim | mtim_now}) == ok);
  CHECK(p.call("fd_filestat_get", {fd, answer_at}) == ok);
  CHECK(p.load(answer_at + 40) == 5);
  CHECK(p.load(answer_at + 48) == 3000);
  CHECK(p.call("fd_filestat_set_times", {fd, 5, 6, mtim | mtim_now}) == inval);
  CHECK(p.call("path_filestat_set_times", {3, 0, p.put("f"), 1, 5, 6, atim | atim_now}) == inval);
  CHECK(p.call("fd_filestat_set_times", {fd, 5, 6, 16}) == inval);
  CHECK(p.call("fd_filestat_set_times", {1, 5, 6, mtim}) == notcapable);
}

TEST_CASE("directories are read entry by entry, and entries do not get lost when others go") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  CHECK(p.make_directory("d") == ok);
  REQUIRE(p.open(3, "d", wasi_program::directory, directory_rights, all_file_rights) == ok);
  const std::uint64_t dir = p.fd;
  constexpr int files = 50;
  for (int i = 0; i < files; ++i) {
    REQUIRE(p.open(dir, "file." + std::to_string(i), wasi_program::create, wasi_program::read) == ok);
    CHECK(p.close(p.fd) == ok);
  }
  std::map<std::string, int> seen;
  std::uint64_t cookie = 0;
  constexpr std::uint64_t size = 200;
  for (bool more = true; more;) {
    REQUIRE(p.call("fd_readdir", {dir, buffer_at, size, cookie, answer_at}) == ok);
    const std::uint64_t used = p.size_at(answer_at);
    more = used == size;
    for (std::uint64_t at = buffer_at; at + 24 <= buffer_at + used;) {
      const std::uint32_t length = p.load<std::uint32_t>(at + 16);
      if (at + 24 + length > buffer_at + used) break;
      const std::string name = p.text(at + 24, length);
      const bool is_file = name.starts_with("file.");
      CHECK(*p.at(at + 20) == (is_file ? 4 : 3));
      ++seen[name];
      cookie = p.load(at);
      at += 24 + length;
      if (is_file) CHECK(p.on_path("path_unlink_file", name, dir) == ok);
    }
  }
  CHECK(seen.size() == files + 2);
  CHECK(seen["."] == 1);
  CHECK(seen[".."] == 1);
  for (const auto& [name, times] : seen) CHECK(times == 1);
  CHECK(p.call("fd_readdir", {dir, buffer_at, size, 0, answer_at}) == ok);
  CHECK(p.size_at(answer_at) == 24 + 1 + 24 + 2);
  CHECK(p.call("fd_readdir", {dir, buffer_at, 0, 0, answer_at}) == ok);
  CHECK(p.call("fd_readdir", {dir, end - 10, 11, 0, answer_at}) == fault);
  CHECK(p.call("fd_readdir", {1, buffer_at, size, 0, answer_at}) == notdir);
  CHECK(p.call("fd_readdir", {99, buffer_at, size, 0, answer_at}) == badf);
  CHECK(p.remove_directory("d") == ok);
  CHECK(p.call("fd_readdir", {dir, buffer_at, size, 0, answer_at}) == ok);
  CHECK(p.size_at(answer_at) == 0);
  CHECK(p.open(dir, "new", wasi_program::create) == noent);
}

TEST_CASE("a directory is no file") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  p.put_buffers({buffer_at, 8});
  CHECK(p.call("fd_read", {3, list_at, 1, answer_at}) == isdir);
  CHECK(p.call("fd_write", {3, list_at, 1, answer_at}) == isdir);
  CHECK(p.call("fd_pread", {3, list_at, 1, 0, answer_at}) == isdir);
  CHECK(p.call("fd_pwrite", {3, list_at, 1, 0, answer_at}) == isdir);
  CHECK(p.seek_to(3, 0) == isdir);
  CHECK(p.seek_to(3, 0, 1) == isdir);
  CHECK(p.call("fd_tell", {3, answer_at}) == isdir);
  CHECK(p.call("fd_allocate", {3, 0, 1}) == isdir);
  CHECK(p.call("fd_filestat_set_size", {3, 0}) == isdir);
  CHECK(p.open(3, ".", 0, directory_rights, all_file_rights) == ok);
  CHECK(p.open(3, ".", wasi_program::directory, wasi_program::read) == ok);
  CHECK(p.open(3, ".", wasi_program::directory, wasi_program::read | wasi_program::write) == isdir);
  CHECK(p.open(3, ".", wasi_program::create) == isdir);
  CHECK(p.open(3, "d", wasi_program::create | wasi_program::directory) == inval);
}

TEST_CASE("rights can be given away only") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  constexpr std::uint64_t read = wasi_program::read, write = wasi_program::write, seek = wasi_program::seek;
  REQUIRE(p.open(3, "f", wasi_program::create, read | write | seek) == ok);
  const std::uint64_t fd = p.fd;
  CHECK(p.write_text(fd, "abc") == ok);
  CHECK(p.call("fd_filestat_get", {fd, answer_at}) == notcapable);
  CHECK(p.call("fd_fdstat_set_rights", {fd, seek, 0}) == ok);
  CHECK(p.write_text(fd, "abc") == badf);
  CHECK(p.read_text(fd, 3) == badf);
  CHECK(p.call("fd_fdstat_set_rights", {fd, seek | read, 0}) == notcapable);
  CHECK(p.call("fd_fdstat_get", {fd, answer_at}) == ok);
  CHECK(p.load(answer_at + 8) == seek);

  REQUIRE(p.open(3, ".", wasi_program::directory, rights_of(file_right::path_open), read) == ok);
  const std::uint64_t dir = p.fd;
  CHECK(p.open(dir, "f", 0, read) == ok);
  CHECK(p.open(dir, "f", 0, write) == notcapable);
  CHECK(p.open(dir, "g", wasi_program::create, read) == notcapable);
  CHECK(p.open(dir, "f", wasi_program::truncate, read) == notcapable);
  CHECK(p.on_path("path_unlink_file", "f", dir) == notcapable);
}

TEST_CASE("descriptors are renumbered, also those of streams") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t a = p.file("a"), b = p.file("b");
  CHECK(p.write_text(a, "abc") == ok);
  CHECK(p.call("fd_renumber", {a, b}) == ok);
  CHECK(p.close(a) == badf);
  CHECK(p.call("fd_tell", {b, answer_at}) == ok);
  CHECK(p.load(answer_at) == 3);
  CHECK(p.call("fd_renumber", {b, a}) == badf);
  CHECK(p.call("fd_renumber", {a, b}) == badf);
  CHECK(p.call("fd_renumber", {b, b}) == ok);
  CHECK(p.call("fd_renumber", {1, b}) == ok);
  CHECK(p.write_text(1, "x") == badf);
  CHECK(p.write_text(b, "to the stream") == ok);
  CHECK(context.output == "to the stream");
  CHECK(p.file("c") == 1);
  CHECK(p.call("fd_renumber", {3, 1}) == ok);
  CHECK(p.open(1, "c") == ok);
}

TEST_CASE("limits of what a program can make") {
  wasi_context_with_root context;
  context.limits.bytes = 10000;
  context.limits.nodes = 10;
  context.limits.descriptors = 8;
  context.limits.links = 3;
  context.limits.depth = 5;
  wasi_program p(GENERATE(false, true), context);
  const std::uint64_t fd = p.file("f");
  CHECK(p.call("fd_filestat_set_size", {fd, 10000}) == ok);
  CHECK(p.call("fd_filestat_set_size", {fd, 10001}) == fbig);
  const std::uint64_t other = p.file("g");
  CHECK(p.write_text(other, "x") == nospc);
  CHECK(p.call("fd_filestat_set_size", {fd, 9999}) == ok);
  CHECK(p.write_text(other, "x") == ok);
  CHECK(p.write_text(other, "x") == nospc);
  CHECK(p.close(fd) == ok);
  CHECK(p.unlink("f") == ok);
  CHECK(p.write_text(other, "x") == ok);
  // Nodes are counted for as long as something refers to them.
  std::uint64_t made = 1;
  while (p.make_directory("d" + std::to_string(made)) == ok) ++made;
  CHECK(made == 10);
  CHECK(p.make_directory("more") == nospc);
  CHECK(p.symlink("x", "more") == nospc);
  CHECK(p.open(3, "more", wasi_program::create) == nospc);
  CHECK(p.remove_directory("d1") == ok);
  CHECK(p.make_directory("more") == ok);
  while (p.open(3, "g") == ok) continue;
  CHECK(p.open(3, "g") == mfile);
  CHECK(p.fd == 7);
  CHECK(p.link("g", "g2") == nospc);
  CHECK(p.remove_directory("d2") == ok);
  CHECK(p.link("g", "g2") == ok);
  CHECK(p.link("g", "g3") == nospc);
  CHECK(p.unlink("g") == ok);
  CHECK(p.link("g2", "g") == ok);
  CHECK(p.remove_directory("d3") == ok);
  CHECK(p.link("g", "g3") == ok);
  CHECK(p.link("g", "g4") == nospc);
  CHECK(p.remove_directory("d4") == ok);
  CHECK(p.link("g", "g4") == mlink);
  for (const char* name : {"d5", "d6", "d8", "d9"}) CHECK(p.remove_directory(name) == ok);
  CHECK(p.make_directory("a") == ok);
  CHECK(p.make_directory("a/a") == ok);
  CHECK(p.make_directory("a/a/a") == ok);
  CHECK(p.make_directory("a/a/a/a") == ok);
  CHECK(p.make_directory("a/a/a/a/a") == ok);
  CHECK(p.rename("a", "d7/a") == nametoolong);
  CHECK(p.stat("a/a/a/a/a") == ok);
  CHECK(p.unlink("g2") == ok);
  CHECK(p.unlink("g3") == ok);
  CHECK(p.remove_directory("d7") == ok);
  CHECK(p.make_directory("a/a/a/a/a/a") == nametoolong);
}

TEST_CASE("files that count for nothing share one limit, which shorter ones give back") {
  file_limits limits;
  limits.bytes = 100;
  std::uint64_t work = 0;
  file_tree tree(limits, work);
  file_id a = no_file, b = no_file;
  REQUIRE(tree.make(file_type::regular_file, {}, a) == wasi_errno::success);
  REQUIRE(tree.make(file_type::regular_file, {}, b) == wasi_errno::success);
  const byte_vector sixty(60, std::uint8_t{1});
  CHECK(tree.write(a, 0, view_of(sixty), false) == wasi_errno::success);
  CHECK(tree.write(b, 0, view_of(sixty), false) == wasi_errno::nospc);
  CHECK(tree.write(b, 0, view_of(sixty)) == wasi_errno::success);
  CHECK(tree.resize(b, 0) == wasi_errno::success);
  CHECK(tree.resize(a, 40) == wasi_errno::success);
  CHECK(tree.write(b, 0, view_of(sixty), false) == wasi_errno::success);
}

TEST_CASE("directories that were read past their last entry are at their end") {
  wasi_context_with_root context;
  wasi_program p(GENERATE(false, true), context);
  CHECK(p.make_directory("d") == ok);
  CHECK(p.call("fd_readdir", {3, buffer_at, 1000, ~std::uint64_t{0}, answer_at}) == ok);
  CHECK(p.size_at(answer_at) == 0);
}
