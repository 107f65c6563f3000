#include "tests/device/support.hpp"

using namespace device_tests;

// How values cross between messages and guests, in both directions: as parameters and results of exports, and as
// arguments and results of imports.

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// For each type: an export that answers its parameter, and one that answers what the import makes of it.
constexpr std::string_view source = R"((module
  (import "host" "i32" (func $i32 (param i32) (result i32)))
  (import "host" "i64" (func $i64 (param i64) (result i64)))
  (import "host" "f32" (func $f32 (param f32) (result f32)))
  (import "host" "f64" (func $f64 (param f64) (result f64)))
  (import "host" "two" (func $two (param i32) (result i32 i64)))
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "host i32") (param i32) (result i32) (call $i32 (local.get 0)))
  (func (export "host i64") (param i64) (result i64) (call $i64 (local.get 0)))
  (func (export "host f32") (param f32) (result f32) (call $f32 (local.get 0)))
  (func (export "host f64") (param f64) (result f64) (call $f64 (local.get 0)))
  (func (export "host two") (param i32) (result i32 i64) (call $two (local.get 0)))
  (func (export "bits of f32") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "bits of f64") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func (export "f32 of bits") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
  (func (export "f64 of bits") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0)))))";

msg answering(msg base, handler h) {
  take(base.set_private("stdlib/host", msg(host_object::make(std::move(h)))));
  return base;
}

struct values_fixture : fixture<> {
  msg base = init(source);

  /// The result of an export that is given `parameter`, or the text of its error.
  msg output(std::string_view function, msg parameter) {
    const msg found = compute(base, function, {std::move(parameter)}).get("results/output");
    return found.kind() == value_kind::list ? found.get("1") : found;
  }
  /// The same for an import that answers `answer` to whatever it is asked.
  msg answered(std::string_view function, msg answer) {
    const msg asking =
        answering(base, handler([answer](call_of&) -> result<answer_of> { return answer_of{list({answer}), {}}; }));
    const msg found = compute(asking, function, {0}).get("results/output");
    return found.kind() == value_kind::list ? found.get("1") : found;
  }
};

}  // namespace

TEST_CASE("integers are exact over the whole width, in both directions", "[device][values]") {
  values_fixture f;
  for (const std::int32_t n : {0, 1, -1, 1 << 30, INT32_MAX, INT32_MIN}) {
    CHECK(f.output("i32", n) == msg(n));
    CHECK(f.answered("host i32", n) == msg(n));
  }
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 31, std::int64_t{1} << 32, std::int64_t{1} << 40,
        std::int64_t{0x123456789abc}, (std::int64_t{1} << 53) + 1, INT64_MAX, INT64_MIN}) {
    CHECK(f.output("i64", n) == msg(n));
    CHECK(f.answered("host i64", n) == msg(n));
  }
}

TEST_CASE("the upper half of unsigned integers wraps", "[device][values]") {
  values_fixture f;
  CHECK(f.output("i32", std::uint32_t{1} << 31) == msg(INT32_MIN));
  CHECK(f.output("i32", std::uint32_t{UINT32_MAX}) == msg(-1));
  CHECK(f.output("i64", std::uint64_t{1} << 63) == msg(INT64_MIN));
  CHECK(f.output("i64", std::uint64_t{UINT64_MAX}) == msg(-1));
  CHECK(f.answered("host i32", std::uint32_t{UINT32_MAX}) == msg(-1));
  CHECK(f.answered("host i64", std::uint64_t{UINT64_MAX}) == msg(-1));
}

TEST_CASE("what is out of range is an error that names the parameter or the import", "[device][values]") {
  values_fixture f;
  for (const msg& n : {msg(std::int64_t{UINT32_MAX} + 1), msg(std::int64_t{INT32_MIN} - 1), msg(INT64_MIN),
                       msg(std::uint64_t{UINT64_MAX})}) {
    CHECK(f.output("i32", n) == msg("argument value out of range: parameter 1"));
    CHECK(f.answered("host i32", n) == msg("host function error: host.i32: argument value out of range: result 1"));
  }
}

TEST_CASE("floats take integers, and round once", "[device][values]") {
  values_fixture f;
  CHECK(f.output("f64", 5) == msg(5.0));
  CHECK(f.output("f32", -3) == msg(-3.0));
  CHECK(f.answered("host f64", 5) == msg(5.0));
  CHECK(f.output("f64", std::uint64_t{UINT64_MAX}) == msg(18446744073709551616.0));
  CHECK(f.output("f32", 16777217) == msg(16777216.0));
  // Rounded to a double on the way, this would end half way and go down to 2^60 + 2^37.
  const std::int64_t above_half = (std::int64_t{1} << 60) + (std::int64_t{1} << 36) + 1;
  CHECK(f.output("f32", above_half) == msg(1152921642045800448.0));
  CHECK(f.answered("host f32", above_half) == msg(1152921642045800448.0));
}

TEST_CASE("f32 rounds to nearest, and overflows to infinity", "[device][values]") {
  values_fixture f;
  CHECK(f.output("f32", 1.5) == msg(1.5));
  CHECK(f.output("f32", 0.1) == msg(static_cast<double>(0.1f)));
  CHECK(f.output("f32", -0.0) == msg(-0.0));
  CHECK(f.output("f32", 1e39) == msg(infinity));
  CHECK(f.output("f32", -1e39) == msg(-infinity));
  CHECK(f.output("f32", 1e-46) == msg(0.0));
  CHECK(f.answered("host f32", 1e39) == msg(infinity));
  CHECK(f.output("f64", 5e-324) == msg(5e-324));
  CHECK(f.output("f64", 1.7976931348623157e308) == msg(1.7976931348623157e308));
}

