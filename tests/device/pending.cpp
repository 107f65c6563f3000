#if __has_include(<nlohmann/json.hpp>)
#include "tests/device/ao_support.hpp"
#include "wasm64/device/multipass.hpp"
#include "wasm64/device/stack.hpp"

using namespace device_tests;

namespace {

struct sliced_config : default_device_config {
  using engine = metered_engine_config;
  using siblings = device_list<json_iface_device, multipass_device, process_device, scheduler_device, stack_device>;
};
using sliced_fixture = fixture<sliced_config>;

device_options slices_of(std::int64_t slice, std::int64_t fuel = INT64_MAX) {
  device_options with;
  with.fuel_slice = slice;
  with.fuel = fuel;
  return with;
}

/// `count` adds up the numbers to n, `twice` what the import says; both take fuel in proportion.
constexpr std::string_view counting = R"((module
  (import "env" "ask" (func $ask (param i64) (result i64)))
  (memory (export "memory") 1)
  (func $count (export "count") (param $n i64) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (local.get $n)))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $again (i64.gt_s (local.get $n) (i64.const 0))))
    (local.get $sum))
  (func (export "asking") (param i64) (result i64)
    (i64.add (call $count (local.get 0)) (call $ask (call $count (local.get 0)))))
  (func (export "fill") (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))
    (i32.load8_u (i32.const 65535)))))";

msg request_for(std::string_view function, std::initializer_list<msg> parameters = {}) {
  return map({{"function", function}, {"parameters", list(parameters)}});
}
std::string type_of(const msg& m) { return text_at(m, "results/type"); }

}  // namespace

