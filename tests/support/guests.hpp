#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"

namespace wasm64::test {

/// What is in a file of tests/guests.
inline std::string guest_file(const std::string& name) {
  std::ifstream in(WASM64_TESTS "/guests/" + name, std::ios::binary);
  REQUIRE(in.good());
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

}  // namespace wasm64::test
