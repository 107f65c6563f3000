// The device wasi@1.0: programs with files that live in messages.
#include "wasm64/device/wasi.hpp"
#include "tests/device/support.hpp"
#include "wasm64/device/stack.hpp"

using namespace device_tests;

namespace {

struct config_with_wasi : default_device_config {
  using siblings = device_list<stack_device, wasi_device>;
};

/// Prints "Hello from wasm" in two parts; 32-bit, as the oldest fixture of this kind is.
constexpr std::string_view printer = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\18\00\00\00\06\00\00\00\1e\00\00\00\0a\00\00\00Hello from wasm\n")
  (func (export "hello") (result i32)
    (call $fd_write (i32.const 1) (i32.const 8) (i32.const 2) (i32.const 64)))
  (func (export "hello_and_trap") (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 2) (i32.const 64)))
    unreachable)
  (func (export "nothing"))))";

/// Passes its arguments on; the test puts texts into the memory.
constexpr std::string_view files = R"((module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i64 i64 i32 i64 i64 i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i64 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i64 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "other" "look" (func $look (result i64)))
  (memory (export "memory") i64 4)
  (func (export "open") (param i32 i64 i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (i64.const 1024) (local.get 1) (local.get 2)
      (i64.const 0x8e000fe) (i64.const 0) (i32.const 0) (i64.const 64)))
  (func (export "opened") (result i32) (i32.load (i64.const 64)))
  (func $write (export "write") (param i32 i64) (result i32)
    (i64.store (i64.const 128) (i64.const 1024))
    (i64.store (i64.const 136) (local.get 1))
    (call $fd_write (local.get 0) (i64.const 128) (i64.const 1) (i64.const 64)))
  (func $read (export "read") (param i32 i64) (result i64)
    (i64.store (i64.const 128) (i64.const 4096))
    (i64.store (i64.const 136) (local.get 1))
    (if (call $fd_read (local.get 0) (i64.const 128) (i64.const 1) (i64.const 64)) (then (return (i64.const -1))))
    (i64.load (i64.const 64)))
  (func (export "seek") (param i32 i64) (result i32)
    (call $fd_seek (local.get 0) (local.get 1) (i32.const 0) (i64.const 64)))
  (func (export "close") (param i32) (result i32) (call $fd_close (local.get 0)))
  (func (export "unlink") (param i64) (result i32) (call $unlink (i32.const 3) (i64.const 1024) (local.get 0)))
  (func (export "mkdir") (param i64) (result i32) (call $mkdir (i32.const 3) (i64.const 1024) (local.get 0)))
  (func (export "write_look_read") (param i32 i64) (result i64 i64)
    (drop (call $write (local.get 0) (local.get 1)))
    (call $look)
    (call $read (local.get 0) (i64.const 100)))
  (func (export "exit") (param i32) (result i32)
    (drop (call $write (i32.const 1) (i64.const 4)))
    (call $exit (local.get 0))
    (i32.const 77))
  (func (export "nothing"))))";

struct wasi_fixture : fixture<config_with_wasi> {
  explicit wasi_fixture(device_options options = {}) : fixture(std::move(options)) {}

  msg wasi_init(msg base) {
    auto done = take(device.call("WASI@1.0", "init", std::move(base), {}));
    CHECK(done.status == device_status::ok);
    return std::move(done.message);
  }
  /// Both devices' `init`, as a stack does it.
  msg start(std::string_view source, msg base = map({})) {
    base = with(with(std::move(base), "output-prefix", "wasm"), "image", image(source));
    return take(device.init(wasi_init(std::move(base))));
  }
  std::uint8_t* memory(const msg& m) { return take(device.instance_of(m)->main_memory())->base; }
  void put(const msg& m, std::string_view text) { std::memcpy(memory(m) + 1024, text.data(), text.size()); }
  std::string got(const msg& m, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(memory(m)) + 4096, size);
  }
  /// Opens with flags of path_open: the errno, and the descriptor where it went well.
  std::int64_t open(msg& m, std::string_view path, int flags = 0) {
    put(m, path);
    const std::int64_t e = call(m, "open", {0, path.size(), flags});
    if (e == 0) fd = call(m, "opened");
    return e;
  }
  std::int64_t write(msg& m, std::int64_t to, std::string_view text) {
    put(m, text);
    return call(m, "write", {to, text.size()});
  }
  std::string read(msg& m, std::int64_t from, std::size_t most = 1000) {
    const std::int64_t n = call(m, "read", {from, most});
    return n < 0 ? "failed" : got(m, static_cast<std::size_t>(n));
  }
  std::int64_t call(msg& m, std::string_view function, std::initializer_list<msg> parameters = {}) {
    m = compute(std::move(m), function, parameters);
    if (text_at(m, "results/wasm/type") != "ok") FAIL(text_at(m, "results/wasm/output"));
    return m.get("results/wasm/output/1").as_integer().as_int64();
  }
  /// As after a restart: only what is encoded is left, and the instance's snapshot.
  msg restart(msg m) {
    const msg snapshot = take(device.snapshot(m));
    const byte_vector encoded = take(policy::encode(m));
    m = take(policy::decode(view_of(encoded)));
    return take(device.normalize(with(std::move(m), "snapshot", snapshot)));
  }

  std::int64_t fd = -1;
};

}  // namespace

