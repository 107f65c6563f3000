#include "commands.hpp"
#include "file.hpp"

namespace cli {

int parse(const std::string& file, const std::string& output) {
  const wasm64::byte_vector binary = read_module(file);
  write_file(output, wasm64::view_of(binary));
  return ok;
}

}  // namespace cli
