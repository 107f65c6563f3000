#include "wasm64/aot/worker.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/wat.hpp"
#include "wasm64/aot/artifact.hpp"
#include "wasm64/aot/backends/llvm.hpp"
#include "wasm64/aot/layout.hpp"
#include "wasm64/aot/llvm_api.hpp"
#include "wasm64/aot/worker_attempts.hpp"
#include "wasm64/aot/worker_process.hpp"

using namespace wasm64;
using namespace wasm64::aot;
using namespace wasm64::aot::detail;

namespace {

native_code some_code() {
  native_code code;
  for (std::uint8_t byte = 1; byte <= 5; ++byte) code.code.push_back(byte);
  for (const std::uint32_t place : {1u, 0u}) code.entries.push_back(place);
  for (const std::uint32_t place : {5u, 0u}) code.bodies.push_back(place);
  code.sites.push_back({0, 9, 2, site::none});
  code.generator.bytes[3] = 7;
  return code;
}

content_id here() { return engine_fingerprint(layout::all).value(); }

module two_functions() {
  module m;
  m.funcs.resize(2);
  m.bytes.resize(10);
  return m;
}

bytes_view without_head(const byte_vector& message) { return view_of(message).subspan(worker_head_size); }

/// A program of this test, removed with it.
class script {
 public:
  explicit script(const char* text) : path_(std::filesystem::temp_directory_path() / "wasm64-worker-XXXXXX") {
    std::string name = path_.string();
    const int file = ::mkstemp(name.data());
    REQUIRE(file >= 0);
    ::close(file);
    path_ = name;
    std::ofstream(path_) << "#!/bin/sh\n" << text << '\n';
    ::chmod(name.c_str(), 0700);
  }
  ~script() { std::filesystem::remove(path_); }

  result<native_code> compile(std::uint32_t milliseconds = 10'000) const {
    llvm_options options;
    options.worker = path_.string();
    compile_request request;
    request.budgets.milliseconds = milliseconds;
    return compile_in_worker(options, two_functions(), request);
  }

 private:
  std::filesystem::path path_;
};

errc code_of(const result<native_code>& r) { return r.has_value() ? errc{} : r.assume_error().code; }

/// What a process answers that calls `compile_worker` for a request.
result<byte_vector> answer_of(const byte_vector& request) {
  int to[2], from[2];
  REQUIRE(::pipe(to) == 0);
  REQUIRE(::pipe(from) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(to[1]);
    ::_exit(compile_worker(to[0], from[1]));
  }
  ::close(to[0]);
  ::close(from[1]);
  REQUIRE(::write(to[1], request.data(), request.size()) == static_cast<ssize_t>(request.size()));
  ::close(to[1]);
  byte_vector answer;
  std::uint8_t bytes[1000];
  for (ssize_t got; (got = ::read(from[0], bytes, sizeof bytes)) > 0;) answer.insert(answer.end(), bytes, bytes + got);
  ::close(from[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(errc::aot_worker_failed);
  REQUIRE(answer.size() >= worker_head_size);
  return answer;
}

}  // namespace

TEST_CASE("requests to a worker are read as they were written", "[aot][worker]") {
  llvm_options options;
  options.library = "libLLVM";
  options.target.features = 5;
  options.verify = true;
  const std::uint32_t functions[] = {3, 4};
  compile_request request;
  request.metered = true;
  request.functions = functions;
  request.threads = 7;
  request.effort = effort::most;
  request.budgets = {1, 2, 3};
  const module m = two_functions();
  const byte_vector message = write_request(worker_task::compile, here(), options, &m, request);
  REQUIRE(read_head(std::span<const std::uint8_t, worker_head_size>(message.data(), worker_head_size)).value() ==
          message.size() - worker_head_size);
  const worker_request read = read_request(without_head(message)).value();
  CHECK(read.task == worker_task::compile);
  CHECK(read.engine == here());
  CHECK(read.options.library == "libLLVM");
  CHECK(read.options.target == options.target);
  CHECK(read.options.verify);
  CHECK(read.request.metered);
  CHECK(read.request.threads == 7);
  CHECK(read.request.effort == effort::most);
  CHECK(read.request.budgets.milliseconds == 1);
  CHECK(read.request.budgets.memory == 2);
  CHECK(read.request.budgets.operations == 3);
  CHECK(read.functions.size() == 2);
  CHECK(read.module_bytes.size() == 10);

  const byte_vector short_one = write_request(worker_task::fingerprint, here(), options, nullptr, {});
  CHECK(read_request(without_head(short_one)).has_value());
  const bytes_view whole = without_head(short_one);
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(read_request(whole.first(size)).has_value());
  CHECK_FALSE(read_request(without_head(message).first(60)).has_value());
}

TEST_CASE("what a worker answers is checked", "[aot][worker][hostile]") {
  const module m = two_functions();
  const byte_vector message = write_code(some_code());
  const native_code read = read_code(without_head(message), m).value();
  CHECK(read.code == some_code().code);
  CHECK(read.entries == some_code().entries);
  CHECK(read.bodies == some_code().bodies);
  CHECK(read.generator == some_code().generator);
  REQUIRE(read.sites.size() == 1);
  CHECK(read.sites[0] == some_code().sites[0]);

  const std::size_t code_begins = message.size() - worker_head_size - 4;  // a body begins at the last byte but one
  for (std::size_t size = 0; size < code_begins; ++size) {
    const byte_vector cut(without_head(message).begin(),
                          without_head(message).begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(code_of(read_code(view_of(cut), m)) == errc::aot_worker_failed);
  }
  byte_vector bytes(without_head(message).begin(), without_head(message).end());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << bit % 8));
    const auto r = read_code(view_of(bytes), m);
    if (r.has_value()) {
      for (const std::uint32_t place : r.assume_value().entries) CHECK(place <= r.assume_value().code.size());
      for (const site& s : r.assume_value().sites) CHECK(s.function < 2);
    }
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << bit % 8));
  }
  module three = two_functions();
  three.funcs.resize(3);
  CHECK(code_of(read_code(without_head(message), three)) == errc::aot_worker_failed);

  const byte_vector failure = write_failure({errc::aot_compiler_missing, std::string("gone")});
  const auto failed = read_code(without_head(failure), m);
  CHECK(code_of(failed) == errc::aot_compiler_missing);
  CHECK(failed.assume_error().detail == "gone");
  const byte_vector strange = write_failure({errc::trap_unreachable, std::string()});
  CHECK(code_of(read_code(without_head(strange), m)) == errc::aot_worker_failed);
}

