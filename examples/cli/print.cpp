#include "wasm64/text/print.hpp"

#include <cstdio>

#include "commands.hpp"
#include "file.hpp"

namespace cli {

int print(const std::string& file, const std::string& output) {
  const wasm64::byte_vector binary = read_module(file);
  const std::string text = value_of(wasm64::text::print_module(wasm64::view_of(binary)), file);
  if (!output.empty()) write_file(output, wasm64::as_bytes(text));
  else std::fwrite(text.data(), 1, text.size(), stdout);
  return ok;
}

}  // namespace cli
