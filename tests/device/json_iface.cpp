#if __has_include(<nlohmann/json.hpp>)
#include "tests/device/ao_support.hpp"

using namespace device_tests;

namespace {

/// The three steps that a stack makes for a message, with the passes written out.
struct json_guest {
  ao_fixture f;
  msg state;

  explicit json_guest(std::string_view source, msg process = map({{"id", "P"}, {"owner", "me"}})) {
    state = map({{"image", image(source)}, {"output-prefix", "wasm"}, {"process", std::move(process)}});
    state = call("json-iface@1.0", "init", {}).message;
    state = call("wasm64@1.0", "init", {}).message;
  }

  response call(std::string_view device, std::string_view key, const msg& request) {
    return take(f.device.call(device, key, state, request));
  }
  response prepare(const msg& request) {
    state = with(state, "pass", 1);
    response r = call("json-iface@1.0", "compute", request);
    state = r.message;
    return r;
  }
  response run(const msg& request) {
    if (response prepared = prepare(request); prepared.status != device_status::ok) return prepared;
    state = call("wasm64@1.0", "compute", request).message;
    state = with(state, "pass", 2);
    response collected = call("json-iface@1.0", "compute", request);
    state = collected.message;
    return collected;
  }
  response run() { return run(map({{"body", map({{"data", "x"}})}})); }

  /// What the guest has at the address that parameter 1 or 2 is.
  std::string written(int parameter) {
    const msg address = state.get("parameters/" + std::to_string(parameter));
    const byte_vector text = take(f.device.instance_of(state)->read(address.as_integer()));
    return std::string(as_text(view_of(text)));
  }
};

constexpr std::string_view plain_answer = R"({"ok":true,"response":{"Output":{"data":"2"}}})";
const std::string nothing = guest_answering(plain_answer);

void check_unreadable(std::string_view answer, std::string_view reason) {
  json_guest g(guest_answering(answer));
  const response r = g.run();
  CHECK(r.status == device_status::error);
  CHECK(text_at(r.message, "results/body") == "JSON error parsing result output.");
  CHECK(text_at(r.message, "results/reason").find(reason) != std::string::npos);
  CHECK(r.message.get("results/outbox").is_null());
  CHECK(g.run().status == device_status::error);  // and the instance can be used on
}

}  // namespace

TEST_CASE("json-iface sets the function and the id of the process", "[device][json-iface]") {
  json_guest g(nothing, map({{"owner", "me"}}));
  CHECK(text_at(g.state, "function") == "handle");
  CHECK(text_at(g.state, "process/id").size() == 43);
  CHECK(text_at(json_guest(nothing).state, "process/id") == "P");
}

TEST_CASE("json-iface writes the message and its environment, with ordered members", "[device][json-iface]") {
  const std::string id(43, 'i');
  json_guest g(nothing,
               map({{"id", "P"}, {"image", id}, {"variant", "ao.N.1"}, {"code", bytes(byte_vector{0, 0xff})}}));
  g.prepare(map({{"body", map({{"id", "M"},
                               {"owner", "me"},
                               {"target", "you"},
                               {"data", "return 1 + 1\n\"\\\x01"},
                               {"action", "Eval"},
                               {"x-count", 5},
                               {"is-it", true},
                               {"deep", map({{"a", 1}})}})},
                 {"block-height", 7},
                 {"timestamp", std::uint64_t{18446744073709551615u}}}));
  CHECK(g.written(1) ==
        R"({"Anchor":"","Block-Height":7,"Data":"return 1 + 1\n\"\\\u0001","From":"me","Id":"M","Module":")" + id +
            R"(","Owner":"me","Signature":"","Tags":[{"name":"Action","value":"Eval"},{"name":"Is-It","value":"true"},)"
            R"({"name":"X-Count","value":"5"}],"Target":"you","Timestamp":18446744073709551615})");
  CHECK(g.written(2) == R"({"Process":{"Anchor":"","Data":"","From":"","Id":"P","Owner":"","Signature":"","Tags":[)"
                        R"({"name":"Image","value":")" +
                            id + R"("},{"name":"Variant","value":"ao.N.1"}],"Target":""}})");
  CHECK(text_at(g.state, "function") == "handle");
}

