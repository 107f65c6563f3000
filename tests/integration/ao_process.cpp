#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"

namespace {

const std::string data = WASM64_TESTS "/../examples/process";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Starts ao_process with its output in a file.
pid_t start(std::vector<std::string> arguments, const std::filesystem::path& output) {
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(open(output.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
  std::vector<char*> words{const_cast<char*>(AO_PROCESS_PROGRAM)};
  for (std::string& a : arguments) words.push_back(a.data());
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string run(const std::vector<std::string>& arguments, int expected = 0) {
  const temporary_directory folder;
  const int code = wait_for(start(arguments, folder.path() / "out"));
  CHECK(code == expected);
  return content_of(folder.path() / "out");
}

/// The ledger's messages over and over, for runs that last.
void write_many_messages(const std::filesystem::path& to, int times) {
  const std::string once = content_of(data + "/messages.jsonl");
  std::ofstream out(to, std::ios::binary);
  for (int i = 0; i < times; ++i) out << once;
}

}  // namespace

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
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store + "/data")) {
      if (entry.is_regular_file()) std::ofstream(entry.path(), std::ios::binary | std::ios::in).seekp(100).put('!');
    }
    run({"--store", store}, 1);
  }
}
