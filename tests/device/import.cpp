#include "tests/device/keyless.hpp"

using namespace device_tests;

namespace {

msg with_library(const msg& base) { return with(base, "stdlib/my_lib/device", "Test-Device@1.0"); }

msg with_handler(msg base, std::string_view path, handler h) {
  take(base.set_private(path, msg(host_object::make(std::move(h)))));
  return base;
}

}  // namespace

TEST_CASE("a library in the message answers imports", "[device][import]") {
  fixture<config_with_test_device> f;
  const msg base = with_library(f.init(power));
  const msg done = f.compute(base, "pow", {2, 5});
  CHECK(done.get("results/output") == list({32}));
  CHECK(done.get("calls") == msg(5));
  CHECK(f.compute(done, "pow", {2, 2}).get("calls") == msg(7));
  CHECK(base.get("calls").is_null());
}

TEST_CASE("the state of imports goes from one to the next and into the result", "[device][import]") {
  fixture<> f;
  std::string seen;
  const msg base = with_handler(f.init(power), "stdlib/my_lib/mul", handler([&](call_of& call) -> result<answer_of> {
                                  seen.append(call.state.get("trail").as_text()).append(",");
                                  msg state = call.state;
                                  take(state.set("trail", std::string(call.state.get("trail").as_text()) + "x"));
                                  return answer_of{list({1}), state};
                                }));
  const msg done = f.compute(base, "pow", {2, 3});
  CHECK(seen == ",x,xx,");
  CHECK(text_at(done, "trail") == "xxx");
}

TEST_CASE("an import is told who asks for what", "[device][import]") {
  fixture<> f;
  const msg base = f.init(power);
  const msg heard = with_handler(base, "stdlib/my_lib", handler([&](call_of& call) -> result<answer_of> {
                                   CHECK(call.module == "my_lib");
                                   CHECK(call.func == "mul");
                                   CHECK(call.signature == "(ii)i");
                                   CHECK(call.args == list({1, 2}));
                                   CHECK(call.instance == f.device.instance_of(call.state).get());
                                   return answer_of{list({7}), {}};
                                 }));
  CHECK(f.compute(heard, "pow", {2, 1}).get("results/output") == list({7}));
}

TEST_CASE("a plain map of answers is a library", "[device][import]") {
  fixture<> f;
  const msg base = with(f.init(power), "stdlib/my_lib/mul", map({{"results", list({9})}}));
  CHECK(f.compute(base, "pow", {2, 2}).get("results/output") == list({9}));
}

TEST_CASE("libraries are found under the output prefix", "[device][import]") {
  fixture<config_with_test_device> f;
  const msg base = take(f.device.init(map({{"image", image(power)}, {"output-prefix", "wasm"}})));
  const msg done = f.compute(with(base, "wasm/stdlib/my_lib/device", "test-device@1.0"), "pow", {3, 3});
  CHECK(done.get("results/wasm/output") == list({27}));
}

TEST_CASE("names of imports are exact, whatever is in them", "[device][import]") {
  fixture<> f;
  constexpr std::string_view source = R"((module
    (import "a/b" "keys" (func $f (result i32)))
    (import "a" "b/keys" (func $g (result i32)))
    (import "a" "B" (func $h (result i32)))
    (import "a" "b" (func $i (result i32)))
    (func (export "all") (result i32 i32 i32 i32) (call $f) (call $g) (call $h) (call $i))))";
  const auto answering = [](int n) {
    return msg(host_object::make(handler([n](call_of&) -> result<answer_of> { return answer_of{list({n}), {}}; })));
  };
  // Keys with a '/' exist in maps only, not in paths.
  msg base = f.init(source);
  take(base.set_private("stdlib",
                        map({{"a/b", map({{"keys", answering(1)}})},
                             {"a", map({{"b/keys", answering(2)}, {"B", answering(3)}, {"b", answering(4)}})}})));
  CHECK(f.compute(base, "all").get("results/output") == list({1, 2, 3, 4}));
}

TEST_CASE("C++ libraries are bound when the instance is made", "[device][import]") {
  device_options options;
  options.libraries.func("my_lib", "mul", [](std::int32_t a, std::int32_t b) { return a * b; });
  fixture<config_with_test_device> f(std::move(options));
  const msg done = f.compute(with_library(f.init(power)), "pow", {2, 5});
  CHECK(done.get("results/output") == list({32}));
  CHECK(done.get("calls").is_null());
}

