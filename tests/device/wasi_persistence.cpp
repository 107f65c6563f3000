// Files in messages behave as files in memory do, whatever is forgotten and read again in between.
#include <functional>

#include "tests/device/keyless.hpp"
#include "wasm64/device/wasi.hpp"

using namespace device_tests;

namespace {

/// What the next call of `test.run` does.
std::function<void(virtual_files&)> next_step;

/// Gives guests a function that runs `next_step` on their files.
template <class M>
class stepping_library final : public import_library<M> {
 public:
  void define(linker& to, const module&, guest<M>& owner) override {
    to.func("test", "run", [&owner] { next_step(owner.host().files()); });
  }
};
struct stepping_device : keyless_device {
  static constexpr std::string_view name = "step@1.0";
  template <class M>
  static std::unique_ptr<import_library<M>> make_library(device_base<M>&) {
    return std::make_unique<stepping_library<M>>();
  }
};
struct stepping_config : default_device_config {
  using siblings = device_list<wasi_device, stepping_device>;
  using builtin_libraries = device_list<stepping_device>;
};

constexpr std::string_view runner = R"((module
  (import "test" "run" (func $run))
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (memory i64 1)
  (func (export "run") (call $run))))";

/// One call after the other over a message.
struct message_run {
  message_run() {
    auto prepared = take(f.device.call("wasi@1.0", "init", map({{"output-prefix", "wasm"}}), {}));
    m = take(f.device.init(with(std::move(prepared.message), "image", image(runner))));
  }
  void step(std::uint64_t milliseconds, const std::function<void(virtual_files&)>& what) {
    next_step = what;
    m = take(f.device.compute(std::move(m), map({{"function", "run"}, {"timestamp", milliseconds}})));
    if (text_at(m, "results/wasm/type") != "ok") FAIL(text_at(m, "results/wasm/output"));
  }
  void restart() {
    const msg snapshot = take(f.device.snapshot(m));
    m = take(policy::decode(view_of(take(policy::encode(m)))));
    m = take(f.device.normalize(with(std::move(m), "snapshot", snapshot)));
  }

  fixture<stepping_config> f;
  msg m;
};

/// Operations that follow from a seed, and what came of them.
class random_user {
 public:
  explicit random_user(std::uint32_t seed) : state_(seed * 2654435761u + 12345) {}

  void act(virtual_files& files) {
    const std::string path = pick_path();
    const std::uint32_t fd = 3 + below(6);
    switch (below(20)) {
      case 0:
      case 1:
      case 2: {
        open_options how;
        how.create = below(3) != 0;
        how.exclusive = below(8) == 0;
        how.truncate = below(6) == 0;
        how.flags = below(4) == 0 ? fd_flags::append : 0;
        if (below(4) == 0) how.base = read_only_rights;
        std::uint32_t made = 99;
        say("open " + path, files.open(at(path), how, made), made);
        break;
      }
      case 3: say("close", files.close(fd), fd); break;
      case 4:
      case 5: {
        const std::string text = "text" + std::to_string(below(1000));
        std::size_t count = 0;
        say("write", files.write(fd, as_bytes(text), count), fd);
        break;
      }
      case 6: {
        std::uint8_t bytes[16];
        std::size_t count = 0;
        say("read", files.read(fd, bytes, count), fd);
        log.append(reinterpret_cast<const char*>(bytes), count);
        break;
      }
      case 7: {
        std::uint64_t position = 0;
        say("seek", files.seek(fd, below(20), seek_from::start, position), fd);
        break;
      }
      case 8: say("mkdir " + path, files.make_directory(at(path)), 0); break;
      case 9: say("rmdir " + path, files.remove_directory(at(path)), 0); break;
      case 10: say("unlink " + path, files.unlink(at(path)), 0); break;
      case 11:
      case 12: {
        const std::string to = pick_path();
        say("rename " + path + " " + to, files.rename(at(path), at(to)), 0);
        break;
      }
      case 13: {
        const std::string to = pick_path();
        say("link " + path + " " + to, files.link(at(path, false), at(to)), 0);
        break;
      }
      case 14: {
        const std::string to = pick_path();
        say("symlink " + to + " at " + path, files.symlink(to, at(path)), 0);
        break;
      }
      case 15: {
        std::uint32_t made = 99;
        if (below(2) == 0) say("dup", files.duplicate(fd, 3, made), made);
        else say("dup2", files.duplicate_to(fd, 3 + below(6)), 0);
        break;
      }
      case 16: say("truncate " + path, files.set_size_at(at(path), below(30)), 0); break;
      case 17: {
        file_times_change change;
        change.modified = true;
        change.modification_time = below(1000);
        say("utimes " + path, files.set_times_at(at(path, false), change), 0);
        break;
      }
      case 18: say("chdir " + path, files.change_directory(at(path)), 0); break;
      default: look(files, path); break;
    }
  }

