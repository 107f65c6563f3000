// Programs that Emscripten's own libraries are part of: tests/guests/emscripten says how they are built.

#include "tests/support/guests.hpp"
#include "wasm64/host/emscripten.hpp"
#include "wasm64/host/wasi.hpp"
#include "wasm64/wasm64.hpp"

using namespace wasm64;

namespace {

std::string content_of(const std::string& name) { return test::guest_file("emscripten/" + name); }

struct emscripten_guest {
  wasi_context host;
  emscripten_context context{host};
  store<> st;
  instance* in = nullptr;

  explicit emscripten_guest(const std::string& name) {
    const std::string image = content_of(name);
    const auto m = compile(as_bytes(image));
    REQUIRE(m.has_value());
    linker imports;
    define_wasi(imports, *m.value(), host);
    define_emscripten(imports, *m.value(), context);
    auto made = st.instantiate(m.value(), imports);
    if (!made.has_value()) FAIL(name << ": " << to_string(made.error()));
    in = made.value();
  }

  /// Runs the program as a command: what it prints, and how it ends when that is not with exit code 0.
  std::string run() {
    const func_instance* start = in->exported_func("_start");
    REQUIRE(start != nullptr);
    const result<void> outcome = st.call(*start);
    std::string all = host.output;
    if (outcome.has_value()) return all;
    if (outcome.error().code != errc::trap_exit) return all + to_string(st.last_trap());
    return host.exit_code == 0 ? all : all + "exit " + std::to_string(host.exit_code);
  }
};

void check_all(const std::string& name, std::initializer_list<const char*> kinds) {
  const std::string expected = content_of(name + ".txt");
  for (const std::string kind : kinds) {
    for (const std::string width : {"wasm64", "wasm32"}) {
      CAPTURE(name, kind, width);
      CHECK(emscripten_guest(name + kind + "." + width + ".wasm").run() == expected);
    }
  }
}

}  // namespace

TEST_CASE("setjmp and longjmp of C programs") { check_all("jumps", {".js", ".legacy", ".exnref"}); }

TEST_CASE("C++ programs throw and catch") { check_all("throws", {".js", ".legacy", ".exnref"}); }

TEST_CASE("C++ programs use strings and maps, and catch what the library throws") {
  check_all("words", {".js", ".legacy", ".exnref"});
}

TEST_CASE("C programs format and scan") { check_all("formats", {""}); }

TEST_CASE("C programs sort with callbacks") { check_all("sort", {""}); }

TEST_CASE("C programs work with files and folders") { check_all("files", {""}); }

TEST_CASE("C++ functions that hosts call") {
  for (const std::string kind :
       {".js.wasm64", ".js.wasm32", ".legacy.wasm64", ".legacy.wasm32", ".exnref.wasm64", ".exnref.wasm32"}) {
    CAPTURE(kind);
    emscripten_guest guest("throws" + kind + ".wasm");
    const int expected[] = {0, 1, 2, 3, 4, 5, 9};
    for (int round = 0; round < 3; ++round) {
      for (int what = 0; what <= 6; ++what) {
        const vector<value> arguments{value::i32(what)};
        vector<value> results;
        REQUIRE(guest.st.call(*guest.in->exported_func("run"), view_of(arguments), results).has_value());
        CHECK(results[0].as_i32() == expected[what]);
      }
    }
    CHECK(guest.context.caught.empty());
    CHECK(guest.context.uncaught == 0);
  }
}