TEST_CASE("json-iface knows who sent a message, and its tags", "[device][json-iface]") {
  json_guest g(nothing);
  SECTION("from-process is the sender") {
    g.prepare(map({{"body", map({{"id", "M"}, {"owner", "o"}, {"from-process", "Q"}})}}));
    CHECK(g.written(1).find(R"("From":"Q","Id":"M","Module":"","Owner":"o")") != std::string::npos);
  }
  SECTION("commitments say who signed which tags") {
    const msg tag = map({{"name", "ACTION"}, {"value", "Eval"}});
    const msg commitment = map({{"committer", "c"}, {"original-tags", map({{"1", tag}})}, {"signature", "s"}});
    g.prepare(map({{"body", map({{"id", "M"}, {"action", "Eval"}, {"commitments", map({{"k", commitment}})}})}}));
    CHECK(g.written(1) == R"({"Anchor":"","Block-Height":0,"Data":"","From":"c","Id":"M","Module":"","Owner":"c",)"
                          R"("Signature":"s","Tags":[{"name":"ACTION","value":"Eval"}],"Target":""})");
  }
  SECTION("a message that was JSON keeps its tags and its other members") {
    const msg tags = list({map({{"name", "B"}, {"value", "1"}}), map({{"name", "A"}, {"value", "2"}}),
                           map({{"name", "B"}, {"value", "3"}})});
    g.prepare(map({{"body", map({{"Id", "M"}, {"Tags", tags}, {"Block-Height", "9"}, {"Nonce", 4}})},
                   {"timestamp", 6},
                   {"block-height", 7}}));
    CHECK(g.written(1) ==
          R"({"Block-Height":"9","Id":"M","Nonce":4,)"
          R"("Tags":[{"name":"B","value":"1"},{"name":"A","value":"2"},{"name":"B","value":"3"}],"Timestamp":6})");
  }
  SECTION("bytes that are no text are replaced") {
    g.prepare(map({{"body", map({{"id", "M"}, {"data", bytes(byte_vector{0x61, 0xff, 0x62})}})}}));
    CHECK(g.written(1).find("\"Data\":\"a\xef\xbf\xbd"
                            "b\"") != std::string::npos);
  }
  SECTION("a message without an id has the hash of its contents") {
    g.prepare(map({{"body", map({{"data", "x"}})}}));
    const std::string first = g.written(1);
    g.prepare(map({{"body", map({{"data", "x"}})}}));
    CHECK(g.written(1) == first);
    g.prepare(map({{"body", map({{"data", "y"}})}}));
    CHECK(g.written(1) != first);
  }
}

TEST_CASE("json-iface collects what the guest answers", "[device][json-iface]") {
  json_guest g(guest_answering(R"({"ok":true,"response":{"Output":{"data":"2","prompt":"> "},
    "Messages":[{"Target":"T","Anchor":"01","From-Process":"forged","Data":{"Deep":4,"Bool":true},
                 "Tags":[{"name":"Action","value":"Say"},{"name":"X-Big","value":18446744073709551615}]},
                {"Target":"U","Data":"<h1>Hello, world!</h1>"}],
    "Spawns":[{"Data":"s","Tags":[{"name":"Type","value":"Process"}]}],
    "Assignments":[{"Message":"m","Processes":["a","b"]}],
    "patches":[{"Tags":[{"name":"method","value":"PATCH"},{"name":"x","value":"banana"}]}]}})"));
  const response r = g.run();
  REQUIRE(r.status == device_status::ok);
  const msg results = r.message.get("results");
  CHECK(text_at(results, "data") == "2");
  CHECK(text_at(results, "wasm/type") == "ok");
  CHECK(results.get("outbox").keys().size() == 2);
  CHECK(results.get("outbox/1/data/Deep").as_integer() == integer(4));
  CHECK(results.get("outbox/1/data/Bool").as_bool());
  CHECK(text_at(results, "outbox/1/action") == "Say");
  CHECK(results.get("outbox/1/x-big").as_integer() == integer(std::uint64_t{18446744073709551615u}));
  CHECK(text_at(results, "outbox/1/from-process") == "P");
  CHECK(results.get("outbox/1/tags").is_null());
  CHECK(results.get("outbox/1/anchor").is_null());
  CHECK(text_at(results, "outbox/2/data") == "<h1>Hello, world!</h1>");
  CHECK(text_at(results, "spawns/1/type") == "Process");
  CHECK(text_at(results, "assignments/1/processes/2") == "b");
  CHECK(text_at(results, "patches/1/method") == "PATCH");
  CHECK(text_at(results, "patches/1/x") == "banana");
  CHECK(results.get("error").is_null());
}

