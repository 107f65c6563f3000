#if __has_include(<nlohmann/json.hpp>)
#include "tests/device/ao_support.hpp"

using namespace device_tests;

namespace {

/// A process with its device.
struct running {
  ao_fixture f;
  msg state;

  explicit running(msg definition, device_options options = {}) : f(std::move(options)) {
    definition = with(std::move(definition), "device", "process@1.0");
    state = take_ok("init", std::move(definition));
  }

  response call(std::string_view key, const msg& base, const msg& request = map({})) {
    return take(f.device.call("process@1.0", key, base, request));
  }
  msg take_ok(std::string_view key, const msg& base, const msg& request = map({})) {
    response r = call(key, base, request);
    if (r.status != device_status::ok) FAIL(text_at(r.message, "phase") + ": " + text_at(r.message, "error"));
    return r.message;
  }
  std::int64_t schedule(const msg& message) {
    return take_ok("schedule", state, map({{"body", message}})).get("slot").as_integer().as_int64();
  }
  /// Schedules a call of an export and computes it.
  msg run(std::string_view function, std::initializer_list<msg> parameters = {}) {
    const std::int64_t slot = schedule(map({{"function", function}, {"parameters", list(parameters)}}));
    return state = take_ok("compute", state, map({{"slot", slot}}));
  }
  integer output() const { return state.get("results/output/1").as_integer(); }
};

constexpr std::string_view counter = R"((module
  (memory (export "memory") 1 3)
  (func (export "add") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
    (i32.load (i32.const 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func (export "trap") unreachable)))";

}  // namespace

TEST_CASE("a process computes its schedule slot by slot", "[device][process]") {
  running p(map({{"image", image(fac)}}));
  CHECK(text_at(p.state, "initialized") == "true");
  CHECK(p.state.get("at-slot").as_integer() == integer(-1));
  CHECK(p.schedule(map({{"function", "fac"}, {"parameters", list({5.0})}})) == 0);
  CHECK(p.schedule(map({{"function", "fac"}, {"parameters", list({6.0})}})) == 1);
  CHECK(p.take_ok("slot", p.state).get("current").as_integer() == integer(1));
  const msg first = p.take_ok("compute", p.state, map({{"slot", 0}}));
  CHECK(first.get("results/output/1").as_float() == 120.0);
  CHECK(first.get("at-slot").as_integer() == integer(0));
  CHECK(text_at(first, "device") == "process@1.0");
  const msg second = p.take_ok("compute", first, map({{"slot", "1"}}));
  CHECK(second.get("results/output/1").as_float() == 720.0);
  CHECK(p.take_ok("compute", second, map({{"slot", 1}})).get("results/output/1").as_float() == 720.0);
}

TEST_CASE("a process runs all assignments up to a slot, in order", "[device][process]") {
  running p(map({{"image", image(counter)}}));
  for (int n : {1, 10, 100}) p.schedule(map({{"function", "add"}, {"parameters", list({n})}}));
  SECTION("up to a slot") {
    p.state = p.take_ok("compute", p.state, map({{"slot", 1}}));
    CHECK(p.output() == integer(11));
  }
  SECTION("up to the latest") {
    p.state = p.take_ok("now", p.state);
    CHECK(p.output() == integer(111));
    CHECK(p.take_ok("now", p.state).get("at-slot").as_integer() == integer(2));
  }
  SECTION("results are those of the latest slot") {
    p.schedule(map({{"data", "no function"}}));
    p.state = p.take_ok("compute", p.state);
    CHECK(p.state.get("results").is_null());
    CHECK(p.run("add", {1}).get("results/output/1").as_integer() == integer(112));
  }
}

TEST_CASE("a process can be computed without being initialized, once it has a schedule", "[device][process]") {
  ao_fixture f;
  const msg base = map({{"device", "process@1.0"}, {"image", image(counter)}});
  const msg request = map({{"body", map({{"function", "add"}})}});
  CHECK(code_of(f.device.call("process@1.0", "schedule", base, request)) == errc::malformed_request);
  const response now = take(f.device.call("process@1.0", "now", base, map({})));
  CHECK(now.status == device_status::ok);
  CHECK(text_at(now.message, "initialized") == "true");
}

