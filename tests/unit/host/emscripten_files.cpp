#include "tests/unit/host/emscripten_guest.hpp"

using namespace wasm64;
using library_guest = test::emscripten_guest;

namespace {

constexpr std::uint64_t end = library_guest::memory_size, here = static_cast<std::uint64_t>(-100);
constexpr std::int64_t badf = -8, exist = -20, fault = -21, inval = -28, noent = -44, nosys = -52, notdir = -54,
                       notempty = -55, notty = -59, range = -68;

/// Functions of one program's library, each in a module of its own.
struct program {
  bool memory64;
  wasi_context host;

  /// A call whose texts are at 1000, 2000, ...
  std::int64_t call(const std::string& name, const std::string& params, std::initializer_list<std::uint64_t> arguments,
                    std::initializer_list<std::string> texts = {}) {
    library_guest g(memory64, "__syscall_" + name, params, host);
    std::uint64_t at = 1000;
    for (const std::string& t : texts) {
      g.text(at, t);
      at += 1000;
    }
    const std::int64_t answer = g(arguments);
    memory.assign(g.at(0), g.at(0) + end);
    return answer;
  }
  template <class T>
  T load(std::uint64_t address) const {
    return load_le<T>(memory.data() + address);
  }
  std::string text(std::uint64_t address, std::size_t size) const {
    return {reinterpret_cast<const char*>(memory.data()) + address, size};
  }
  std::int64_t open(const std::string& path, std::uint32_t flags) {
    return call("openat", "ipip", {here, 1000, flags, 0}, {path});
  }

  byte_vector memory;  ///< of the latest call
};

constexpr std::uint32_t write_only = 1, read_write = 2, create = 0100, exclusive = 0200, cut = 01000, append = 02000,
                        directory = 0200000;

}  // namespace

TEST_CASE("files are opened as their flags say") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.open("/a", 0) == noent);
  CHECK(p.open("/a", write_only | create) == 3);
  CHECK(p.open("/a", create | exclusive) == exist);
  CHECK(p.open("/a", directory) == notdir);
  CHECK(p.open("/", directory) == 4);
  CHECK(p.call("openat", "ipip", {4, 1000, 0, 0}, {"a"}) == 5);
  CHECK(p.call("openat", "ipip", {99, 1000, 0, 0}, {"a"}) == badf);
  CHECK(p.call("openat", "ipip", {here, end, 0, 0}) == fault);
  CHECK(p.call("fcntl64", "iip", {3, 3, 0}) == 1);
  CHECK(p.call("fcntl64", "iip", {5, 3, 0}) == 0);
  CHECK(p.open("/a", read_write | append) == 6);
  CHECK(p.call("fcntl64", "iip", {6, 3, 0}) == (2 | append));
  CHECK(p.host.files().put_file("/a", as_bytes("text")) == wasi_errno::success);
  CHECK(p.open("/a", write_only | cut) == 7);
  byte_vector content;
  CHECK(p.host.files().get_file("/a", content) == wasi_errno::success);
  CHECK(content.empty());
}

TEST_CASE("names are made, changed and removed") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.call("mkdirat", "ipi", {here, 1000, 0777}, {"/d"}) == 0);
  CHECK(p.call("mkdirat", "ipi", {here, 1000, 0777}, {"/d"}) == exist);
  CHECK(p.open("/d/f", create | write_only) == 3);
  CHECK(p.call("rmdir", "p", {1000}, {"/d"}) == notempty);
  CHECK(p.call("renameat", "ipip", {here, 1000, here, 2000}, {"/d/f", "/d/g"}) == 0);
  CHECK(p.call("faccessat", "ipii", {here, 1000, 4, 0}, {"/d/f"}) == noent);
  CHECK(p.call("faccessat", "ipii", {here, 1000, 4, 0}, {"/d/g"}) == 0);
  CHECK(p.call("faccessat", "ipii", {here, 1000, 8, 0}, {"/d/g"}) == inval);
  CHECK(p.call("symlinkat", "pip", {1000, here, 2000}, {"/d/g", "/link"}) == 0);
  CHECK(p.call("readlinkat", "ippp", {here, 1000, 3000, 3}, {"/link"}) == 3);
  CHECK(p.text(3000, 4) == std::string("/d/\0", 4));
  CHECK(p.call("readlinkat", "ippp", {here, 1000, 3000, 0}, {"/link"}) == inval);
  CHECK(p.call("readlinkat", "ippp", {here, 1000, end - 2, 4}, {"/link"}) == fault);
  CHECK(p.call("unlinkat", "ipi", {here, 1000, 0}, {"/d/g"}) == 0);
  CHECK(p.call("unlinkat", "ipi", {here, 1000, 1}, {"/d"}) == inval);
  CHECK(p.call("unlinkat", "ipi", {here, 1000, 0x200}, {"/d"}) == 0);
  CHECK(p.call("chdir", "p", {1000}, {"/d"}) == noent);
}

