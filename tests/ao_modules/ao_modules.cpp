// The modules of HyperBEAM's test/ folder. They are not part of this source tree: the variable WASM64_AO_MODULES names
// a folder that has them. Memory hashes are those of V8 with hosts of the same behaviour.

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/catch.hpp"
#include "wasm64/host/emscripten.hpp"
#include "wasm64/host/wasi.hpp"
#include "wasm64/storage/sha256.hpp"
#include "wasm64/wasm64.hpp"

using namespace wasm64;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in.good()) FAIL("cannot read " << path);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

std::shared_ptr<const module> module_named(const std::string& name) {
  const char* folder = std::getenv("WASM64_NEEDS");
  REQUIRE(folder != nullptr);
  const std::string image = content_of(std::string(folder) + "/" + name + ".wasm");
  auto m = compile(as_bytes(image));
  if (!m.has_value()) FAIL(name << ": " << to_string(m.error()));
  return m.value();
}

/// Every other function answers zero, as the device's stub handler does.
void define_rest(linker& imports, const module& m) {
  const auto zero = [](caller&, std::span<const value>, std::span<value>) -> result<void> { return success(); };
  for (const import_desc& i : m.imports) {
    if (i.kind != extern_kind::func || imports.find(i.module, i.name) != nullptr) continue;
    imports.define(i.module, i.name, untyped_host_func(m.types[i.func_type].func, zero));
  }
}

/// A module with WASI and Emscripten's functions.
struct ao_guest {
  wasi_context host;
  emscripten_context context{host};
  store<> st;
  std::shared_ptr<const module> m;
  instance* in = nullptr;

  explicit ao_guest(const std::string& name, const std::function<void(linker&)>& more = {}) : m(module_named(name)) {
    linker imports;
    if (more) more(imports);
    define_wasi(imports, *m, host);
    define_emscripten(imports, *m, context);
    define_rest(imports, *m);
    auto made = st.instantiate(m, imports);
    if (!made.has_value()) FAIL(name << ": " << to_string(made.error()));
    in = made.value();
  }

  /// The first result, or the trap.
  result<value> call(const std::string& function, std::initializer_list<value> arguments = {}) {
    const func_instance* f = in->exported_func(function);
    if (f == nullptr) FAIL("no export " << function);
    const vector<value> all(arguments);
    vector<value> results;
    if (const result<void> done = st.call(*f, view_of(all), results); !done.has_value()) return fail(done.error());
    return results.empty() ? value{} : results[0];
  }
};

/// One process: messages go in as JSON, and so do answers come out.
struct process : ao_guest {
  explicit process(const std::string& name) : ao_guest(name) {
    REQUIRE(emscripten_start(st, *in).has_value());
    std::istringstream lines(content_of(WASM64_TESTS "/ao_modules/messages.jsonl"));
    for (std::string line; std::getline(lines, line);) messages.push_back(line);
  }

  std::uint64_t put(const std::string& text) {
    const result<value> at = call("malloc", {value::i64(static_cast<std::int64_t>(text.size() + 1))});
    REQUIRE(at.has_value());
    std::memcpy(in->memory(0)->base + at.value().bits, text.c_str(), text.size() + 1);
    return at.value().bits;
  }

  /// Every message finds the host as new, as in the device.
  std::string handle(const std::string& message) {
    host.forget_files();
    host.output.clear();
    context.forget_exceptions();
    const auto message_at = static_cast<std::int64_t>(put(message));
    const auto environment_at = static_cast<std::int64_t>(put(environment));
    const result<value> answer = call("handle", {value::i64(message_at), value::i64(environment_at)});
    if (!answer.has_value()) FAIL(to_string(st.last_trap()));
    return reinterpret_cast<const char*>(in->memory(0)->base + answer.value().bits);
  }

  std::string memory_hash() const {
    const content_id id = sha256({in->memory(0)->base, static_cast<std::size_t>(in->memory(0)->size)}).value();
    std::string digits;
    for (const std::uint8_t byte : id.bytes) {
      digits += "0123456789abcdef"[byte >> 4];
      digits += "0123456789abcdef"[byte & 15];
    }
    return digits;
  }

  std::vector<std::string> messages;
  std::string environment = content_of(WASM64_TESTS "/ao_modules/environment.json");
};

/// Whether an answer's Output.data, or its Error, is this JSON text.
bool says(const std::string& answer, const std::string& text) {
  return answer.find("\"data\":\"" + text + "\"") != std::string::npos ||
         answer.find("\"Error\":\"" + text + "\"") != std::string::npos;
}

}  // namespace