TEST_CASE("a restored process goes on where it was", "[device][process]") {
  byte_vector stored;
  memory_store storage;
  const bool as_state = GENERATE(false, true);
  device_options options;
  options.snapshot_as_state = as_state;
  const msg definition = map({{"image", image(counter)}, {"output-prefix", "wasm"}});
  {
    running p(definition, options);
    p.run("grow", {1});
    p.run("add", {1337});
    const msg taken = p.take_ok("snapshot", p.state);
    CHECK(taken.keys().size() == 1);
    CHECK(taken.get(as_state ? "wasm/State" : "body").kind() == value_kind::binary);
    stored = take(policy::encode(with(p.state, "snapshot", taken)));
    storage = p.f.store;
  }
  running other(definition);
  other.f.store = storage;
  other.state = take(policy::decode(view_of(stored)));
  SECTION("by compute") { other.state = other.take_ok("compute", other.state, map({{"slot", 1}})); }
  SECTION("by normalize") { other.state = other.take_ok("normalize", other.state); }
  CHECK(other.state.get("snapshot").is_null());
  CHECK(other.run("add", {0}).get("results/wasm/output/1").as_integer() == integer(1337));
  CHECK(other.state.get("at-slot").as_integer() == integer(2));
  CHECK(other.run("grow", {0}).get("results/wasm/output/1").as_integer() == integer(2));
}

TEST_CASE("a state at [Prefix]/State restores an instance", "[device][process]") {
  device_options options;
  options.snapshot_as_state = true;
  fixture<> f(options);
  const std::string prefix = GENERATE("", "a/b");
  const msg base = map({{"image", image(counter)}, {"output-prefix", prefix}});
  msg state = f.compute(take(f.device.init(base)), "add", {7});
  msg restored = base;
  take(restored.set("", take(f.device.snapshot(state))));
  CHECK(restored.get(prefix + "/state").kind() == value_kind::binary);
  restored = f.compute(restored, "add", {1});
  CHECK(restored.get("results/" + prefix + "/output/1").as_integer() == integer(8));
  CHECK(restored.get(prefix + "/State").is_null());
  CHECK(code_of(f.device.normalize(with(base, prefix + "/State", map({{"calls", 1}})))) == errc::no_instance);
}

TEST_CASE("failures of a process say where they happened", "[device][process]") {
  running p(map({{"image", image(counter)}}));
  p.run("add", {1});
  SECTION("there is no such slot") {
    const response r = p.call("compute", p.state, map({{"slot", 5}}));
    CHECK(r.status == device_status::error);
    CHECK(text_at(r.message, "phase") == "schedule");
    CHECK(r.message.get("attempted-slot").as_integer() == integer(1));
    CHECK(text_at(r.message, "error").find("slot 1") != std::string::npos);
  }
  SECTION("the slot is computed already") {
    p.run("add", {1});
    const response r = p.call("compute", p.state, map({{"slot", 0}}));
    CHECK(r.status == device_status::error);
    CHECK(r.message.get("attempted-slot").as_integer() == integer(0));
  }
  SECTION("the slot is no number") {
    for (const msg& slot : {msg("x"), msg("-1"), msg(-1), msg(""), msg(1.5), msg("99999999999999999999"), list({})}) {
      CHECK(!p.f.device.call("process@1.0", "compute", p.state, map({{"slot", slot}})).has_value());
    }
  }
  SECTION("the state is of no slot") {
    for (const msg& at : {msg(INT64_MAX), msg(UINT64_MAX), msg(INT64_MIN), msg(-2)}) {
      msg stored = take(policy::decode(view_of(take(policy::encode(p.state)))));
      const response r = p.call("compute", with(std::move(stored), "at-slot", at));
      CHECK(r.status == device_status::error);
      CHECK(text_at(r.message, "error").find("at-slot") != std::string::npos);
    }
  }
  SECTION("there is no image") {
    const response r = p.call("init", map({{"device", "process@1.0"}}));
    CHECK(r.status == device_status::error);
    CHECK(text_at(r.message, "phase") == "init");
    CHECK(text_at(r.message, "error").find("no viable image") != std::string::npos);
  }
  SECTION("nothing to restore from") {
    const byte_vector stored = take(policy::encode(p.state));
    const response r = p.call("compute", take(policy::decode(view_of(stored))));
    CHECK(r.status == device_status::error);
    CHECK(text_at(r.message, "phase") == "normalize");
  }
  SECTION("the execution device is unknown") {
    p.schedule(map({{"function", "add"}}));
    const response r = p.call("compute", with(p.state, "execution-device", "other@1.0"), map({{"slot", 1}}));
    CHECK(r.status == device_status::error);
    CHECK(text_at(r.message, "phase") == "compute");
    CHECK(text_at(r.message, "error").find("other@1.0") != std::string::npos);
  }
}