TEST_CASE("the working directory is where relative paths begin") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.call("getcwd", "pp", {100, 2}) == 2);
  CHECK(p.text(100, 2) == std::string("/\0", 2));
  CHECK(p.call("mkdirat", "ipi", {here, 1000, 0}, {"dir"}) == 0);
  CHECK(p.call("chdir", "p", {1000}, {"dir"}) == 0);
  CHECK(p.call("getcwd", "pp", {100, 5}) == 5);
  CHECK(p.text(100, 5) == std::string("/dir\0", 5));
  CHECK(p.call("getcwd", "pp", {100, 4}) == range);
  CHECK(p.call("getcwd", "pp", {100, 0}) == inval);
  CHECK(p.call("getcwd", "pp", {end - 4, 5}) == fault);
  CHECK(p.open("f", create | write_only) == 3);
  byte_vector content;
  CHECK(p.host.files().get_file("/dir/f", content) == wasi_errno::success);
  CHECK(p.open("..", 0) == 4);
  CHECK(p.call("fchdir", "i", {4}) == 0);
  CHECK(p.call("getcwd", "pp", {100, 5}) == 2);
}

TEST_CASE("the state of a file has the fields of its C structure") {
  const bool memory64 = GENERATE(false, true);
  program p{memory64, {}, {}};
  p.host.nanoseconds = 5'000'000'007;
  CHECK(p.host.files().put_file("/f", as_bytes(std::string(5000, 'x'))) == wasi_errno::success);
  CHECK(p.call("symlinkat", "pip", {1000, here, 2000}, {"f", "/l"}) == 0);
  const auto check = [&](std::uint32_t mode, std::uint64_t size) {
    CHECK(p.load<std::uint32_t>(100) == 1);
    CHECK(p.load<std::uint32_t>(104) == mode);
    CHECK(p.load<std::uint32_t>(108) == 1);
    CHECK(p.load<std::uint64_t>(memory64 ? 132 : 124) == size);
    CHECK(p.load<std::uint32_t>(memory64 ? 140 : 132) == 4096);
    CHECK(p.load<std::uint32_t>(memory64 ? 144 : 136) == (size + 4095) / 4096);
    CHECK(p.load<std::uint64_t>(memory64 ? 164 : 156) == 5);
    CHECK(p.load<std::uint32_t>(memory64 ? 172 : 164) == 7);
    CHECK(p.load<std::uint64_t>(memory64 ? 196 : 188) != 0);
  };
  CHECK(p.call("stat64", "pp", {1000, 100}, {"/l"}) == 0);
  check(0100666, 5000);
  CHECK(p.call("lstat64", "pp", {1000, 100}, {"/l"}) == 0);
  check(0120777, 1);
  CHECK(p.call("newfstatat", "ippi", {here, 1000, 100, 0x100}, {"/l"}) == 0);
  check(0120777, 1);
  CHECK(p.open("/f", 0) == 3);
  CHECK(p.call("fstat64", "ip", {3, 100}) == 0);
  check(0100666, 5000);
  CHECK(p.call("newfstatat", "ippi", {3, 1000, 100, 0x1000}, {""}) == 0);
  check(0100666, 5000);
  CHECK(p.call("fstat64", "ip", {1, 100}) == 0);
  CHECK(p.load<std::uint32_t>(104) == 0020666);
  CHECK(p.call("stat64", "pp", {1000, 100}, {"/"}) == 0);
  CHECK(p.load<std::uint32_t>(104) == 0040777);
  CHECK(p.call("fstat64", "ip", {9, 100}) == badf);
  CHECK(p.call("fstat64", "ip", {3, end - 95}) == fault);
}

TEST_CASE("programs before 3.1.42 have another structure for it") {
  const bool memory64 = GENERATE(false, true);
  wasi_context host;
  CHECK(host.files().put_file("/f", as_bytes("abc")) == wasi_errno::success);
  library_guest g(memory64, "__syscall_stat64", "pp", host, "i32",
                  memory64 ? "(import \"env\" \"emscripten_memcpy_big\" (func (param i64 i64 i64)))"
                           : "(import \"env\" \"emscripten_memcpy_big\" (func (param i32 i32 i32)))");
  g.text(1000, "/f");
  CHECK(g({1000, 100}) == 0);
  CHECK(g.load<std::uint32_t>(memory64 ? 116 : 112) == 0100666);
  CHECK(g.load<std::uint64_t>(memory64 ? 148 : 140) == 3);
}

