#include "wasm64/host/snapshot_parts.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

namespace {

byte_vector saved(const snapshot_part& p) { return p.save(p.environment).value(); }

/// From one part into another; what was saved again must be the same.
void carry(const snapshot_part& from, const snapshot_part& to) {
  const byte_vector bytes = saved(from);
  if (!bytes.empty()) REQUIRE(to.check(to.environment, view_of(bytes)).has_value());
  to.load(to.environment, view_of(bytes));
  CHECK(saved(to) == bytes);
}

}  // namespace

TEST_CASE("snapshot parts: Emscripten's exceptions are taken over") {
  wasi_context host;
  emscripten_context first(host), second(host);
  const snapshot_part from = emscripten_part(first), to = emscripten_part(second);
  CHECK(saved(from).empty());
  first.thrown = 4096;
  first.caught = {5000, 0};
  first.uncaught = 2;
  first.second_result = 7;
  carry(from, to);
  CHECK(second.thrown == 4096);
  CHECK(second.caught == vector<std::uint64_t>{5000, 0});
  CHECK(second.uncaught == 2);
  CHECK(second.second_result == 7);
  emscripten_context fresh(host);
  carry(emscripten_part(fresh), to);
  CHECK(second.caught.empty());
  CHECK(second.second_result == 0);
}

TEST_CASE("snapshot parts: time and random numbers go on") {
  wasi_context first, second;
  first.nanoseconds = 123;
  first.seed = 5;
  std::uint8_t some[16], others[16];
  first.random(some);
  carry(moment_part(first), moment_part(second));
  first.random(some);
  second.random(others);
  CHECK(std::memcmp(some, others, sizeof some) == 0);
  CHECK(second.time(wasi_clock::realtime) == 123);
}

TEST_CASE("snapshot parts: what nobody has written is refused") {
  wasi_context host;
  emscripten_context context(host);
  byte_vector bytes(64, 0);
  for (const snapshot_part& part : {emscripten_part(context), moment_part(host)}) {
    for (std::size_t size = 0; size < 32; ++size) {
      CHECK_FALSE(part.check(part.environment, view_of(bytes).first(size)).has_value());
    }
  }
  context.second_result = 1;
  bytes = saved(emscripten_part(context));
  bytes[4] = 1;  // of 32 bits
  CHECK_FALSE(emscripten_part(context).check(&context, view_of(bytes)).has_value());
}