TEST_CASE("every module of the folder can be instantiated") {
  for (const char* name :
       {"aos-2-pure-xs", "aos-2-pure", "test", "test-64", "test-aos", "test-calling", "test-ex", "test-print",
        "test-standalone-ex-aos", "test-standalone-wex-aos", "test-stock-aos", "test-wasi-aos", "pow_calculator"}) {
    CAPTURE(name);
    CHECK(ao_guest(name).in != nullptr);
  }
}

TEST_CASE("AOS answers what Lua evaluates") {
  for (const char* name : {"aos-2-pure-xs", "aos-2-pure"}) {
    CAPTURE(name);
    process aos(name);
    const std::vector<std::string> expected = {"2",
                                               "",
                                               "42",
                                               R"(\n\n[string \".handlers\"]:559: [string \"aos\"]:1: boom)",
                                               "hi",
                                               "caught",
                                               R"(false[string \"aos\"]:1: attempt to index a nil value (local 't'))",
                                               R"( 3.14|42|ff|\"q\\\"uote\"|nil)",
                                               "1,3,5,7,9",
                                               "1006,505,1",
                                               "sent",
                                               "",
                                               "AOS",
                                               "905564",
                                               "6893",
                                               "HELL0 W0RLD",
                                               "136",
                                               "9.007199254741e+15 3 1 0.33333333333333",
                                               "0",
                                               R"(\n\n[string \".handlers\"]:559: [string \"aos\"]:1: stack overflow)",
                                               "42",
                                               "3141592",
                                               R"([string \"aos\"]:1: syntax error near 'syntax')",
                                               R"({\"b\":[1,2,3],\"a\":1})"};
    REQUIRE(aos.messages.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string answer = aos.handle(aos.messages[i]);
      CAPTURE(aos.messages[i], answer);
      if (!expected[i].empty()) CHECK(says(answer, expected[i]));
      if (expected[i] == "sent") CHECK(answer.find("\"Target\":\"OTHER\"") != std::string::npos);
    }
  }
}

TEST_CASE("memory after many messages is that of another engine") {
  const std::pair<const char*, const char*> hashes[] = {
      {"aos-2-pure-xs", "04e6f13a8234ebbbe621bbfc9b31c27b1f653254a7e5ccf03211755e84f4cc95"},
      {"aos-2-pure", "6c87e05145797d581a61227f8ac6d19ff5f8222d2f6695278de1cc0b95de3cd8"},
      {"test-aos", "01431280ba925d3a0c411ddb2c738621304e727f33c80af249c613321891c5b1"},
      {"test-wasi-aos", "c7f870883b2ec28a26017bc02d184b04f73744280e587ee9a9865f51c0411dce"},
      {"test-standalone-ex-aos", "80fb1736007890171f8a59b1ba0b786a0d87cd44029d56c47149f35ce37a23ab"},
      {"test-standalone-wex-aos", "54832da4caa4125a6108236525c580a693cd06b0e0b9624b3de0e73bb8c64cfe"}};
  for (const auto& [name, hash] : hashes) {
    CAPTURE(name);
    process aos(name);
    for (const std::string& message : aos.messages) aos.handle(message);
    CHECK(aos.memory_hash() == hash);
  }
}

TEST_CASE("a C++ program throws and catches") {
  ao_guest g("test-ex");
  const result<value> outcome = g.call("_start");
  if (!outcome.has_value()) CHECK(outcome.error().code == errc::trap_exit);
  CHECK(g.host.exit_code == 0);
  CHECK(g.host.output == "enter main\nenter try\ncatching runtime_error\nexit main\n");
}

TEST_CASE("an imported function is called as often as pow needs") {
  int calls = 0;
  ao_guest g("pow_calculator", [&](linker& imports) {
    imports.func("my_lib", "mul", [&](std::int32_t a, std::int32_t b) {
      ++calls;
      return a * b;
    });
  });
  CHECK(g.call("pow", {value::i32(2), value::i32(5)}).value().as_i32() == 32);
  CHECK(calls == 5);
  CHECK(g.call("pow", {value::i32(3), value::i32(9)}).value().as_i32() == 19683);
}

TEST_CASE("malloc of another module answers and refuses") {
  ao_guest g("test-calling");
  CHECK(g.call("malloc", {value::i64(100)}).value().bits == 68752);
  CHECK(g.call("malloc", {value::i64(128 << 20)}).value().bits == 0);
  const result<value> exit = ao_guest("test-calling").call("_start");
  REQUIRE(!exit.has_value());
  CHECK(exit.error().code == errc::trap_exit);
}

TEST_CASE("small modules answer") {
  ao_guest print("test-print");
  CHECK(print.call("hello").value().as_i32() == 22);
  CHECK(print.host.output == std::string("Hello, World!\nHowdy!\n\0", 22));
  for (const char* name : {"test", "test-64"}) {
    CHECK(ao_guest(name).call("fac", {value::f64(5)}).value().as_f64() == 120);
  }
}