TEST_CASE("workers that fail do no harm", "[aot][worker][hostile]") {
  llvm_options options;
  options.worker = "/nowhere/worker";
  CHECK(code_of(compile_in_worker(options, two_functions(), {})) == errc::aot_worker_failed);
  CHECK_FALSE(worker_fingerprint(options).has_value());

  const auto silent = script("exit 3").compile();
  CHECK(code_of(silent) == errc::aot_worker_failed);
  CHECK(silent.assume_error().detail == "exit status 3");
  const auto killed = script("kill -SEGV $$").compile();
  CHECK(code_of(killed) == errc::aot_worker_failed);
  CHECK(killed.assume_error().detail == "signal 11");
  CHECK(code_of(script("cat").compile()) == errc::aot_worker_failed);
  CHECK(code_of(script("yes").compile()) == errc::aot_worker_failed);
  const auto slow = script("cat > /dev/null; sleep 1000").compile(100);
  CHECK(code_of(slow) == errc::aot_worker_failed);
  CHECK(slow.assume_error().detail == "takes too long");
}

TEST_CASE("a worker compiles as this process does", "[aot][worker][llvm]") {
  const auto with = llvm::load();
  if (!with.has_value()) return;
  const auto m = test::compile_wat(R"((module (func (export "f") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 42)))))");
  llvm_options options;
  options.in_process = true;
  compile_request request;
  request.budgets.memory = 0;
  request.budgets.milliseconds = 0;
  const byte_vector answer = answer_of(write_request(worker_task::compile, here(), options, m.get(), request)).value();
  const native_code theirs = read_code(without_head(answer), *m).value();
  const native_code ours = llvm_generator(options).compile(*m, request).value();
  CHECK(theirs.code == ours.code);
  CHECK(theirs.entries == ours.entries);
  CHECK(theirs.entries[0] != 0);

  const byte_vector named = answer_of(write_request(worker_task::fingerprint, here(), options, nullptr, {})).value();
  CHECK(read_fingerprint(without_head(named)).value() == llvm_generator(options).fingerprint().value());
  CHECK(theirs.generator == llvm_generator(options).fingerprint().value());
  CHECK(ours.generator == theirs.generator);

  // Code for another engine would be none for this one.
  const byte_vector other = answer_of(write_request(worker_task::compile, {}, options, m.get(), request)).value();
  const auto other_engine = read_code(without_head(other), *m);
  CHECK(code_of(other_engine) == errc::aot_worker_failed);
  CHECK(other_engine.assume_error().detail == "worker is of another version");

  module broken = two_functions();
  const byte_vector refused = answer_of(write_request(worker_task::compile, here(), options, &broken, request)).value();
  CHECK(code_of(read_code(without_head(refused), broken)) == errc::aot_worker_failed);
  CHECK_FALSE(answer_of(byte_vector(worker_head_size)).has_value());
  request.budgets.memory = 1;
  request.budgets.milliseconds = 60'000;
  CHECK(answer_of(write_request(worker_task::compile, here(), options, m.get(), request)).has_value());
}

TEST_CASE("a worker's attempts go on without what the ones before did not survive", "[aot][worker][hostile]") {
  using llvm::manner;
  const shared_functions functions = shared_functions::make(4).value();
  const auto all = functions.all();
  // The second function crashes where it is optimized, the third one never ends, the others do nothing of the kind.
  const auto work = [&](std::uint64_t) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].at_best.load() == manner::interpreted) continue;
      all[i].is_running = true;
      if (i == 1 && all[i].at_best.load() == manner::normal) ::raise(SIGKILL);
      while (i == 2) ::pause();
      all[i].is_running = false;
    }
    return true;
  };
  CHECK(attempt(functions, 1500, work));
  CHECK(all[0].at_best.load() == manner::normal);
  CHECK(all[1].at_best.load() == manner::least);
  CHECK(all[2].at_best.load() == manner::interpreted);
  CHECK(all[3].at_best.load() == manner::normal);

  const shared_functions none = shared_functions::make(0).value();
  CHECK_FALSE(attempt(none, 1000, [](std::uint64_t) { return ::raise(SIGKILL) == 0; }));
  CHECK_FALSE(attempt(none, 50, [](std::uint64_t) -> bool {
    for (;;) ::pause();
  }));
}

TEST_CASE("a worker that dies while it answers answers nothing else", "[aot][worker][hostile]") {
  const shared_functions functions = shared_functions::make(1).value();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK_FALSE(attempt(functions, 1000, [&](std::uint64_t) {
    functions.all()[0].is_running = true;
    functions.begin_answer();
    return ::write(ends[1], "part", 4) == 4 && ::raise(SIGKILL) == 0;
  }));
  CHECK(functions.is_answered());
  ::close(ends[1]);
  char bytes[100];
  CHECK(::read(ends[0], bytes, sizeof bytes) == 4);
  ::close(ends[0]);
}
