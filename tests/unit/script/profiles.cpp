#include "wasm64/script/profiles.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("scripts of a proposal run with the features they are written for, others with all", "[script]") {
  const feature_set all;
  CHECK(features_for_script("core/memory.wast") == all);
  CHECK(features_for_script("/some/where/spec/proposals/wide-arithmetic/wide-arithmetic.wast") == all);
  for (const char* path : {"proposals/threads/memory.wast", "/spec/proposals/threads/memory.wast",
                           "proposals/threads/deeper/memory.wast"}) {
    INFO(path);
    const feature_set features = features_for_script(path);
    CHECK(features.threads);
    CHECK_FALSE(features.multi_memory);
    CHECK_FALSE(features.memory64);
    CHECK_FALSE(features.reference_types);
  }
  CHECK(features_for_script("proposals/threads.wast") == all);
  CHECK(features_for_script("my-proposals/threads/memory.wast") == all);
  CHECK(features_for_script("proposals/threads") == all);
}