TEST_CASE("json-iface leaves nothing of the message before", "[device][json-iface]") {
  json_guest g(nothing);
  g.state = with(g.state, "results", map({{"outbox", map({{"1", map({})}})}, {"error", "old"}, {"body", "old"}}));
  CHECK(g.run().status == device_status::ok);
  CHECK(g.state.get("results/outbox").keys().empty());
  CHECK(g.state.get("results/error").is_null());
  CHECK(g.state.get("results/body").is_null());
}

TEST_CASE("json-iface has the guest's error as data and error", "[device][json-iface]") {
  json_guest g(guest_answering(R"({"ok":true,"response":{"Error":"boom"}})"));
  CHECK(g.run().status == device_status::ok);
  CHECK(text_at(g.state, "results/data") == "boom");
  CHECK(text_at(g.state, "results/error") == "boom");
}

TEST_CASE("json-iface gives its texts back to the guest", "[device][json-iface]") {
  json_guest g(nothing);
  g.run();
  const std::int64_t sum =
      g.state.get("parameters/1").as_integer().as_int64() + g.state.get("parameters/2").as_integer().as_int64();
  const msg counted = g.f.compute(with(g.state, "pass", 1), "get_freed");
  CHECK(counted.get("results/wasm/output/1").as_integer() == integer(sum));
}

TEST_CASE("json-iface does nothing on other passes, and has the texts as parameters without a guest",
          "[device][json-iface]") {
  ao_fixture f;
  const msg request = map({{"body", map({{"id", "M"}})}});
  const auto compute = [&](const msg& base) { return take(f.device.call("json-iface@1.0", "compute", base, request)); };
  CHECK(compute(map({{"pass", 3}})).message.keys().size() == 1);
  CHECK(compute(map({})).message.keys().empty());
  const msg prepared = compute(map({{"pass", 1}})).message;
  CHECK(text_at(prepared, "parameters/1").substr(0, 2) == "{\"");
  CHECK(text_at(prepared, "parameters/2") == "{}");
  const msg answered = map({{"pass", 2}, {"results", map({{"type", "ok"}, {"output", plain_answer}})}});
  CHECK(text_at(compute(answered).message, "results/data") == "2");
  CHECK(code_of(f.device.call("json-iface@1.0", "other", map({}), request)) == errc::unknown_key);
}

TEST_CASE("json-iface refuses a request without a message", "[device][json-iface]") {
  ao_fixture f;
  for (const msg& request : {map({}), map({{"body", "text"}}), map({{"body", 5}}), map({{"body", list({})}})}) {
    CHECK(code_of(f.device.call("json-iface@1.0", "compute", map({{"pass", 1}}), request)) == errc::malformed_request);
  }
}

TEST_CASE("json-iface reports a trap as an error", "[device][json-iface]") {
  json_guest g(R"((module (memory (export "memory") 1)
    (func (export "malloc") (param i32) (result i32) (i32.const 8))
    (func (export "handle") (param i32 i32) (result i32) unreachable)))");
  const response r = g.run();
  CHECK(r.status == device_status::error);
  CHECK(text_at(r.message, "results/body") == "WASM execution error.");
  CHECK(text_at(r.message, "results/reason") == "unreachable");
}

TEST_CASE("json-iface reports a guest without storage as an error", "[device][json-iface]") {
  for (const std::string_view malloc : {
           "",
           "(func (export \"malloc\") (param i64) (result i64) (i64.const 0))",
           "(func (export \"malloc\") (param i64) (result i64) (i64.const 65530))",
           "(func (export \"malloc\") (param i64) (result i64) unreachable)",
           "(func (export \"malloc\") (result f64) (f64.const 0))",
       }) {
    json_guest g("(module (memory (export \"memory\") i64 1) " + std::string(malloc) + ")");
    const response r = g.prepare(map({{"body", map({})}}));
    CHECK(r.status == device_status::error);
    CHECK(text_at(r.message, "results/body") == "WASM execution error.");
  }
}

