#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"

/// A folder with small files and the program `wasm64` run in it.
class cli_process {
 public:
  struct outcome {
    int exit_code;
    std::string output;
    std::string errors;
  };

  const std::filesystem::path& folder() const noexcept { return folder_.path(); }

  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name, std::ios::binary) << content;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder_.path() / name, std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    return content.str();
  }

  /// Runs the program with arguments as a shell reads them.
  outcome operator()(const std::string& arguments) const {
    const std::string command = "cd '" + folder_.path().string() + "' && '" + WASM64_CLI_PROGRAM + "' " + arguments +
                                " >stdout 2>stderr </dev/null";
    const int status = std::system(command.c_str());
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), read("stdout"), read("stderr")};
  }

 private:
  temporary_directory folder_;
};
