// Programs of Emscripten that go from store to store while they run: tests/guests/emscripten says how they are built.

#include "tests/support/guests.hpp"
#include "tests/unit/runtime/hopping.hpp"
#include "wasm64/host/emscripten.hpp"
#include "wasm64/host/wasi.hpp"

using namespace wasm64;

namespace {

std::string content_of(const std::string& name) { return test::guest_file("emscripten/" + name); }

/// What a program prints; the fuel that it takes comes in slices, between which it moves. Answers how much it took.
std::int64_t run(const std::string& name, std::int64_t slice, bool hops, std::string& output) {
  const std::string image = content_of(name);
  const auto m = compile(as_bytes(image));
  REQUIRE(m.has_value());
  wasi_context host;
  emscripten_context context(host);
  const auto make = [&](test::metered_engine& e) -> instance& {
    define_wasi(e.imports, *m.value(), host);
    define_emscripten(e.imports, *m.value(), context);
    return e.add(m.value());
  };
  auto e = std::make_unique<test::metered_engine>();
  instance& in = make(*e);
  e->st.set_fuel(slice);
  std::int64_t given = slice;
  vector<value> results;
  auto done = e->st.call(e->func(in, "_start"), {}, results);
  while (!done.has_value() && e->st.suspended()) {
    if (hops) e = test::hop(*e, make);
    e->st.add_fuel(slice);
    given += slice;
    if (e->st.fuel() >= 0) done = e->st.resume(results);
  }
  CHECK((done.has_value() || done.error().code == errc::trap_exit));
  output = host.output;
  return given - e->st.fuel();
}

}  // namespace

TEST_CASE("suspension: C++ exceptions and jumps of every kind go on in other stores") {
  for (const std::string program : {"throws", "jumps"}) {
    const std::string expected = content_of(program + ".txt");
    for (const std::string kind : {".exnref", ".legacy", ".js"}) {
      for (const std::string width : {".wasm32", ".wasm64"}) {
        CAPTURE(program, kind, width);
        const std::string name = program + kind + width + ".wasm";
        std::string output;
        const std::int64_t spent = run(name, std::int64_t{1} << 40, false, output);
        CHECK(output == expected);
        CHECK(run(name, spent / 60 + 1, true, output) == spent);
        CHECK(output == expected);
      }
    }
  }
}