TEST_CASE("json-iface survives answers that are not what it wants", "[device][json-iface][hostile]") {
  check_unreadable("", "JSON at");
  check_unreadable("{", "JSON at");
  check_unreadable("{}{}", "JSON at");
  check_unreadable("\xff\xfe", "JSON at");
  check_unreadable("\"\xff\"", "JSON at");
  check_unreadable("[1e999]", "JSON at");
  check_unreadable("null", "not an object");
  check_unreadable("{}", "not ok");
  check_unreadable(R"({"ok":1,"response":{}})", "not ok");
  check_unreadable(R"({"ok":false,"error":"no such message"})", "no such message");
  check_unreadable(R"({"ok":true})", "response");
  check_unreadable(R"({"ok":true,"response":[]})", "response");
  check_unreadable(R"({"ok":true,"response":{"Messages":{}}})", "Messages is not a list");
  check_unreadable(R"({"ok":true,"response":{"Messages":[{},5]}})", "Messages/2: not an object");
  check_unreadable(R"({"ok":true,"response":{"Spawns":"x"}})", "Spawns is not a list");
  check_unreadable(R"({"ok":true,"response":{"Messages":[{"Tags":5}]}})", "Messages/1: Tags");
  check_unreadable(R"({"ok":true,"response":{"Messages":[{"Tags":[5]}]}})", "Messages/1: a tag without a name");
  check_unreadable(R"({"ok":true,"response":{"Messages":[{"Tags":[{"name":7}]}]}})", "a tag without a name");
  check_unreadable(std::string(3000, '['), "nesting too deep");
  std::string nested;
  for (int i = 0; i < 3000; ++i) nested += "{\"a\":";
  check_unreadable(nested, "nesting too deep");
}

TEST_CASE("json-iface bounds the number of values in an answer", "[device][json-iface][hostile]") {
  std::string zeros = "[0";
  for (int i = 0; i < (1 << 20); ++i) zeros += ",0";
  const result<msg> parsed = parse_json<policy>(zeros + "]");
  CHECK(code_of(parsed) == errc::limit_exceeded);
  json_limits limits;
  limits.bytes = 10;
  CHECK(code_of(parse_json<policy>("[1,2,3,4,5]", limits)) == errc::limit_exceeded);
}

TEST_CASE("json-iface survives answers that are nowhere", "[device][json-iface][hostile]") {
  for (const std::string_view result : {"i64.const -1", "i64.const 65536", "i64.const 65535", "f64.const 5"}) {
    const std::string_view type = result.substr(0, 3);
    json_guest g(
        "(module (memory (export \"memory\") i64 1) (data (i64.const 65535) \"x\")"
        "(func (export \"malloc\") (param i64) (result i64) (i64.const 8))"
        "(func (export \"handle\") (param i64 i64) (result " +
        std::string(type) + ") (" + std::string(result) + ")))");
    const response r = g.run();
    CHECK(r.status == device_status::error);
    CHECK(text_at(r.message, "results/body") == "JSON error parsing result output.");
  }
  json_guest none(
      "(module (memory (export \"memory\") i64 1) (func (export \"handle\") (param i64 i64))"
      "(func (export \"malloc\") (param i64) (result i64) (i64.const 8)))");
  CHECK(none.run().status == device_status::error);
}

TEST_CASE("the ledger answers through json-iface", "[device][json-iface]") {
  ao_fixture f;
  const std::string wasm = example_file("ledger.wasm");
  const msg environment = take(parse_json<policy>(example_file("env.json")));
  msg state = map({{"image", msg(as_bytes(wasm))}, {"process", environment.get("Process")}});
  state = take(f.device.call("json-iface@1.0", "init", state, {})).message;
  state = take(f.device.init(state));
  std::istringstream lines(example_file("messages.jsonl")), answers(example_file("responses.jsonl"));
  std::string line, answer;
  for (int i = 0; i < 40 && std::getline(lines, line) && std::getline(answers, answer); ++i) {
    const msg request = map({{"body", take(parse_json<policy>(line))}});
    state = take(f.device.call("json-iface@1.0", "compute", with(state, "pass", 1), request)).message;
    state = take(f.device.compute(state, request));
    state = take(f.device.call("json-iface@1.0", "compute", with(state, "pass", 2), request)).message;
    CHECK(as_text(state.get_private("answer").as_bytes()) == answer);
  }
}
#endif