TEST_CASE("a trap in a slot is a result", "[device][process]") {
  running p(map({{"image", image(counter)}}));
  CHECK(text_at(p.run("trap"), "results/type") == "error");
  CHECK(p.run("add", {3}).get("results/output/1").as_integer() == integer(3));
}

TEST_CASE("a schedule takes messages only", "[device][process]") {
  running p(map({{"image", image(counter)}}));
  for (const msg& body : {msg("text"), msg(5), list({1})}) {
    const auto answer = p.f.device.call("process@1.0", "schedule", p.state, map({{"body", body}}));
    CHECK(code_of(answer) == errc::malformed_request);
  }
  const msg whole = p.take_ok("schedule", p.state, map({{"path", "schedule"}, {"function", "add"}}));
  CHECK(text_at(whole, "body/function") == "add");
  CHECK(whole.get("body/path").is_null());
  const msg timed = map({{"body", map({})}, {"block-height", 8}, {"timestamp", 9}});
  CHECK(p.take_ok("schedule", p.state, timed).get("block-height").as_integer() == integer(8));
}

TEST_CASE("a terminated process has no instance", "[device][process]") {
  running p(map({{"image", image(counter)}}));
  p.schedule(map({{"function", "add"}, {"parameters", list({1})}}));
  const msg ended = p.take_ok("terminate", p.state);
  CHECK(p.f.device.instance_of(ended) == nullptr);
  CHECK(p.call("compute", ended).status == device_status::error);
}

TEST_CASE("Memory-Limit bounds the memory of a process", "[device][process][limits]") {
  const auto grown = [](const msg& limit, std::int64_t pages) {
    running p(map({{"image", image(counter)}, {"Memory-Limit", limit}}));
    return p.run("grow", {pages}).get("results/output/1").as_integer() == integer(1);
  };
  CHECK(grown("1-gb", 2));
  CHECK(grown("192-KB", 2));
  CHECK(!grown("191-kb", 2));
  CHECK(!grown("131072", 2));
  CHECK(grown("131072-b", 1));
  CHECK(!grown(131072, 2));
  CHECK(grown("16777215-tb", 2));
}

TEST_CASE("Compute-Limit bounds the fuel of a call", "[device][process][limits]") {
  struct metered : ao_test_config {
    using engine = metered_engine_config;
  };
  fixture<metered> f;
  msg state = take(f.device.init(
      map({{"process", map({{"image", image(counter)}, {"compute-limit", "1000"}})}, {"input-prefix", "process"}})));
  state = f.compute(state, "spin");
  CHECK(text_at(state, "results/output") == "out of fuel");
  CHECK(f.compute(state, "add", {1}).get("results/output/1").as_integer() == integer(1));
}

TEST_CASE("limits of a process only lower those of the host", "[device][process][limits]") {
  device_options options;
  options.limits.memory_bytes = 65536;
  options.fuel = 5;
  fixture<ao_test_config> f(options);
  const msg limits = map({{"image", image(counter)}, {"Memory-Limit", "16-gb"}, {"Compute-Limit", 9'000'000'000'000}});
  const msg state = f.compute(take(f.device.init(limits)), "grow", {1});
  CHECK(state.get("results/output/1").as_integer() == integer(-1));
}

TEST_CASE("limits that cannot be read are refused by name", "[device][process][limits]") {
  fixture<> f;
  const auto refused = [&](const char* key, const msg& limit) {
    const auto made = f.device.init(map({{"image", image(counter)}, {key, limit}}));
    CHECK(code_of(made) == errc::malformed_message);
    if (!made.has_value()) CHECK(made.assume_error().detail == key);
  };
  for (const msg& limit :
       {msg("1-gib"), msg("gb"), msg("-1"), msg("1-"), msg("1 gb"), msg("1.5-gb"), msg("0x10"), msg(""),
        msg("99999999999999999999"), msg("99999999-tb"), msg(-1), msg(1.0), msg(true), map({})}) {
    refused("Memory-Limit", limit);
  }
  for (const msg& limit : {msg("1-gb"), msg("9e12"), msg(" 1"), msg(-5), msg(""), list({1})}) {
    refused("Compute-Limit", limit);
  }
}
#endif
