#include <cstdlib>
#include <tuple>

#include "tests/unit/lower/random_arguments.hpp"
#include "tests/unit/snapshot/support.hpp"

using namespace wasm64;

namespace {

using metered = test::saved_engine<metered_engine_config>;

snapshot_hooks handles_as_they_are() {
  snapshot_hooks hooks;
  hooks.encode = [](void*, std::uint64_t handle) -> result<byte_vector> {
    byte_vector bytes(8);
    store_le(bytes.data(), handle);
    return bytes;
  };
  hooks.decode = [](void*, bytes_view meaning) -> result<std::uint64_t> {
    return load_le<std::uint64_t>(meaning.data());
  };
  return hooks;
}

struct ending {
  errc trap{};
  std::string trace;
  std::vector<std::uint64_t> results;
  content_id state;
  friend bool operator==(const ending&, const ending&) = default;
};

/// Runs `f0`, and moves to another store, made anew, whenever so much fuel is spent, and at the end.
ending run(memory_store& objects, const std::shared_ptr<const module>& m, std::span<const value> arguments,
           std::int64_t slice) {
  const auto make = [&] {
    auto made = std::make_unique<metered>(objects, limits(), handles_as_they_are());
    made->add(m).globals[0]->bits = 12;  // how many calls there may be
    made->st.set_fuel_slice(slice);
    return made;
  };
  auto e = make();
  const auto hop = [&] {
    auto next = make();
    next->restore(e->save());
    e = std::move(next);
  };
  e->st.set_fuel(50'000);
  vector<value> results;
  result<void> done = e->st.call(e->func(*e->st.vm().all_instances[0], "f0"), arguments, results);
  while (!done.has_value() && e->st.suspended() && e->st.fuel() >= 0) {
    if (slice != 0) hop();
    done = e->st.resume(results);
  }
  ending out;
  if (!done.has_value()) {
    out.trap = done.error().code;
    out.trace = to_string(e->st.last_trap());
  }
  e->st.abandon();
  for (const value& v : results) {
    out.results.push_back(v.bits);
    out.results.push_back(v.high);
  }
  out.state = e->save();
  return out;
}

}  // namespace

TEST_CASE("snapshot: random programs go on anywhere, and end in the same state") {
  const std::uint64_t programs = std::getenv("WASM64_LONG_RUNS") != nullptr ? 2'000 : 60;
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    const test::random_program p = test::program_generator(seed).make();
    const std::string text = test::program_printer(p).text;
    const auto m = test::compile_wat(text);
    const std::vector<value> arguments = test::random_arguments(p, seed);
    memory_store objects;
    INFO("seed " << seed << "\n" << text);
    const ending whole = run(objects, m, arguments, 0);
    for (const std::int64_t slice : {7, 60}) REQUIRE((run(objects, m, arguments, slice) == whole));
  }
}
