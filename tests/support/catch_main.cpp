#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

/// Exits with 77, which CTest reports as skipped, when the folder that the variable WASM64_NEEDS names does not exist.
/// Any failure exits with 1: Catch2's own exit code is a count and could be 77.
int main(int argc, char** argv) {
  constexpr int skipped = 77;
  if (const char* needed = std::getenv("WASM64_NEEDS"); needed != nullptr && !std::filesystem::exists(needed)) {
    std::printf("skipped: %s does not exist\n", needed);
    return skipped;
  }
  return Catch::Session().run(argc, argv) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