TEST_CASE("init of wasi prepares streams and a library") {
  wasi_fixture f;
  const msg m = f.wasi_init(map({}));
  CHECK(m == map({{"wasm", map({{"stdlib", map({{"wasi_snapshot_preview1", map({{"device", "WASI@1.0"}})}})}})},
                  {"file-descriptors", map({{"0", map({{"filename", "/dev/stdin"}, {"offset", 0}})},
                                            {"1", map({{"filename", "/dev/stdout"}, {"offset", 0}})},
                                            {"2", map({{"filename", "/dev/stderr"}, {"offset", 0}})}})},
                  {"vfs", map({{"dev", map({{"stdin", ""}, {"stdout", ""}, {"stderr", ""}})}})}}));
  CHECK(f.wasi_init(m) == m);
  const msg other = f.wasi_init(map({{"output-prefix", "vm"}}));
  CHECK(text_at(other, "vm/stdlib/wasi_snapshot_preview1/device") == "WASI@1.0");
}

TEST_CASE("init of wasi keeps what is there") {
  wasi_fixture f;
  const msg m = f.wasi_init(map({{"vfs", map({{"data", "1"}, {"dev", map({{"stdin", "typed"}})}})},
                                 {"file-descriptors", map({{"7", map({{"filename", "/data"}, {"offset", 1}})}})}}));
  CHECK(text_at(m, "vfs/data") == "1");
  CHECK(text_at(m, "vfs/dev/stdin") == "typed");
  CHECK(text_at(m, "file-descriptors/7/filename") == "/data");
  CHECK(text_at(m, "file-descriptors/1/filename") == "/dev/stdout");
  CHECK(code_of(f.device.call("wasi@1.0", "init", map({{"vfs", 5}}), {})) == errc::malformed_message);
}

TEST_CASE("compute of wasi leaves a message as it is, stdout shows what was printed") {
  wasi_fixture f;
  const msg m = f.wasi_init(map({}));
  CHECK(take(f.device.call("wasi@1.0", "compute", m, {})).message == m);
  CHECK(take(f.device.call("wasi@1.0", "stdout", m, {})).message == msg(""));
  CHECK(take(f.device.call("wasi@1.0", "image", with(m, "image", "x"), {})).message == msg("x"));
}

TEST_CASE("files and messages with them survive encoding") {
  wasi_fixture f;
  const auto round_trip = [](const msg& v) { return take(policy::decode(view_of(take(policy::encode(v))))); };
  msg m = map({{"device", "stack@1.0"},
               {"device-stack", list({"WASI@1.0", "WASM-64@1.0"})},
               {"output-prefixes", list({"wasm", "wasm"})},
               {"stack-keys", list({"init", "compute"})},
               {"image", image(printer)},
               {"function", "hello"}});
  m = take(f.device.resolve(std::move(m), map({{"path", "init"}}))).message;
  CHECK(m.get("vfs/dev").keys().size() == 3);
  CHECK(round_trip(m.get("vfs")) == m.get("vfs"));
  CHECK(round_trip(m) == m);
  m = take(f.device.resolve(std::move(m), map({{"path", "compute"}}))).message;
  CHECK(text_at(m, "vfs/dev/stdout") == "Hello from wasm\n");
  CHECK(m.get("results/wasm/output") == list({0}));
  CHECK(round_trip(m.get("vfs")) == m.get("vfs"));
  CHECK(round_trip(m) == m);
}

