#if __has_include(<nlohmann/json.hpp>)
#include "wasm64/device/ao.hpp"
#include "tests/device/ao_support.hpp"

using namespace device_tests;

namespace {

msg names(std::initializer_list<std::string_view> list_of_names) {
  vector<msg> elements;
  for (const std::string_view name : list_of_names) elements.push_back(msg(name));
  return msg::list(std::move(elements));
}

/// The process message that HyperBEAM's tests use.
msg canonical(msg process, msg wasm, std::initializer_list<std::string_view> devices) {
  process = with(std::move(process), "image", wasm);
  return map({{"device", "process@1.0"},
              {"execution-device", "stack@1.0"},
              {"device-stack", names(devices)},
              {"stack-keys", names({"init", "compute", "snapshot", "normalize"})},
              {"output-prefix", "wasm"},
              {"passes", 2},
              {"patch-from", "/results/outbox"},
              {"process", process}});
}

struct ao_process {
  memory_store store;
  ao_device<memory_store, policy> device;
  msg state;

  explicit ao_process(msg definition) : device(store) { state = ok("init", std::move(definition)); }

  response call(msg base, std::string_view path, msg request = map({})) {
    return take(device.resolve(std::move(base), with(std::move(request), "path", path)));
  }
  msg ok(std::string_view path, msg base, msg request = map({})) {
    response r = call(std::move(base), path, std::move(request));
    if (r.status != device_status::ok) FAIL(text_at(r.message, "phase") << text_at(r.message, "info/results/reason"));
    return r.message;
  }
  void schedule(const msg& message) { ok("schedule", state, map({{"body", message}})); }
  msg now() { return state = ok("now", state); }
};

msg line_of(std::string_view file_name, int number) {
  std::istringstream lines(example_file(std::string(file_name)));
  std::string line;
  for (int i = 0; i <= number; ++i) std::getline(lines, line);
  return take(parse_json<policy>(line));
}

msg ledger_definition(std::initializer_list<std::string_view> devices = {"WASI@1.0", "JSON-Iface@1.0", "WASM-64@1.0",
                                                                         "Multipass@1.0"}) {
  const std::string wasm = example_file("ledger.wasm");
  return canonical(take(parse_json<policy>(example_file("env.json"))).get("Process"), msg(as_bytes(wasm)), devices);
}

msg answering(std::string_view answer,
              std::initializer_list<std::string_view> devices = {"JSON-Iface@1.0", "WASM-64@1.0", "Multipass@1.0"}) {
  return canonical(map({{"id", "P"}}), image(guest_answering(answer)), devices);
}

}  // namespace

TEST_CASE("an AO process answers messages through the canonical stack", "[device][ao]") {
  ao_process p(ledger_definition());
  for (int i = 0; i < 30; ++i) {
    p.schedule(line_of("messages.jsonl", i));
    p.now();
    const msg expected = line_of("responses.jsonl", i).get("response");
    const msg error = expected.get("Error");
    CHECK(p.state.get("results/data") == (error.is_null() ? expected.get("Output/data") : error));
    CHECK(p.state.get("results/outbox").keys().size() == expected.get("Messages").keys().size());
    CHECK(text_at(p.state, "results/outbox/1/target") == text_at(expected, "Messages/1/Target"));
    CHECK(text_at(p.state, "results/outbox/1/action") == text_at(expected, "Messages/1/Tags/1/value"));
  }
  CHECK(p.state.get("at-slot").as_integer() == integer(29));
  CHECK(text_at(p.state, "device") == "process@1.0");
  CHECK(p.state.get("pass").is_null());
}

TEST_CASE("an AO process computes all slots up to the one that is asked for", "[device][ao]") {
  ao_process p(ledger_definition());
  for (int i = 0; i < 10; ++i) p.schedule(line_of("messages.jsonl", i));
  const msg at_3 = p.ok("compute", p.state, map({{"slot", 3}}));
  CHECK(at_3.get("results/data") == line_of("responses.jsonl", 3).get("response/Output/data"));
  CHECK(p.ok("now/results/data", at_3) == line_of("responses.jsonl", 9).get("response/Output/data"));
}

TEST_CASE("an AO process goes on from a snapshot in another device", "[device][ao]") {
  byte_vector stored;
  memory_store storage;
  {
    ao_process p(ledger_definition());
    for (int i = 0; i < 8; ++i) p.schedule(line_of("messages.jsonl", i));
    p.now();
    msg taken = p.ok("snapshot", p.state);
    CHECK(taken.get("3/body").kind() == value_kind::binary);
    stored = take(policy::encode(with(p.state, "snapshot", std::move(taken))));
    storage = p.store;
  }
  ao_process p(ledger_definition());
  p.store = storage;
  p.state = p.ok("normalize", take(policy::decode(view_of(stored))));
  CHECK(p.state.get("snapshot").is_null());
  for (int i = 8; i < 16; ++i) {
    p.schedule(line_of("messages.jsonl", i));
    p.now();
    const msg expected = line_of("responses.jsonl", i).get("response");
    CHECK(p.state.get("results/data") ==
          (expected.get("Error").is_null() ? expected.get("Output/data") : expected.get("Error")));
  }
  CHECK(p.state.get("at-slot").as_integer() == integer(15));
}

