#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "module_steps.hpp"
#include "script_steps.hpp"

// Runs modules with this engine and writes down what another one is to do with them, and what came out here:
//   differential_steps <output folder> <name>=<file.wast or file.wasm>...

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

void run(const fs::path& folder, const std::string& name, const fs::path& file) {
  const std::string content = read_file(file);
  const bool is_script = file.extension() == ".wast";
  wasm64::limits limits;
  // v8.mjs is started with the same limits.
  limits.memory_bytes = std::uint64_t{is_script ? 65'536u : 1'024u} << 16;
  differential::record record(folder, name);
  {
    differential::session session(record, limits, std::int64_t{1} << (is_script ? 60 : 30));
    if (is_script) run_script_steps(session, content);
    else run_module_steps(session, record, wasm64::as_bytes(content));
  }
  record.write();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw std::runtime_error("usage: differential_steps <output folder> <name>=<file>...");
    for (int i = 2; i < argc; ++i) {
      const std::string item = argv[i];
      const std::size_t equals = item.find('=');
      if (equals == std::string::npos) throw std::runtime_error("no name: " + item);
      run(argv[1], item.substr(0, equals), item.substr(equals + 1));
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "differential_steps: %s\n", e.what());
    return 2;
  }
}
