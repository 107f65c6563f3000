#include "tests/integration/ao_process.hpp"

#include <chrono>
#include <thread>

using namespace ao_process;

TEST_CASE("ao_process answers the ledger's messages") {
  SECTION("raw: as the native build of the guest does") {
    CHECK(run({"--raw"}) == content_of(data + "/responses.jsonl"));
    CHECK(run({"--raw", "--host", "stub"}) == content_of(data + "/responses.jsonl"));
  }
  SECTION("by default: one JSON document a message") {
    const auto answers = lines_of(run({}));
    CHECK(answers.size() == lines_of(content_of(data + "/messages.jsonl")).size());
    for (const std::string& answer : answers) CHECK(answer.substr(0, 6) == "{\"ok\":");
  }
}

TEST_CASE("ao_process prints the hash of the memory after each message") {
  const auto lines = lines_of(run({"--hash"}));
  REQUIRE(lines.size() == 2 * lines_of(content_of(data + "/messages.jsonl")).size());
  for (std::size_t i = 1; i < lines.size(); i += 2) {
    CHECK(lines[i].substr(0, 14) == "memory sha256 ");
    CHECK(lines[i].size() == 14 + 64);
  }
}

TEST_CASE("ao_process goes on behind the last checkpoint") {
  const temporary_directory folder;
  const std::string all = content_of(data + "/messages.jsonl");
  const std::string messages = (folder.path() / "messages").string(), store = (folder.path() / "store").string();
  const std::size_t cut = all.find('\n', all.size() / 2) + 1;
  std::ofstream(messages, std::ios::binary) << all.substr(0, cut);
  const std::string first = run({"--messages", messages, "--store", store, "--raw"});
  std::ofstream(messages, std::ios::binary) << all;
  const std::string second = run({"--messages", messages, "--store", store, "--raw"});
  CHECK(first + second == content_of(data + "/responses.jsonl"));
  CHECK(run({"--messages", messages, "--store", store}).empty());
}

TEST_CASE("ao_process survives being killed at any time") {
  const temporary_directory folder;
  const std::string messages = (folder.path() / "messages").string(), store = (folder.path() / "store").string();
  write_many_messages(messages, 10);
  const std::vector<std::string> plain = {"--messages", messages, "--hash"};
  std::vector<std::string> kept = plain;
  kept.insert(kept.end(), {"--store", store, "--every", "29"});
  const auto uninterrupted = lines_of(run(plain));

  int killed = 0;
  for (int attempt = 0; attempt < 6; ++attempt) {
    const pid_t child = start(kept, folder.path() / "killed");
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 35 * attempt));
    kill(child, SIGKILL);
    if (wait_for(child) == -1) ++killed;
  }
  CHECK(killed > 0);
  const auto rest = lines_of(run(kept));
  const auto again = lines_of(run({"--messages", messages, "--store", store, "--hash"}));
  CHECK(again.empty());  // all messages are behind the last checkpoint
  if (!rest.empty()) CHECK(rest.back() == uninterrupted.back());
}

TEST_CASE("ao_process refuses what it cannot use") {
  const temporary_directory folder;
  const std::string file = (folder.path() / "file").string(), store = (folder.path() / "store").string();
  std::ofstream(file) << "no module";
  run({"--image", file}, 1);
  run({"--image", (folder.path() / "missing").string()}, 2);
  run({"--every", "0"}, 2);
  run({"--host", "other"}, 2);

  SECTION("a checkpoint that was altered") {
    run({"--store", store});
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store)) {
      if (entry.is_regular_file()) std::ofstream(entry.path(), std::ios::binary | std::ios::in).seekp(100).put('!');
    }
    run({"--store", store}, 1);
  }
}