  /// Everything there is.
  void look_at_all(virtual_files& files) {
    list(files, "/", 0);
    for (std::uint32_t fd = 3; fd < 12; ++fd) {
      fd_stat status;
      if (files.status(fd, status) != wasi_errno::success) continue;
      std::uint64_t position = 0;
      say("status", files.seek(fd, 0, seek_from::current, position), position);
      log += std::to_string(static_cast<int>(status.type)) + " " + std::to_string(status.flags) + " " +
             std::to_string(status.base) + " " + std::to_string(status.inheriting) + " " + files.path_of(fd) + "\n";
      std::uint8_t bytes[64];
      std::size_t count = 0;
      if (files.read_at(fd, 0, bytes, count) == wasi_errno::success) {
        log.append(reinterpret_cast<const char*>(bytes), count);
      }
    }
    log += "in " + files.working_directory() + "\n";
  }

  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 33) % limit;
  }

  std::string log;

 private:
  static file_path at(const std::string& path, bool follow = true) {
    return {file_path::working_directory, path, follow};
  }
  std::string pick_path() {
    static constexpr const char* names[] = {"a", "A", "b", "private", "d%41", "x;y", "..", "device"};
    std::string path = below(3) == 0 ? "/" : "";
    for (std::uint32_t levels = 1 + below(3); levels != 0; --levels) {
      path.append(path.empty() || path.back() == '/' ? "" : "/").append(names[below(std::size(names))]);
    }
    return path;
  }
  void say(const std::string& what, wasi_errno e, std::uint64_t number) {
    log += "\n" + what + ": " + std::to_string(static_cast<int>(e)) + " " + std::to_string(number) + " ";
  }
  void look(virtual_files& files, const std::string& path) {
    file_stat stat;
    const wasi_errno e = files.stat_at(at(path, false), stat);
    say("stat " + path, e, stat.size);
    if (e != wasi_errno::success) return;
    log += std::to_string(static_cast<int>(stat.type)) + " " + std::to_string(stat.links) + " " +
           std::to_string(stat.times.accessed) + " " + std::to_string(stat.times.modified) + " " +
           std::to_string(stat.times.changed) + " ";
    std::string target;
    if (files.read_link(at(path), target) == wasi_errno::success) log += target;
    byte_vector content;
    if (stat.type == file_type::regular_file && files.get_file(path, content) == wasi_errno::success) {
      log += as_text(view_of(content));
    }
  }
  void list(virtual_files& files, const std::string& path, int depth) {
    look(files, path);
    std::uint32_t fd = 0;
    open_options how;
    how.directory = true;
    how.base = read_only_rights;
    if (depth > 12 || files.open(at(path, false), how, fd) != wasi_errno::success) return;
    directory_entry entry;
    vector<std::string> names;
    for (bool found = true;;) {
      if (files.next_entry(fd, entry.cookie, entry, found) != wasi_errno::success || !found) break;
      if (entry.name != "." && entry.name != "..") names.push_back(entry.name);
    }
    (void)files.close(fd);
    for (const std::string& name : names) {
      if (path != "/" || name != "dev") list(files, (path == "/" ? "" : path) + "/" + name, depth + 1);
    }
  }

  std::uint64_t state_;
};

/// Where two logs begin to differ; empty when they do not.
std::string difference(const std::string& a, const std::string& b) {
  if (a == b) return {};
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  const std::size_t from = a.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t line = from == a.npos ? 0 : from;
  return a.substr(line, 200) + "\n--- but ---" + b.substr(line, 200);
}

}  // namespace