TEST_CASE("one's own resolver takes the place of the device's", "[device][import]") {
  fixture<> f;
  const msg base = with_handler(f.init(power), "import-resolver", handler([](call_of& call) -> result<answer_of> {
                                  return answer_of{list({call.args.get("1").as_integer().as_int64() + 10}), {}};
                                }));
  CHECK(f.compute(base, "pow", {2, 2}).get("results/output") == list({21}));
}

TEST_CASE("an import without a library answers zeros and is logged", "[device][import]") {
  fixture<> f;
  constexpr std::string_view source = R"((module
    (import "env" "none" (func $none (param i32)))
    (import "env" "many" (func $many (result i32 i64 f32 f64)))
    (func (export "run") (result i32 i64 f32 f64) (call $none (i32.const 5)) (call $many))))";
  const msg done = f.compute(f.init(source), "run");
  CHECK(done.get("results/output") == list({0, 0, 0.0, 0.0}));
  const msg log = done.get("state/results/undefined-calls");
  REQUIRE(log.elements().size() == 2);
  CHECK(log.get("1/func") == msg("many"));
  CHECK(log.get("1/func-sig") == msg("()iIfF"));
  CHECK(log.get("2") ==
        map({{"path", "import"}, {"module", "env"}, {"func", "none"}, {"func-sig", "(i)"}, {"args", list({5})}}));
}

TEST_CASE("a function that its library lacks is undefined", "[device][import]") {
  fixture<config_with_test_device> f;
  const msg base = with_library(f.init(R"((module
    (import "my_lib" "add" (func $add (result i32)))
    (func (export "run") (result i32) (call $add))))"));
  CHECK(f.compute(base, "run").get("results/output") == list({0}));
  CHECK(f.compute(base, "run").get("state/results/undefined-calls").elements().size() == 1);
}

namespace {
struct small_log_config : default_device_config {
  static constexpr std::size_t max_undefined_calls = 3;
};
struct no_log_config : default_device_config {
  static constexpr std::size_t max_undefined_calls = 0;
};
struct trapping_config : default_device_config {
  static constexpr undefined_import undefined_imports = undefined_import::trap;
};
}  // namespace

TEST_CASE("the log of undefined calls is bounded, or off", "[device][import]") {
  fixture<small_log_config> f;
  msg base = with(f.init(power), "output-prefix", "");
  for (int i = 0; i < 4; ++i) base = f.compute(base, "pow", {i, 2});
  const msg log = base.get("state/results/undefined-calls");
  REQUIRE(log.elements().size() == 3);
  CHECK(log.get("1/args") == list({0, 3}));
  CHECK(log.get("3/args") == list({0, 2}));

  fixture<no_log_config> quiet;
  CHECK(quiet.compute(quiet.init(power), "pow", {1, 2}).get("state").is_null());
}

TEST_CASE("where the message has no place for the log there is none", "[device][import]") {
  fixture<> f;
  const msg base = with(f.init(power), "state", "text");
  const msg done = f.compute(base, "pow", {1, 2});
  CHECK(done.get("results/output") == list({0}));
  CHECK(done.get("state") == msg("text"));
}

TEST_CASE("a prefix that leaves no room for the log of undefined calls costs nothing else", "[device][import]") {
  fixture<> f;
  const msg plain = with(map({{"image", image(power)}}), "kept", 1);
  for (const std::size_t levels : {max_value_depth - 6, max_value_depth - 5, max_value_depth - 4}) {
    std::string prefix;
    for (std::size_t i = 0; i < levels; ++i) prefix += "p/";
    const msg base = take(f.device.init(with(plain, "output-prefix", prefix)));
    const msg done = f.compute(base, "pow", {1, 2});
    CHECK(done.get("kept") == msg(1));
    CHECK(done.get("results/" + prefix + "output") == list({0}));
  }
}

TEST_CASE("a prefix of many slashes takes no longer than it is", "[device][import][hostile]") {
  fixture<> f;
  const msg plain = map({{"image", image(power)}, {"state", map({{"results", map({{"a", 1}})}})}});
  const msg base = take(f.device.init(with(plain, "output-prefix", std::string(1'000'000, '/'))));
  CHECK(f.compute(base, "pow", {1, 2}).get("state/results/undefined-calls").elements().size() == 2);
}

TEST_CASE("undefined imports may trap instead", "[device][import]") {
  fixture<trapping_config> f;
  const msg done = f.compute(f.init(power), "pow", {1, 2});
  CHECK(text_at(done, "results/type") == "error");
  CHECK(text_at(done, "results/output") == "undefined import called: my_lib.mul");
}

