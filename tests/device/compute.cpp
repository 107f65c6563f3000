#include "tests/device/support.hpp"

using namespace device_tests;

namespace {

constexpr std::string_view echo = R"((module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "reference") (param externref) (result externref) (local.get 0))))";

std::string error_of(const msg& done) {
  CHECK(text_at(done, "results/type") == "error");
  return text_at(done, "results/output");
}

}  // namespace

TEST_CASE("compute writes type and output", "[device][compute]") {
  fixture<> f;
  const msg done = f.compute(f.init(fac), "fac", {5.0});
  CHECK(text_at(done, "results/type") == "ok");
  CHECK(done.get("results/output") == list({120.0}));
  CHECK(f.compute(f.init(fac), "fac", {5}).get("results/output") == list({120.0}));
  CHECK(f.compute(f.init(echo), "nothing").get("results/output") == list({}));
  CHECK(f.compute(f.init(echo), "swap", {1, 2}).get("results/output") == list({2, 1}));
}

TEST_CASE("function and parameters are looked for separately, the request's body first", "[device][compute]") {
  fixture<> f;
  const msg base = with(with(f.init(echo), "function", "i32"), "parameters", list({1}));
  const auto output = [&](const msg& request) { return take(f.device.compute(base, request)).get("results/output"); };
  CHECK(output({}) == list({1}));
  CHECK(output(map({{"parameters", list({2})}})) == list({2}));
  CHECK(output(map({{"function", "f64"}})) == list({1.0}));
  CHECK(output(map({{"function", "f64"}, {"body", map({{"function", "i64"}, {"parameters", list({3})}})}})) ==
        list({3}));
  CHECK(output(map({{"parameters", list({4})}, {"body", map({{"function", "f64"}})}})) == list({4.0}));
  CHECK(output(map({{"body", "not a message"}})) == list({1}));
  CHECK(output(map({{"parameters", map({{"1", 5}})}})) == list({5}));
}

TEST_CASE("without a function nothing is called", "[device][compute]") {
  fixture<> f;
  const msg base = f.init(fac);
  CHECK(take(f.device.compute(base)) == base);
  CHECK(take(f.device.compute(with(base, "snapshot", "old"), map({{"parameters", list({1.0})}}))) == base);
}

TEST_CASE("an output prefix may be longer than most", "[device][compute]") {
  fixture<> f;
  for (const std::size_t length : {30u, 37u, 38u, 41u, 300u}) {
    const std::string prefix = "outputs/" + std::string(length, 'p');
    const msg base = take(f.device.init(map({{"image", image(fac)}, {"output-prefix", prefix}})));
    CHECK(text_at(f.compute(base, "fac", {5.0}), "results/" + prefix + "/type") == "ok");
  }
}

TEST_CASE("pass lets the first round execute only", "[device][compute]") {
  fixture<> f;
  const msg base = f.init(fac);
  CHECK(f.compute(with(base, "pass", 1), "fac", {1.0}).get("results/output") == list({1.0}));
  for (const msg& other : {msg(0), msg(2), msg("1"), msg(true)}) {
    CHECK(f.compute(with(base, "pass", other), "fac", {1.0}).get("results").is_null());
  }
}

TEST_CASE("without instance and snapshot compute fails", "[device][compute]") {
  fixture<> f;
  CHECK(code_of(f.device.compute(map({{"image", image(fac)}, {"function", "fac"}}))) == errc::no_instance);
  CHECK(code_of(f.device.compute(msg())) == errc::no_instance);
}

TEST_CASE("what the guest cannot be asked for is an error result", "[device][compute]") {
  fixture<> f;
  const msg base = f.init(echo);
  const auto error = [&](std::string_view function, std::initializer_list<msg> parameters) {
    return error_of(f.compute(base, function, parameters));
  };
  CHECK(error("other", {}) == "unknown export: other");
  CHECK(error("i32", {}) == "wrong number of arguments: 0 for (i)i");
  CHECK(error("i32", {1, 2}) == "wrong number of arguments: 2 for (i)i");
  CHECK(error("i32", {1.0}) == "argument type mismatch: parameter 1");
  CHECK(error("swap", {1, "two"}) == "argument type mismatch: parameter 2");
  CHECK(error("i32", {std::int64_t{1} << 32}) == "argument value out of range: parameter 1");
  CHECK(error("reference", {1}) == "argument type mismatch: parameter 1");
  CHECK(error_of(take(f.device.compute(base, map({{"function", 0}})))) == "malformed request: function");
  CHECK(error_of(take(f.device.compute(base, map({{"function", "i32"}, {"parameters", 1}})))) ==
        "malformed request: parameters");
}