TEST_CASE("what a program prints is in the message when the call ends, also by a trap") {
  wasi_fixture f;
  msg m = f.start(printer);
  CHECK(f.call(m, "hello") == 0);
  CHECK(text_at(m, "vfs/dev/stdout") == "Hello from wasm\n");
  CHECK(m.get("file-descriptors/1/offset") == msg(16));
  m = f.compute(std::move(m), "hello_and_trap");
  CHECK(text_at(m, "results/wasm/type") == "error");
  CHECK(text_at(m, "vfs/dev/stdout") == "Hello from wasm\nHello from wasm\n");
  CHECK(m.get("file-descriptors/1/offset") == msg(32));
  CHECK(m.get("vfs-attributes").is_null());
}

TEST_CASE("what was printed can be taken away between calls") {
  wasi_fixture f;
  msg m = f.start(printer);
  CHECK(f.call(m, "hello") == 0);
  m = with(std::move(m), "vfs/dev/stdout", "");
  CHECK(f.call(m, "hello") == 0);
  CHECK(text_at(m, "vfs/dev/stdout") == "Hello from wasm\n");
  m.remove("vfs");
  CHECK(f.call(m, "hello") == 0);
  CHECK(text_at(m, "vfs/dev/stdout") == "Hello from wasm\n");
  m.remove("file-descriptors");
  CHECK(f.call(m, "hello") == 0);
  CHECK(m.get("file-descriptors/1/offset") == msg(16));
  CHECK(text_at(m, "file-descriptors/0/filename") == "/dev/stdin");
  m.remove("file-descriptors/1");
  CHECK(f.call(m, "hello") == 0);
  CHECK(m.get("file-descriptors/1/offset") == msg(32));
}

TEST_CASE("a call without files reads and writes nothing of them") {
  wasi_fixture f;
  msg m = f.start(printer);
  m = with(with(std::move(m), "vfs", 5), "file-descriptors", "none");
  m = f.compute(std::move(m), "nothing");
  CHECK(text_at(m, "results/wasm/type") == "ok");
  CHECK(m.get("vfs") == msg(5));
  CHECK(m.get("file-descriptors") == msg("none"));
}

TEST_CASE("files and positions persist from call to call") {
  wasi_fixture f;
  msg m = f.start(files, map({{"timestamp", 5}}));
  CHECK(f.open(m, "notes.txt", 1) == 0);
  CHECK(f.fd == 4);
  CHECK(f.write(m, 4, "first line\n") == 0);
  CHECK(text_at(m, "vfs/notes.txt") == "first line\n");
  CHECK(text_at(m, "file-descriptors/4/filename") == "/notes.txt");
  CHECK(m.get("file-descriptors/4/offset") == msg(11));
  CHECK(text_at(m, "vfs-attributes/notes.txt") == "accessed=5000000;modified=5000000;changed=5000000");
  m = f.restart(std::move(m));
  CHECK(f.write(m, 4, "second") == 0);
  CHECK(f.call(m, "seek", {4, 6}) == 0);
  CHECK(f.read(m, 4) == "line\nsecond");
  CHECK(f.call(m, "close", {4}) == 0);
  CHECK(m.get("file-descriptors/4").is_null());
  CHECK(f.call(m, "close", {4}) == 8);
}

TEST_CASE("a program sees what others changed") {
  wasi_fixture f;
  msg m = f.start(files);
  m = with(std::move(m), "vfs/data/input", "given");
  CHECK(f.open(m, "data/input") == 0);
  CHECK(f.read(m, f.fd) == "given");
  m = with(std::move(m), "vfs/data/input", "given more");
  CHECK(f.read(m, f.fd) == " more");
  m.remove("vfs/data/input");
  CHECK(f.read(m, f.fd).empty());
  CHECK(f.open(m, "data/input") == 44);
  m = with(std::move(m), "vfs/dev/stdin", "typed");
  CHECK(f.read(m, 0) == "typed");
  CHECK(m.get("file-descriptors/0/offset") == msg(5));
}

