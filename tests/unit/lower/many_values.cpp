#include <array>

#include "tests/support/wat.hpp"

// Values that travel together: through branches, blocks, calls, returns and exceptions. Up to `few_values` they move
// one by one, beyond in one cell.

using namespace wasm64;

namespace {

/// Lists of `count` types that follow a pattern: n = i64, f = f64, r = externref.
struct signature {
  std::string types;
  std::string gets;  ///< the parameters, pushed
  std::vector<value> values;
};
signature signature_of(std::string_view pattern, std::size_t count) {
  signature s;
  for (std::size_t i = 0; i < count; ++i) {
    const char letter = pattern[i % pattern.size()];
    s.types += letter == 'n' ? " i64" : letter == 'f' ? " f64" : " externref";
    s.gets += "(local.get " + std::to_string(i) + ")";
    if (letter == 'n') s.values.push_back({types::i64, 1000 + i, 0});
    if (letter == 'f') s.values.push_back({types::f64, std::uint64_t{0x3FF0000000000000} + i, 0});
    if (letter == 'r') s.values.push_back({types::externref, 2000 + i, 0});
  }
  return s;
}

constexpr std::array<std::string_view, 6> patterns = {"n", "r", "nr", "rn", "nnrf", "rrrn"};
constexpr std::array<std::size_t, 6> counts = {2, 8, 9, 10, 17, 40};

/// Functions that hand their parameters on in different ways; the last parameter chooses.
std::string program(const signature& s) {
  const std::string last = std::to_string(s.values.size());
  const std::string params = "(param" + s.types + " i32)", results = "(result" + s.types + ")";
  const std::string choice = "(local.get " + last + ")";
  const std::string zeros = [&] {
    std::string code;
    for (const value& v : s.values) {
      code += v.type == types::i64 ? "(i64.const 0)" : v.type == types::f64 ? "(f64.const 0)" : "(ref.null extern)";
    }
    return code;
  }();
  std::string text = "(module (type $t (func (param" + s.types + ") " + results + "))" +
                     "(import \"host\" \"same\" (func $host (type $t))) (tag $e (param" + s.types + "))" +
                     "(table funcref (elem $same $host)) (func $same (type $t) " + s.gets + ")" +
                     "(func $raise (param" + s.types + ") " + s.gets + "(throw $e))";
  const auto function = [&](const std::string& name, const std::string& code) {
    text += "(func (export \"" + name + "\") " + params + results + code + ")\n";
  };
  function("return", s.gets + "(return)");
  function("fall", s.gets);
  function("br", "(block " + results + "(i32.const 7) (ref.null extern) " + s.gets + "(br 0))");
  function("br_if",
           "(block " + results + "(i32.const 7) (ref.null extern) " + s.gets + "(br_if 0 " + choice + ")" + "(br 1))");
  function("br_if_return", "(i32.const 7) " + s.gets + "(br_if 0 " + choice + ") (return)");
  function("br_table", "(block $a " + results + "(f32.const 1) (block $b " + results + "(i32.const 7)" +
                           "(ref.null extern) " + s.gets + "(br_table $a $b 2 " + choice + ")) (return))");
  function("loop", "(local $n i32) " + s.gets + "(loop (param" + s.types + ")" + results +
                       "(br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))");
  function("if", s.gets + choice + "(if (param" + s.types + ")" + results + "(then (call $same)) (else (call $host)))");
  function("call", "(i64.const 5) (ref.null extern) " + s.gets + "(call $same) (call $host) (call $same) (return)");
  function("call_indirect", s.gets + "(call_indirect (type $t) (i32.and (i32.const 1) " + choice + "))");
  function("tail", s.gets + "(return_call $same)");
  function("tail_host", s.gets + "(return_call $host)");
  function("catch", "(block $h " + results + "(i64.const 5) (ref.null extern) (try_table (catch $e $h) " + s.gets +
                        "(call $raise)) (return (block " + results + zeros + ")))");
  return text + ")";
}

template <class Config>
void check_all(std::string_view pattern, std::size_t count) {
  const signature s = signature_of(pattern, count);
  test::engine<Config> e;
  e.st.set_fuel(1'000'000);
  e.imports.otherwise([](const import_desc&, const func_type& type) {
    return untyped_host_func(type, [](caller&, std::span<const value> in, std::span<value> out) -> result<void> {
      std::copy(in.begin(), in.end(), out.begin());
      return success();
    });
  });
  const instance& in = e.add(program(s));
  for (const export_desc& exported : in.source->exports) {
    for (const std::int32_t choice : {0, 1, 2}) {
      INFO(exported.name << " " << choice << ", " << count << " of " << pattern);
      std::vector<value> arguments = s.values;
      arguments.push_back(value::i32(choice));
      vector<value> results;
      const auto done = e.st.call(e.func(in, exported.name), std::span<const value>(arguments), results);
      INFO(to_string(e.st.last_trap()));
      REQUIRE(done.has_value());
      REQUIRE(results.size() == s.values.size());
      for (std::size_t i = 0; i < results.size(); ++i) CHECK(results[i].bits == s.values[i].bits);
    }
  }
}

}  // namespace

TEST_CASE("many values: they arrive unchanged through branches, calls, returns and exceptions") {
  for (const std::string_view pattern : patterns) {
    for (const std::size_t count : counts) {
      check_all<engine_config>(pattern, count);
      check_all<metered_engine_config>(pattern, count);
    }
  }
}

TEST_CASE("many values: constants and locals among them, and locals that change meanwhile") {
  test::engine<> e;
  const instance& in = e.add(R"((module
    (type $ten (func (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)))
    (func $sum (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
      (i64.add (local.get 0) (i64.mul (i64.const 10) (i64.add (local.get 1) (i64.mul (i64.const 10)
        (i64.add (local.get 2) (i64.mul (i64.const 10) (i64.add (local.get 3) (i64.mul (i64.const 10)
        (i64.add (local.get 4) (i64.mul (i64.const 10) (i64.add (local.get 5) (i64.mul (i64.const 10)
        (i64.add (local.get 6) (i64.mul (i64.const 10) (i64.add (local.get 7) (i64.mul (i64.const 10)
        (i64.add (local.get 8) (i64.mul (i64.const 10) (local.get 9))))))))))))))))))))
    (func (export "f") (param i64 i32) (result i64)
      (block $out (type $ten)
        (i32.const 3)
        (local.get 0) (i64.const 1) (local.get 0) (i64.const 2) (i64.add (local.get 0) (i64.const 1)) (i64.const 3)
        (local.get 0) (local.set 0 (i64.const 9)) (local.get 0) (i64.const 4) (i64.const 5)
        (br_if $out (local.get 1))
        (br $out))
      (call $sum))))");
  for (const std::int32_t taken : {0, 1}) CHECK(e.call<std::int64_t>(in, "f", std::int64_t{6}, taken) == 5496372616);
}
