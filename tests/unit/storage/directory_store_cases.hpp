#pragma once

// What holds for stores that are opened in a directory: test cases over DIRECTORY_STORES, types that the program which
// includes this defines.

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/concept.hpp"

TEMPLATE_TEST_CASE("a store cannot be opened where there is no directory to make", "[storage]", DIRECTORY_STORES) {
  using namespace wasm64;
  temporary_directory directory;
  std::ofstream(directory.path() / "file") << "";
  for (const std::string& path : {(directory.path() / "missing" / "store").string(),
                                  (directory.path() / "file").string(), std::string(), std::string("/tmp\0x", 6)}) {
    CHECK(TestType::open(path).assume_error().code == errc::storage_io);
  }
}

TEMPLATE_TEST_CASE("objects above the limit are not read or written", "[storage]", DIRECTORY_STORES) {
  using namespace wasm64;
  temporary_directory directory;
  const std::string path = directory.path().string();
  const content_id id = TestType::open(path).assume_value().put(as_bytes("four")).assume_value();
  typename TestType::options small;
  small.max_object_size = 3;
  auto store = TestType::open(path, small);
  REQUIRE(store.has_value());
  CHECK(store.assume_value().get(id).assume_error().code == errc::limit_exceeded);
  CHECK(store.assume_value().put(as_bytes("more")).assume_error().code == errc::limit_exceeded);
}
