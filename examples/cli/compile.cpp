#include <unistd.h>

#include <cstdio>

#include "file.hpp"
#include "tier.hpp"
#include "wasm64/aot/worker.hpp"
#include "wasm64/exec/engine.hpp"

namespace cli {

int compile(const std::string& file, const std::string& output, bool metered, const tier_options& with) {
  if (with.cache.empty()) throw failure("name a folder with --cache: its key says whose code it is", misused);
  const auto m = value_of(wasm64::compile(wasm64::view_of(read_module(file))), file);
  const auto made = value_of(wasm64::aot::compile_artifact(choice_of(with), *m, metered), file);
  if (!output.empty()) write_file(output, wasm64::view_of(made.bytes));
  std::printf("%u of %zu functions, %zu bytes of code\n", made.functions, m->funcs.size(), made.code_bytes);
  return made.functions != 0 ? ok : failed;
}

int compile_worker() { return wasm64::aot::compile_worker(STDIN_FILENO, STDOUT_FILENO); }

}  // namespace cli