TEST_CASE("what a guest sends can be browsed by path", "[device][ao]") {
  ao_process p(answering(R"({"ok":true,"response":{"Output":{"data":""},
    "Messages":[{"Target":"T","Data":{"Deep":4,"Bool":true}}]}})"));
  p.schedule(map({{"data", "x"}}));
  CHECK(p.ok("now/results/outbox/1/data/Deep", p.state).as_integer() == integer(4));
}

TEST_CASE("patch@1.0 moves what a guest sends into the state", "[device][ao]") {
  ao_process p(answering(R"({"ok":true,"response":{"Output":{"data":""},
    "Messages":[{"Tags":[{"name":"method","value":"PATCH"},{"name":"x","value":"banana"}]}]}})",
                         {"JSON-Iface@1.0", "WASM-64@1.0", "patch@1.0", "Multipass@1.0"}));
  p.schedule(map({{"data", "x"}}));
  CHECK(text_at(p.now(), "x") == "banana");
}

TEST_CASE("a process as the device's documentation writes it", "[device][ao]") {
  const auto run = [](msg stack, msg wasm) {
    ao_process p(map({{"device", "process@1.0"},
                      {"Execution-Device", "stack@1.0"},
                      {"Execution-Stack", std::move(stack)},
                      {"WASM-Image", std::move(wasm)}}));
    p.schedule(map({{"function", "fac"}, {"parameters", list({5.0})}}));
    p.schedule(map({{"function", "fac"}, {"parameters", list({6.0})}}));
    const msg first = p.ok("compute", p.state, map({{"slot", 0}}));
    CHECK(first.get("results/output/1").as_float() == 120.0);
    CHECK(p.now().get("results/output/1").as_float() == 720.0);
  };
  SECTION("with the stack as a text") { run(R"("scheduler@1.0", "wasm64@1.0")", image(fac)); }
  SECTION("without quotation marks") { run(" scheduler@1.0 ,wasm64@1.0 ", image(fac)); }
  SECTION("with the stack as a list") { run(names({"scheduler@1.0", "wasm64@1.0"}), image(fac)); }
  SECTION("with the stack as a map") { run(map({{"1", "scheduler@1.0"}, {"2", "~wasm64@1.0"}}), image(fac)); }
  SECTION("with an id") {
    memory_store store;
    const content_id id = take(store.put(view_of(wat(fac))));
    ao_device<memory_store, policy> device(store);
    msg state = map({{"device", "process@1.0"},
                     {"Execution-Device", "stack@1.0"},
                     {"Execution-Stack", "\"scheduler@1.0\", \"wasm64@1.0\""},
                     {"WASM-Image", to_text(id)}});
    state = take(device.resolve(state, "init")).message;
    const msg body = map({{"function", "fac"}, {"parameters", list({5.0})}});
    take(device.resolve(state, map({{"path", "schedule"}, {"body", body}})));
    CHECK(take(device.resolve(state, "now/results/output/1")).message.as_float() == 120.0);
  }
}

TEST_CASE("a stack that cannot be read is refused", "[device][ao]") {
  memory_store store;
  ao_device<memory_store, policy> device(store);
  for (const char* stack : {"", ",", "\"wasm64@1.0", "\"a@1.0\" \"b@1.0\"", "\"\"", "a,,b", "a,"}) {
    const msg definition = map({{"device", "process@1.0"}, {"execution-stack", stack}, {"image", image(fac)}});
    CHECK(code_of(device.resolve(definition, "init")) == errc::malformed_message);
  }
}

TEST_CASE("a user's message cannot choose the function of an AO process", "[device][ao]") {
  ao_process p(answering(R"({"ok":true,"response":{"Output":{"data":"handled"}}})"));
  p.schedule(map({{"function", "free"}, {"parameters", list({8})}}));
  CHECK(text_at(p.now(), "results/data") == "handled");
}

TEST_CASE("an AO process says why a slot failed", "[device][ao]") {
  ao_process p(answering("no JSON"));
  p.schedule(map({{"data", "x"}}));
  const response r = p.call(p.state, "now");
  CHECK(r.status == device_status::error);
  CHECK(text_at(r.message, "phase") == "compute");
  CHECK(r.message.get("attempted-slot").as_integer() == integer(0));
  CHECK(text_at(r.message, "info/results/body") == "JSON error parsing result output.");
}

TEST_CASE("a stack of two passes makes one instance", "[device][ao]") {
  ao_process p(answering("{}"));
  const auto first = p.device.instance_of(p.state);
  REQUIRE(first != nullptr);
  CHECK(p.device.instance_of(p.ok("init", p.state)) != first);
}
#endif