TEST_CASE("files in messages behave as files in memory do") {
  const bool restarts = GENERATE(false, true);
  const std::uint32_t seeds = std::getenv("WASM64_LONG_RUNS") != nullptr ? 200 : 6;
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    INFO("seed " << seed);
    wasi_context memory;
    memory.preopen_root = true;
    CHECK(memory.files().put_file("/dev/stdin", {}) == wasi_errno::success);
    message_run message;
    random_user first(seed), second(seed), reader(0), other_reader(0);
    for (std::uint64_t step = 1; step <= 60; ++step) {
      const std::uint32_t actions = 1 + first.below(4);
      CHECK(second.below(4) == actions - 1);
      memory.nanoseconds = step * 1'000'000;
      for (std::uint32_t i = 0; i < actions; ++i) first.act(memory.files());
      message.step(step, [&](virtual_files& files) {
        for (std::uint32_t i = 0; i < actions; ++i) second.act(files);
      });
      if (first.log != second.log) break;
      if (restarts && step % 3 == 0) message.restart();
    }
    REQUIRE(difference(first.log, second.log) == "");
    reader.look_at_all(memory.files());
    message.step(61, [&](virtual_files& files) { other_reader.look_at_all(files); });
    REQUIRE(difference(reader.log, other_reader.log) == "");
  }
}

TEST_CASE("whatever a message says about files, programs get through and messages stay encodable") {
  const std::uint32_t seeds = std::getenv("WASM64_LONG_RUNS") != nullptr ? 2000 : 60;
  static constexpr const char* texts[] = {"/a",
                                          "a/b",
                                          "/dev/stdin",
                                          "link=/a",
                                          "same=/a",
                                          "link=",
                                          "same=/b;also=/a",
                                          "also=/a;also=/b;also=/a/b",
                                          "modified=99x",
                                          "..",
                                          "modified=5;link=a/../b",
                                          "\xff/\x01"};
  static constexpr const char* keys[] = {"a",        "A",      "b",     "dev",    "stdin",   "stdout",  ".",
                                         "..",       "%61",    "%2f",   "0",      "3",       "4",       "5",
                                         "filename", "offset", "flags", "rights", "same-as", "file-of", "content"};
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    INFO("seed " << seed);
    random_user chance(seed + 1000), user(seed);
    const std::function<msg(int)> any = [&](int depth) -> msg {
      switch (chance.below(depth > 4 ? 6 : 10)) {
        case 0: return msg(integer(~std::uint64_t{chance.below(3)}));
        case 1: return msg(-1);
        case 2: return msg(chance.below(6));
        case 3: return msg(chance.below(2) == 0);
        case 4:
        case 5: return msg(texts[chance.below(std::size(texts))]);
        case 6: return list({any(depth + 1), any(depth + 1)});
        default: {
          vector<std::pair<std::string, msg>> entries;
          for (std::uint32_t n = chance.below(7); n != 0; --n) {
            entries.push_back({keys[chance.below(std::size(keys))], any(depth + 1)});
          }
          return msg::map(std::move(entries));
        }
      }
    };
    message_run run;
    for (const char* key : {"vfs", "vfs-attributes", "file-descriptors", "vfs-working-directory"}) {
      if (chance.below(4) != 0) run.m = with(std::move(run.m), key, any(key[0] == 'v' ? 0 : 1));
    }
    for (std::uint64_t step = 1; step < 8; ++step) {
      run.step(step, [&](virtual_files& files) {
        for (int i = 0; i < 4; ++i) user.act(files);
        user.look_at_all(files);
      });
      if (step % 3 == 0) run.restart();
    }
  }
}

TEST_CASE("directories are as deep as messages can hold") {
  message_run run;
  run.step(1, [](virtual_files& files) {
    std::uint32_t depth = 0;
    while (files.make_directory({file_path::working_directory, "d"}) == wasi_errno::success) {
      CHECK(files.change_directory({file_path::working_directory, "d"}) == wasi_errno::success);
      ++depth;
    }
    CHECK(depth == files.limits().depth);
  });
  run.restart();
  run.step(2, [](virtual_files& files) {
    CHECK(files.working_directory().size() == 2 * files.limits().depth);
    CHECK(files.make_directory({file_path::working_directory, "e"}) == wasi_errno::nametoolong);
    CHECK(files.put_file("../f", as_bytes("x")) == wasi_errno::success);
  });
  run.restart();
}