TEST_CASE("a call that has spent its slice is pending until it is resumed", "[device][pending]") {
  sliced_fixture f(slices_of(1000));
  msg state = f.init(counting);
  const msg request = request_for("count", {1000});
  response done = take(f.device.call("compute", state, request));
  CHECK(done.status == device_status::pending);
  CHECK(type_of(done.message) == "pending");
  CHECK(text_at(done.message, "results/output/waiting-for") == "fuel");

  SECTION("another call has to wait") {
    CHECK(code_of(f.device.compute(done.message, request)) == errc::instance_busy);
    CHECK(f.device.instance_of(done.message)->is_pending());
  }
  SECTION("refused calls and writes leave it as it is") {
    const auto waiting = f.device.instance_of(done.message);
    const std::int64_t left = waiting->vm()->fuel();
    CHECK(code_of(waiting->write(as_bytes("text"))) == errc::instance_busy);
    CHECK(code_of(waiting->call("count", list({1}), msg(), handler()).output) == errc::instance_busy);
    CHECK(waiting->is_pending());
    CHECK(waiting->vm()->fuel() == left);
  }
  SECTION("it goes on slice by slice") {
    int slices = 1;
    for (; done.status == device_status::pending; ++slices) {
      REQUIRE(slices < 100);
      done = take(f.device.call("compute", std::move(done.message), map({{"resume", true}})));
    }
    CHECK(slices > 3);
    CHECK(type_of(done.message) == "ok");
    CHECK(done.message.get("results/output") == list({500'500}));
    CHECK(code_of(f.device.compute(done.message, map({{"resume", true}}))) == errc::not_suspended);
  }
  SECTION("it ends with its instance") {
    CHECK(f.device.terminate(done.message).has_value());
    CHECK(code_of(f.device.compute(done.message, map({{"resume", true}}))) == errc::no_instance);
  }
}

TEST_CASE("a snapshot leaves a pending call as it is", "[device][pending]") {
  sliced_fixture f(slices_of(1000, 1500));
  response done = take(f.device.call("compute", f.init(counting), request_for("count", {100'000})));
  REQUIRE(done.status == device_status::pending);
  const store_base& vm = *f.device.instance_of(done.message)->vm();
  const std::int64_t left = vm.fuel();
  CHECK(vm.has_next_slice());
  take(f.device.snapshot(done.message));
  CHECK(vm.has_next_slice());
  CHECK(vm.fuel() == left);
}

TEST_CASE("slices change neither results nor the fuel that is left", "[device][pending]") {
  const auto run = [](std::int64_t slice, std::int64_t fuel, std::string_view function,
                      std::initializer_list<msg> with) {
    sliced_fixture f(slices_of(slice, fuel));
    msg state = f.init(counting);
    msg ask = request_for(function, with);
    for (;;) {
      response done = take(f.device.call("compute", std::move(state), ask));
      state = std::move(done.message);
      if (done.status == device_status::ok) break;
      ask = map({{"resume", true}});
    }
    const msg output = state.get("results/output");
    return std::pair<msg, std::int64_t>(output, f.device.instance_of(state)->vm()->fuel());
  };
  for (const std::int64_t fuel : {100'000, 3000, 100, 1}) {
    const auto whole = run(0, fuel, "asking", {300});
    const auto filled = run(0, fuel, "fill", {});
    for (const std::int64_t slice : {1, 7, 100, 5000}) {
      CAPTURE(fuel, slice);
      CHECK(run(slice, fuel, "asking", {300}) == whole);
      CHECK(run(slice, fuel, "fill", {}) == filled);
    }
  }
}

TEST_CASE("import handlers that call back in are not cut into slices", "[device][pending]") {
  sliced_fixture f(slices_of(50));
  msg state = f.init(counting);
  const auto calls_back = [](call_of& call) -> result<answer_of> {
    auto done = call.instance->call("count", list({200}), call.state);
    if (!done.output.has_value()) return fail(done.output.assume_error());
    return answer_of{std::move(done.output).assume_value(), {}};
  };
  take(state.set_private("stdlib/env/ask", policy::make_host(host_object::make(handler(calls_back)))));
  msg ask = request_for("asking", {100});
  response done{device_status::pending, std::move(state)};
  int slices = 0;
  for (; done.status == device_status::pending; ++slices) {
    done = take(f.device.call("compute", std::move(done.message), ask));
    ask = map({{"resume", true}});
  }
  CHECK(slices > 5);
  CHECK(done.message.get("results/output") == list({5050 + 20'100}));
}

TEST_CASE("an import may be answered later", "[device][pending]") {
  sliced_fixture f;
  msg state = f.init(counting);
  const auto later = [](call_of& call) -> result<answer_of> {
    WASM64_TRY(call.state, policy::set(std::move(call.state), "asked", policy::make_bool(true), set_mode::replace));
    return fail(errc::pending);
  };
  take(state.set_private("stdlib/env/ask", policy::make_host(host_object::make(handler::in_place(later)))));
  msg waiting = take(f.device.compute(std::move(state), request_for("asking", {10})));
  REQUIRE(type_of(waiting) == "pending");
  const msg what = waiting.get("results/output");
  CHECK(text_at(what, "waiting-for") == "import");
  CHECK(text_at(what, "module") == "env");
  CHECK(text_at(what, "func") == "ask");
  CHECK(text_at(what, "func-sig") == "(I)I");
  CHECK(what.get("args") == list({55}));
  CHECK(waiting.get("asked") == msg(true));

  SECTION("with results") {
    waiting = take(f.device.compute(std::move(waiting), map({{"resume", map({{"results", list({7})}})}})));
    CHECK(type_of(waiting) == "ok");
    CHECK(waiting.get("results/output") == list({62}));
    CHECK(waiting.get("asked") == msg(true));
  }
  SECTION("with a failure") {
    waiting = take(f.device.compute(std::move(waiting), map({{"resume", map({{"error", "nobody there"}})}})));
    CHECK(type_of(waiting) == "error");
    CHECK(text_at(waiting, "results/output") == "host function error: env.ask: nobody there");
    CHECK(type_of(f.compute(std::move(waiting), "count", {1})) == "ok");
  }
  SECTION("what is no answer leaves it waiting") {
    for (const msg& wrong : {msg(true), map({}), map({{"results", list({})}}), map({{"results", list({"x"})}})}) {
      CHECK_FALSE(f.device.compute(waiting, map({{"resume", wrong}})).has_value());
    }
    CHECK(f.device.instance_of(waiting)->is_pending());
  }
}

TEST_CASE("an import inside another one cannot be answered later", "[device][pending]") {
  sliced_fixture f;
  msg state = f.init(counting);
  const auto nested = [](call_of& call) -> result<answer_of> {
    if (call.args.get("1").as_integer() == integer(1)) return fail(errc::pending);
    auto done = call.instance->call("asking", list({1}), call.state);
    if (!done.output.has_value()) return fail(done.output.assume_error());
    return answer_of{std::move(done.output).assume_value(), {}};
  };
  take(state.set_private("stdlib/env/ask", policy::make_host(host_object::make(handler(nested)))));
  state = take(f.device.compute(std::move(state), request_for("asking", {2})));
  CHECK(type_of(state) == "error");
  CHECK(text_at(state, "results/output").find("cannot suspend") != std::string::npos);
  CHECK(type_of(f.compute(std::move(state), "count", {1})) == "ok");
}

TEST_CASE("a stack goes on at the device that waits", "[device][pending][stack]") {
  const auto run = [](std::int64_t slice) {
    sliced_fixture f(slices_of(slice));
    msg state = map({{"device", "stack@1.0"},
                     {"device-stack", list({"wasm64@1.0", "multipass@1.0"})},
                     {"passes", 3},
                     {"image", image(counting)}});
    state = take(f.device.init(std::move(state)));
    msg ask = request_for("count", {500});
    response done{device_status::pending, std::move(state)};
    int slices = 0;
    for (; done.status == device_status::pending; ++slices) {
      done = take(f.device.call("stack@1.0", "compute", std::move(done.message), ask));
      CHECK(text_at(done.message, "device") == "stack@1.0");
      ask = map({{"resume", true}});
    }
    take(done.message.set("image", "", set_mode::replace));
    return std::pair<int, std::string>(slices,
                                       std::string(as_text(view_of(policy::encode(done.message).assume_value()))));
  };
  const auto whole = run(0);
  const auto sliced = run(300);
  CHECK(whole.first == 1);
  CHECK(sliced.first > 2);
  CHECK(sliced.second == whole.second);
}

TEST_CASE("a stack without a place to go on at says so", "[device][pending][stack]") {
  sliced_fixture f(slices_of(300));
  const msg state = map({{"device", "stack@1.0"}, {"device-stack", list({"wasm64@1.0"})}, {"image", image(counting)}});
  CHECK(code_of(f.device.call("stack@1.0", "compute", state, map({{"resume", true}}))) == errc::not_suspended);
}

TEST_CASE("a process whose slot waits goes on with the same slot", "[device][pending][process]") {
  sliced_fixture f(slices_of(300));
  msg state = map({{"device", "process@1.0"}, {"image", image(counting)}});
  state = take(f.device.call("process@1.0", "init", std::move(state), map({}))).message;
  const msg scheduled = map({{"body", request_for("count", {500})}});
  CHECK(take(f.device.call("process@1.0", "schedule", state, scheduled)).status == device_status::ok);
  msg ask = map({{"slot", 0}});
  response done{device_status::pending, std::move(state)};
  int slices = 0;
  for (; done.status == device_status::pending; ++slices) {
    done = take(f.device.call("process@1.0", "compute", std::move(done.message), ask));
    INFO(text_at(done.message, "phase") + ": " + text_at(done.message, "error"));
    CHECK(text_at(done.message, "device") == "process@1.0");
    if (done.status == device_status::pending) CHECK(done.message.get("at-slot").as_integer() == integer(-1));
    ask = map({{"slot", 0}, {"resume", true}});
  }
  CHECK(done.status == device_status::ok);
  CHECK(slices > 2);
  CHECK(done.message.get("at-slot").as_integer() == integer(0));
  CHECK(done.message.get("results/output") == list({125'250}));
}
#endif