TEST_CASE("another import sees the files and can change them") {
  wasi_fixture f;
  msg m = f.start(files);
  std::string seen;
  const handler look = handler([&seen](call_of& call) -> result<answer_of> {
    seen = text_at(call.state, "vfs/f");
    msg state = with(call.state, "vfs/f", "new content");
    state = with(std::move(state), "file-descriptors/4/offset", 4);
    return answer_of{list({1}), state};
  });
  m = take(policy::set_private(std::move(m), "wasm/stdlib/other", policy::make_host(host_object::make(look))));
  CHECK(f.open(m, "f", 1) == 0);
  f.put(m, "abc");
  m = f.compute(std::move(m), "write_look_read", {4, 3});
  REQUIRE(text_at(m, "results/wasm/type") == "ok");
  CHECK(seen == "abc");
  CHECK(m.get("results/wasm/output/2") == msg(7));
  CHECK(f.got(m, 7) == "content");
  CHECK(m.get("file-descriptors/4/offset") == msg(11));
}

TEST_CASE("an open file that was removed is kept with its descriptor") {
  wasi_fixture f;
  msg m = f.start(files);
  CHECK(f.open(m, "f", 1) == 0);
  CHECK(f.write(m, 4, "abc") == 0);
  CHECK(f.call(m, "unlink", {f.open(m, "f") == 0 ? 1 : 0}) == 0);
  CHECK(m.get("vfs/f").is_null());
  CHECK(text_at(m, "file-descriptors/4/content") == "abc");
  m = f.restart(std::move(m));
  CHECK(f.write(m, 4, "def") == 0);
  CHECK(f.call(m, "seek", {4, 1}) == 0);
  CHECK(f.read(m, 4) == "bcdef");
  CHECK(f.call(m, "close", {4}) == 0);
  CHECK(m.get("file-descriptors/4").is_null());
}

TEST_CASE("functions of WASI can be asked for by the import key") {
  wasi_fixture f;
  msg m = f.start(files);
  const auto ask = [&](std::string_view func, std::initializer_list<msg> args) {
    msg request =
        map({{"module", "wasi_snapshot_preview1"}, {"func", func}, {"args", list(args)}, {"func-sig", "()i"}});
    const auto done = take(f.device.call("import", std::move(m), request)).message;
    m = done.get("state");
    return done.get("results");
  };
  f.put(m, "asked for");
  std::uint8_t* const memory = f.memory(m);
  store_le(memory + 128, std::uint64_t{1024});
  store_le(memory + 136, std::uint64_t{9});
  CHECK(ask("fd_write", {1, 128, 1, 64}) == list({0}));
  CHECK(text_at(m, "vfs/dev/stdout") == "asked for");
  CHECK(load_le<std::uint64_t>(memory + 64) == 9);
  CHECK(ask("fd_close", {77}) == list({8}));
  CHECK(ask("fd_write", {1, 1 << 30, 1, 64}) == list({21}));
  CHECK(code_of(f.device.call("import", m,
                              map({{"module", "wasi_snapshot_preview1"}, {"func", "fd_close"}, {"args", list({})}}))) ==
        errc::arity_mismatch);
  CHECK(f.write(m, 1, "!") == 0);
  CHECK(text_at(m, "vfs/dev/stdout") == "asked for!");
}

TEST_CASE("exit with code 0 is a result, any other one an error") {
  wasi_fixture f;
  msg m = f.start(files);
  f.put(m, "bye\n");
  m = f.compute(std::move(m), "exit", {0});
  CHECK(text_at(m, "results/wasm/type") == "ok");
  CHECK(m.get("results/wasm/output") == list({}));
  CHECK(text_at(m, "vfs/dev/stdout") == "bye\n");
  m = f.compute(std::move(m), "exit", {3});
  CHECK(text_at(m, "results/wasm/type") == "error");
  CHECK(text_at(m, "results/wasm/output") == "program exited: code 3");
  m = f.compute(std::move(m), "exit", {0});
  CHECK(text_at(m, "results/wasm/type") == "ok");
  CHECK(text_at(m, "vfs/dev/stdout") == "bye\nbye\nbye\n");
}