TEST_CASE("integers take no floats, not even whole ones", "[device][values]") {
  values_fixture f;
  for (const msg& d : {msg(1.0), msg(1.5), msg(not_a_number), msg(infinity)}) {
    CHECK(f.output("i32", d) == msg("argument type mismatch: parameter 1"));
    CHECK(f.output("i64", d) == msg("argument type mismatch: parameter 1"));
    CHECK(f.answered("host i64", d) == msg("host function error: host.i64: argument type mismatch: result 1"));
  }
}

TEST_CASE("NaN and infinities go both ways, and have texts", "[device][values]") {
  values_fixture f;
  for (const msg& nan : {msg(not_a_number), msg(-not_a_number), msg("nan"), msg("NaN")}) {
    CHECK(f.output("bits of f32", nan) == msg(0x7fc00000));
    CHECK(f.output("bits of f64", nan) == msg(std::int64_t{0x7ff8000000000000}));
    CHECK(f.answered("host f64", nan) == msg(not_a_number));
  }
  for (const msg& inf : {msg(infinity), msg("inf"), msg("+inf"), msg("Infinity")}) {
    CHECK(f.output("f32", inf) == msg(infinity));
    CHECK(f.answered("host f64", inf) == msg(infinity));
  }
  for (const msg& inf : {msg(-infinity), msg("-inf"), msg("-infinity")}) {
    CHECK(f.output("f64", inf) == msg(-infinity));
    CHECK(f.answered("host f32", inf) == msg(-infinity));
  }
  // A guest's NaN is the canonical one in messages, whatever its bits were.
  CHECK(f.output("f32 of bits", std::uint32_t{0xffa00001}) == msg(not_a_number));
  CHECK(f.output("f64 of bits", std::uint64_t{0xfff4000000000001}) == msg(not_a_number));
  for (const char* text : {"", "1", "1.5", "in", "nan(1)", "--inf"}) {
    CHECK(f.output("f64", text) == msg("argument type mismatch: parameter 1"));
  }
  CHECK(f.output("i32", "nan") == msg("argument type mismatch: parameter 1"));
}

TEST_CASE("values that are no numbers are refused", "[device][values]") {
  values_fixture f;
  for (const msg& other : {msg(true), msg("text"), list({1}), map({{"1", 1}}), msg()}) {
    CHECK(f.output("i32", other) == msg("argument type mismatch: parameter 1"));
    CHECK(f.output("f64", other) == msg("argument type mismatch: parameter 1"));
    CHECK(f.answered("host i32", other) == msg("host function error: host.i32: argument type mismatch: result 1"));
  }
}

TEST_CASE("an import sees its arguments exactly", "[device][values]") {
  values_fixture f;
  msg seen;
  const msg asking = answering(f.base, handler([&seen](call_of& call) -> result<answer_of> {
                                 seen = msg(call.args).get("1");
                                 return answer_of{call.args, {}};
                               }));
  const auto argument = [&](std::string_view function, msg parameter) {
    const msg done = f.compute(asking, function, {std::move(parameter)});
    CHECK(done.get("results/output/1") == seen);
    return seen;
  };
  CHECK(argument("host i32", std::uint32_t{UINT32_MAX}) == msg(-1));
  CHECK(argument("host i64", std::int64_t{0x123456789abc}) == msg(std::int64_t{0x123456789abc}));
  CHECK(argument("host f32", 1.5) == msg(1.5));
  CHECK(argument("host f64", 0.1) == msg(0.1));
  CHECK(argument("host f32", "nan") == msg(not_a_number));
  CHECK(argument("host f64", "-inf") == msg(-infinity));
}

TEST_CASE("the number of parameters must be right", "[device][values]") {
  values_fixture f;
  const auto error = [&](std::initializer_list<msg> parameters) {
    return text_at(f.compute(f.base, "i32", parameters), "results/output");
  };
  CHECK(error({}) == "wrong number of arguments: 0 for (i)i");
  CHECK(error({1, 2}) == "wrong number of arguments: 2 for (i)i");
}

TEST_CASE("an import that answers wrongly is named, and the instance can be used on", "[device][values]") {
  values_fixture f;
  const auto output = [&](const msg& results) {
    const msg base =
        answering(f.base, handler([results](call_of&) -> result<answer_of> { return answer_of{results, {}}; }));
    const msg done = f.compute(base, "host two", {1});
    CHECK(f.compute(done, "i32", {7}).get("results/output") == list({7}));
    return done.get("results/output");
  };
  const msg wrong_number("host function error: host.two: malformed import response: number of results");
  CHECK(output(list({1, 2})) == list({1, 2}));
  CHECK(output(list({})) == wrong_number);
  CHECK(output(list({1})) == wrong_number);
  CHECK(output(list({1, 2, 3})) == wrong_number);
  CHECK(output(msg(1)) == wrong_number);
  CHECK(output(list({1, 2.5})) == msg("host function error: host.two: argument type mismatch: result 2"));
  CHECK(output(list({1, "two"})) == msg("host function error: host.two: argument type mismatch: result 2"));
  CHECK(output(list({std::int64_t{1} << 32, 2})) ==
        msg("host function error: host.two: argument value out of range: result 1"));
}
