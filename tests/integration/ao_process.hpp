#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"

// Running ao_process as a user does.

namespace ao_process {

inline const std::string data = WASM64_TESTS "/../examples/process";

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Starts ao_process with its output in a file.
inline pid_t start(std::vector<std::string> arguments, const std::filesystem::path& output) {
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

inline int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline std::string run(const std::vector<std::string>& arguments, int expected = 0) {
  const temporary_directory folder;
  const int code = wait_for(start(arguments, folder.path() / "out"));
  CHECK(code == expected);
  return content_of(folder.path() / "out");
}

/// The ledger's messages over and over, for runs that last.
inline void write_many_messages(const std::filesystem::path& to, int times) {
  const std::string once = content_of(data + "/messages.jsonl");
  std::ofstream out(to, std::ios::binary);
  for (int i = 0; i < times; ++i) out << once;
}

}  // namespace ao_process