TEST_CASE("numbers cross the border exactly", "[device][compute]") {
  fixture<> f;
  const msg base = f.init(echo);
  const auto output = [&](std::string_view function, msg parameter) {
    return f.compute(base, function, {std::move(parameter)}).get("results/output/1");
  };
  CHECK(output("i32", std::uint32_t{0xffffffff}) == msg(-1));
  CHECK(output("i32", std::int64_t{INT32_MIN}) == msg(INT32_MIN));
  CHECK(output("i64", std::int64_t{0x123456789abc}) == msg(std::int64_t{0x123456789abc}));
  CHECK(output("i64", ~std::uint64_t{0}) == msg(-1));
  CHECK(output("f32", 1.5) == msg(1.5));
  CHECK(output("f64", "inf") == msg(std::numeric_limits<double>::infinity()));
  CHECK(output("f64", "-inf") == msg(-std::numeric_limits<double>::infinity()));
  CHECK(output("f32", 1e300) == msg(std::numeric_limits<double>::infinity()));
  const msg nan = output("f64", std::numeric_limits<double>::quiet_NaN());
  CHECK(nan.kind() == value_kind::floating);
  CHECK(nan.as_float() != nan.as_float());
}

TEST_CASE("pointers beyond 2 GiB are values like others", "[device][compute]") {
  fixture<> f;
  const msg base = f.init(R"((module
    (memory (export "memory") i64 49153)
    (func (export "store") (param i64 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "load") (param i64) (result i32) (i32.load (local.get 0)))))");
  const std::uint64_t pointer = (std::uint64_t{3} << 30) + 12;
  const msg stored = f.compute(base, "store", {pointer, 1234});
  CHECK(text_at(stored, "results/type") == "ok");
  CHECK(f.compute(stored, "load", {pointer}).get("results/output") == list({1234}));
}

TEST_CASE("a trap is an error result, and the instance can be used on", "[device][compute]") {
  fixture<> f;
  const msg base = f.init(R"((module
    (global $calls (mut i32) (i32.const 0))
    (func (export "div") (param i32 i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.div_s (local.get 0) (local.get 1)))
    (func (export "calls") (result i32) (global.get $calls))))");
  const msg trapped = f.compute(base, "div", {1, 0});
  CHECK(error_of(trapped) == "integer divide by zero");
  CHECK(f.device.instance_of(trapped)->vm()->last_trap().frames.size() == 1);
  const msg done = f.compute(trapped, "div", {6, 3});
  CHECK(text_at(done, "results/type") == "ok");
  CHECK(done.get("results/output") == list({2}));
  CHECK(f.compute(done, "calls").get("results/output") == list({2}));
}

TEST_CASE("entry points can be restricted", "[device][compute]") {
  device_options options;
  options.entry_points.push_back("i32");
  fixture<> f(std::move(options));
  const msg base = f.init(echo);
  CHECK(f.compute(base, "i32", {1}).get("results/output") == list({1}));
  CHECK(error_of(f.compute(base, "i64", {1})) == "entry point not allowed: i64");
}

TEST_CASE("the base may be told to win over the request", "[device][compute]") {
  device_options options;
  options.base_function_first = true;
  fixture<> f(std::move(options));
  const msg base = with(f.init(echo), "function", "i32");
  const msg request = map({{"body", map({{"function", "i64"}, {"parameters", list({1})}})}});
  const msg done = take(f.device.compute(with(base, "parameters", list({2})), request));
  CHECK(done.get("results/output") == list({2}));
  CHECK(take(f.device.compute(base, request)).get("results/output") == list({1}));
}

namespace {
struct metered_config : default_device_config {
  using engine = metered_engine_config;
};
}  // namespace

TEST_CASE("fuel bounds a compute, and the next one has its own", "[device][compute]") {
  device_options options;
  options.fuel = 10'000;
  fixture<metered_config> f(std::move(options));
  const msg base = f.init(R"((module
    (func (export "spin") (loop (br 0)))
    (func (export "one") (result i32) (i32.const 1))))");
  CHECK(error_of(f.compute(base, "spin")) == "out of fuel");
  CHECK(f.compute(base, "one").get("results/output") == list({1}));
  CHECK(error_of(f.compute(base, "spin")) == "out of fuel");
}

TEST_CASE("limits bound what an image gets", "[device][compute]") {
  device_options options;
  options.limits.call_depth = 50;
  options.limits.memory_bytes = 65536;
  fixture<> f(std::move(options));
  CHECK(error_of(f.compute(f.init(fac), "fac", {60.0})) == "call stack exhausted");
  CHECK(code_of(f.device.init(map({{"image", image("(module (memory 2))")}}))) == errc::limit_exceeded);
}