TEST_CASE("names of files become keys without loss") {
  wasi_fixture f;
  msg m = f.start(files);
  const std::pair<const char*, const char*> names[] = {{"Makefile", "Makefile"},
                                                       {"makefile", "%6d%61%6b%65%66%69%6c%65"},
                                                       {"private", "%70rivate"},
                                                       {"PRIVATE", "%50RIVATE"},
                                                       {"device", "%64evice"},
                                                       {"100%", "100%"},
                                                       {"a%41", "a%2541"},
                                                       {"1", "1"},
                                                       {"sp ace;\xc3\xa4", "sp ace;\xc3\xa4"}};
  for (const auto& [name, key] : names) {
    INFO(name);
    REQUIRE(f.open(m, name, 1) == 0);
    CHECK(f.write(m, f.fd, name) == 0);
    CHECK(f.call(m, "close", {f.fd}) == 0);
    const vector<std::string> keys = m.get("vfs").keys();
    CHECK(std::find(keys.begin(), keys.end(), key) != keys.end());
    m = f.restart(std::move(m));
  }
  CHECK(m.get("vfs").keys().size() == std::size(names) + 1);
  for (const auto& [name, key] : names) {
    INFO(name);
    REQUIRE(f.open(m, name) == 0);
    CHECK(f.read(m, f.fd) == name);
    CHECK(f.call(m, "close", {f.fd}) == 0);
  }
  CHECK(f.open(m, "MAKEFILE") == 44);
}

TEST_CASE("values that are no files give way to files") {
  wasi_fixture f;
  msg m = f.start(files, map({{"vfs", map({{"number", 5}, {"list", list({1, 2})}, {"yes", true}})}}));
  CHECK(f.open(m, "number") == 44);
  CHECK(f.open(m, "list/1") == 44);
  CHECK(m.get("vfs/number") == msg(5));
  CHECK(f.open(m, "number", 1) == 0);
  CHECK(m.get("vfs/number") == msg(""));
  f.put(m, "list");
  CHECK(f.call(m, "mkdir", {4}) == 0);
  CHECK(m.get("vfs/list") == map({}));
}

TEST_CASE("hostile descriptors mean something harmless") {
  wasi_fixture f;
  msg m = f.start(files);
  m = with(std::move(m), "vfs/f", "content");
  const auto opened = [&](msg descriptor) { return with(m, "file-descriptors/5", std::move(descriptor)); };
  const auto read = [&](msg state) { return f.read(state, 5); };
  CHECK(read(opened(map({{"filename", "f"}, {"offset", 3}}))) == "tent");
  CHECK(read(opened(map({{"filename", "//f/"}, {"offset", -1}}))) == "content");
  CHECK(read(opened(map({{"filename", "/f"}, {"offset", integer(~std::uint64_t{0})}}))).empty());
  CHECK(read(opened(map({{"filename", "/f"}, {"offset", 8}}))).empty());
  CHECK(read(opened(map({{"filename", "/f"}, {"offset", "text"}}))) == "content");
  CHECK(read(opened(map({{"filename", "/f"}, {"same-as", 5}}))) == "content");
  CHECK(read(opened(map({{"filename", "/f"}, {"same-as", 9}, {"flags", -7}}))) == "content");
  CHECK(read(opened(map({{"filename", "/none"}, {"offset", 3}}))).empty());
  CHECK(read(opened(map({{"filename", "/f"}, {"rights", 0}}))) == "failed");
  CHECK(read(opened(map({{"filename", "/dev"}, {"offset", 3}}))) == "failed");
  CHECK(read(opened(map({{"filename", 7}, {"offset", 3}}))) == "failed");
  CHECK(read(opened(map({{"offset", 3}}))) == "failed");
  CHECK(read(opened(42)) == "failed");
  CHECK(read(with(m, "file-descriptors/18446744073709551615/filename", "/f")) == "failed");
  CHECK(read(with(m, "file-descriptors/5000/filename", "/f")) == "failed");
  CHECK(read(with(m, "file-descriptors/05/filename", "/f")) == "failed");
  m = opened(map({{"filename", "/f"}, {"offset", integer(~std::uint64_t{0})}}));
  CHECK(f.write(m, 5, "x") == 22);
}

TEST_CASE("standard streams that a program closes are open again in the next call", "[device][wasi]") {
  wasi_fixture f;
  msg m = f.start(files);
  f.put(m, "text");
  CHECK(f.call(m, "write", {1, 2}) == 0);
  CHECK(f.call(m, "close", {1}) == 0);
  CHECK(m.get("file-descriptors/1").is_null());
  CHECK(f.call(m, "write", {1, 4}) == 0);
  CHECK(text_at(m, "vfs/dev/stdout") == "tetext");
  CHECK(text_at(m, "file-descriptors/1/filename") == "/dev/stdout");
}
