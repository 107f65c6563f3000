#include "tests/integration/ao_process.hpp"

#include <chrono>
#include <random>
#include <thread>
#if __has_include(<hiredis/hiredis.h>) && defined(AO_PROCESS_REDIS)
#include "tests/stores/redis_server.hpp"
#endif

using namespace ao_process;

namespace {

using arguments = std::vector<std::string>;

arguments with(arguments first, const arguments& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

/// What a run prints, with the id of its last state apart.
struct outcome {
  std::string answers;
  std::string state;
};
outcome outcome_of(const std::string& printed) {
  const std::size_t at = printed.rfind("state ");
  if (at == printed.npos) return {printed, {}};
  return {printed.substr(0, at), printed.substr(at)};
}
outcome outcome_of(const arguments& given) { return outcome_of(run(with(given, {"--state-id"}))); }

/// Stops behind messages and in the middle of them, each time another process goes on.
void check_stops(const std::string& store, const outcome& uninterrupted, const arguments& given) {
  CAPTURE(store);
  const temporary_directory folder;
  std::string answers;
  for (const char* stop : {"1.1", "2", "2.3", "41.2", "41.4", "60", "100.1"}) {
    answers += outcome_of(with(given, {"--store", store, "--fuel-slice", "20000", "--stop-after", stop})).answers;
  }
  const arguments images = {"--images", folder.path() / "images"};
  answers += outcome_of(with(with(given, images), {"--store", store, "--stop-after", "150"})).answers;
  const outcome last = outcome_of(with(with(given, images), {"--store", store}));
  CHECK(answers + last.answers == uninterrupted.answers);
  CHECK(last.state == uninterrupted.state);
}

}  // namespace

TEST_CASE("ao_process has the same state whether it is stopped, cut into slices, or neither") {
  const temporary_directory folder;
  for (const arguments& given : {arguments{}, arguments{"--raw"}}) {
    const outcome uninterrupted = outcome_of(given);
    CHECK(uninterrupted.state.size() == 6 + 43 + 1);
    const outcome sliced = outcome_of(with(given, {"--fuel-slice", "5000"}));
    CHECK(sliced.answers == uninterrupted.answers);
    CHECK(sliced.state == uninterrupted.state);
    const std::string name = (folder.path() / (given.empty() ? "stack" : "raw")).string();
    check_stops("fs:" + name, uninterrupted, given);
#ifdef AO_PROCESS_LMDB
    check_stops("lmdb:" + name + ".lmdb", uninterrupted, given);
#endif
  }
}

#if __has_include(<hiredis/hiredis.h>) && defined(AO_PROCESS_REDIS)
TEST_CASE("ao_process goes on over a Redis server") {
  const redis_server server;
  check_stops("redis://127.0.0.1:" + std::to_string(server.options().port), outcome_of(arguments{}), {});
}
#endif

TEST_CASE("ao_process has the same state however often it is killed") {
  const bool is_long = std::getenv("WASM64_LONG_RUNS") != nullptr;
  const temporary_directory folder;
  const std::string messages = (folder.path() / "messages").string();
  write_many_messages(messages, is_long ? 49 : 2);
  const arguments given = {"--messages", messages};
  const outcome uninterrupted = outcome_of(given);
  const arguments kept =
      with(given, {"--store", "fs:" + (folder.path() / "store").string(), "--every", "1", "--fuel-slice", "50000"});

  std::mt19937 random(5);
  int killed = 0;
  for (int attempt = 0; attempt < (is_long ? 200 : 8); ++attempt) {
    const pid_t child = start(kept, folder.path() / "killed");
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
    kill(child, SIGKILL);
    if (wait_for(child) == -1) ++killed;
  }
  CHECK(killed > 0);
  CHECK(outcome_of(kept).state == uninterrupted.state);
}

TEST_CASE("ao_process refuses stops and stores it does not understand") {
  for (const char* stop : {"0", "x", "1.", "1.0", ".1", "-1", "1.2.3"}) run({"--stop-after", stop}, 2);
  run({"--fuel-slice", "0"}, 2);
  run({"--store", "redis://nowhere"}, 1);
  run({"--store", "fs:/dev/null/store"}, 1);
}