TEST_CASE("directories are listed in entries of 280 bytes") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.call("mkdirat", "ipi", {here, 1000, 0}, {"/d"}) == 0);
  CHECK(p.host.files().put_file("/d/file", {}) == wasi_errno::success);
  CHECK(p.call("symlinkat", "pip", {1000, here, 2000}, {"x", "/d/link"}) == 0);
  CHECK(p.open("/d", directory) == 3);
  std::string names;
  std::int64_t used = 0;
  while ((used = p.call("getdents64", "ipp", {3, 10'000, 600})) > 0) {
    for (std::uint64_t at = 10'000; at < 10'000 + static_cast<std::uint64_t>(used); at += 280) {
      CHECK(p.load<std::uint16_t>(at + 16) == 280);
      names += std::string(p.text(at + 19, 255).c_str()) + ":" + std::to_string(p.load<std::uint8_t>(at + 18)) + " ";
    }
  }
  CHECK(used == 0);
  CHECK(names.size() == std::string(".:4 ..:4 file:8 link:10 ").size());
  for (const char* const one : {".:4 ", "..:4 ", "file:8 ", "link:10 "}) CHECK(names.find(one) != names.npos);
  CHECK(p.call("getdents64", "ipp", {3, 10'000, 279}) == inval);
  CHECK(p.call("getdents64", "ipp", {9, 10'000, 600}) == badf);
  CHECK(p.call("getdents64", "ipp", {3, end - 500, 600}) == fault);
}

TEST_CASE("descriptors are duplicated and asked about") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.open("/a", create | read_write) == 3);
  CHECK(p.call("dup", "i", {3}) == 4);
  CHECK(p.call("dup3", "iii", {3, 7, 0}) == 7);
  CHECK(p.call("dup3", "iii", {3, 3, 0}) == inval);
  CHECK(p.call("dup3", "iii", {99, 3, 0}) == badf);
  library_guest g(p.memory64, "__syscall_fcntl64", "iip", p.host);
  g.store<std::uint32_t>(8, 20);
  CHECK(g({3, 0, 8}) == 20);
  CHECK(g({3, 1, 0}) == 0);
  CHECK(g({3, 77, 0}) == inval);
  CHECK(g({99, 1, 0}) == badf);
  CHECK(g({3, 0, end}) == fault);
  CHECK(p.call("ioctl", "iip", {1, 0x5413, 100}) == notty);
  CHECK(p.call("ioctl", "iip", {99, 0x5413, 100}) == badf);
  CHECK(p.call("ioctl", "iip", {3, 1, 100}) == inval);
}

TEST_CASE("sizes and times of files are set") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.open("/a", create | read_write) == 3);
  CHECK(p.call("ftruncate64", "il", {3, 100}) == 0);
  CHECK(p.call("ftruncate64", "il", {3, ~std::uint64_t{0}}) == inval);
  CHECK(p.call("truncate64", "pl", {1000, 70}, {"/a"}) == 0);
  CHECK(p.call("fallocate", "iill", {3, 0, 0, 200}) == 0);
  byte_vector content;
  CHECK(p.host.files().get_file("/a", content) == wasi_errno::success);
  CHECK(content.size() == 200);
  library_guest g(p.memory64, "__syscall_utimensat", "ippi", p.host);
  g.text(1000, "/a");
  g.store<std::uint64_t>(8, 77);
  g.store<std::uint64_t>(16, 5);
  g.store<std::uint64_t>(32, 0x3ffffffe);
  CHECK(g({here, 1000, 8, 0}) == 0);
  file_stat s;
  CHECK(p.host.files().stat(3, s) == wasi_errno::success);
  CHECK(s.times.accessed == 77'000'000'005);
  CHECK(s.times.modified == 0);
  g.store<std::uint64_t>(16, 1'000'000'000);
  CHECK(g({here, 1000, 8, 0}) == inval);
  if (p.memory64) return;
  CHECK(p.call("ftruncate64", "iii", {3, 5, 0}) == 0);
  CHECK(p.host.files().get_file("/a", content) == wasi_errno::success);
  CHECK(content.size() == 5);
}

TEST_CASE("system calls that are not offered say so") {
  program p{GENERATE(false, true), {}, {}};
  CHECK(p.call("socket", "iiiiii", {2, 1, 0, 0, 0, 0}) == nosys);
  CHECK(p.call("chmod", "pi", {1000, 0}, {"/none"}) == noent);
  CHECK(p.call("fchmod", "ii", {1, 0}) == 0);
  CHECK(p.call("getuid32", "", {}) == 0);
}
