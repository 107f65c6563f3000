#include <algorithm>
#include <cstdio>

#include "commands.hpp"
#include "file.hpp"
#include "wasm64/wasm64.hpp"

namespace cli {

int validate(const std::vector<std::string>& files) {
  int exit_code = ok;
  for (const std::string& file : files) {
    try {
      const wasm64::byte_vector bytes = read_module(file);
      value_of(wasm64::compile(wasm64::view_of(bytes)), file);
      std::printf("%s: valid\n", file.c_str());
    } catch (const failure& e) {
      std::printf("%s\n", e.what());
      exit_code = std::max(exit_code, e.exit_code);
    }
  }
  return exit_code;
}

}  // namespace cli