namespace {
struct direct_device : keyless_device {
  static constexpr std::string_view name = "direct@1.0";
  template <class M>
  static result<import_answer<M>> import(device_base<M>&, import_call<M>& call) {
    if (call.func != "mul") return fail(errc::unknown_key);
    return import_answer<M>{list({call.args.get("1").as_integer().as_int64() + 1}), {}};
  }
};
struct direct_config : default_device_config {
  using siblings = device_list<test_device, direct_device>;
};
}  // namespace

TEST_CASE("a sibling may answer imports without messages", "[device][import]") {
  fixture<direct_config> f;
  const msg base = with(f.init(power), "stdlib/my_lib/device", "direct@1.0");
  CHECK(f.compute(base, "pow", {5, 3}).get("results/output") == list({4}));
  const msg request = map({{"module", "my_lib"}, {"func", "sub"}, {"func-sig", "()F"}});
  CHECK(take(f.device.import(base, request)).get("results") == list({0.0}));
}

TEST_CASE("an error in an import handler is an error result with its text", "[device][import]") {
  fixture<> f;
  int calls = 0;
  const msg base = with_handler(f.init(power), "stdlib/my_lib/mul", handler([&](call_of& call) -> result<answer_of> {
                                  if (++calls == 2) return fail(errc::not_found, "no table");
                                  return answer_of{list({1}), with(call.state, "calls", calls)};
                                }));
  const msg failed = f.compute(base, "pow", {1, 5});
  CHECK(text_at(failed, "results/type") == "error");
  CHECK(text_at(failed, "results/output") == "host function error: my_lib.mul: not found in storage: no table");
  CHECK(failed.get("calls") == msg(1));
  CHECK(f.compute(failed, "pow", {1, 1}).get("results/output") == list({1}));
}

TEST_CASE("a handler may change the state in place", "[device][import]") {
  fixture<> f;
  const void* before = nullptr;
  int copies = 0;
  msg base =
      with_handler(f.init(power), "stdlib/my_lib/mul", handler::in_place([&](call_of& call) -> result<answer_of> {
                     take(call.state.set("calls", call.state.get("calls").as_integer().as_int64() + 1));
                     if (before != nullptr && before != address_of(call.state)) ++copies;
                     before = address_of(call.state);
                     if (call.state.get("calls") == msg(7)) return fail(errc::not_found);
                     return answer_of{list({1}), {}};
                   }));
  take(base.set("calls", 0));
  base = f.compute(std::move(base), "pow", {1, 5});
  CHECK(base.get("calls") == msg(5));
  CHECK(copies == 0);
  CHECK(f.compute(base, "pow", {1, 5}).get("calls") == msg(7));
}

TEST_CASE("what a handler answers is checked", "[device][import]") {
  fixture<> f;
  const msg base = f.init(power);
  const auto output_of = [&](msg results) {
    const msg answering =
        with_handler(base, "stdlib/my_lib/mul",
                     handler([results](call_of&) -> result<answer_of> { return answer_of{results, {}}; }));
    return text_at(f.compute(answering, "pow", {1, 1}), "results/output");
  };
  CHECK(output_of(list({})) == "host function error: my_lib.mul: malformed import response: number of results");
  CHECK(output_of(list({1, 2})) == "host function error: my_lib.mul: malformed import response: number of results");
  CHECK(output_of(msg(1)) == "host function error: my_lib.mul: malformed import response: number of results");
  CHECK(output_of(list({1.5})) == "host function error: my_lib.mul: argument type mismatch: result 1");
  CHECK(output_of(list({std::int64_t{1} << 40})) ==
        "host function error: my_lib.mul: argument value out of range: result 1");
}

TEST_CASE("a library of an unknown device is an error result", "[device][import]") {
  fixture<> f;
  const msg done = f.compute(with_library(f.init(power)), "pow", {1, 1});
  CHECK(text_at(done, "results/output") == "host function error: my_lib.mul: unknown device: Test-Device@1.0");
}

TEST_CASE("import is a key too", "[device][import]") {
  fixture<config_with_test_device> f;
  const msg base = with_library(f.init(power));
  const msg request = map({{"module", "my_lib"}, {"func", "mul"}, {"args", list({6, 7})}, {"func-sig", "(ii)i"}});
  const msg done = take(f.device.call("import", base, request)).message;
  CHECK(done.get("results") == list({42}));
  CHECK(done.get("state/calls") == msg(1));
  const msg unknown = take(f.device.import(base, with(request, "func", "sub")));
  CHECK(unknown.get("results") == list({0}));
  CHECK(unknown.get("state/state/results/undefined-calls/1/func") == msg("sub"));
}
