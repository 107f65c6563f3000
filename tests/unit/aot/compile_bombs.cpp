#include <memory>
#include <string>

#include "tests/support/wat.hpp"
#include "wasm64/aot/backends/llvm.hpp"
#include "wasm64/aot/llvm_api.hpp"
#include "wasm64/aot/tier.hpp"
#include "wasm64/exec/engine.hpp"

using namespace wasm64;
using namespace wasm64::aot;

// Functions that compilers' time would grow with much faster than with their size. Whatever is done about them, the
// rest of their module is compiled and all of it does the same.

namespace {

std::string number(int n) { return std::to_string(n); }
std::string local(int n) { return "(local.get " + number(n) + ")"; }
std::string set(int n, const std::string& to) { return "(local.set " + number(n) + " " + to + ")"; }
std::string add(const std::string& a, const std::string& b) { return "(i64.add " + a + " " + b + ")"; }

/// `f` with locals from 1 on beside `g`, which is harmless.
std::string module_of(int locals, const std::string& body) {
  std::string text = R"((module (memory i64 1) (func (export "f") (param i64) (result i64) (local)";
  for (int i = 0; i < locals; ++i) text += " i64";
  text += ")" + body + local(1) + ")";
  return text + R"((func $g (export "g") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))))";
}

std::string checked_loads(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) {
    body += set(1, add(local(1), "(i64.load offset=" + number(8 * i) + " (local.get 0))"));
  }
  return module_of(1, body);
}
std::string divisions(int count) {
  std::string body = set(1, "(i64.const -1234567890123)");
  for (int i = 0; i < count; ++i) body += set(1, "(i64.div_s (i64.xor " + local(1) + local(0) + ") " + local(0) + ")");
  return module_of(1, body);
}
std::string nested_loops(int depth, int locals) {
  std::string body, ends;
  for (int i = 0; i < depth; ++i) {
    body += "(loop " + set(1 + i % locals, add(local(1 + i * 7 % locals), local(1 + i * 3 % locals)));
    const std::string counter = number(1 + i % locals);
    ends += "(br_if 0 (i64.lt_u (local.tee " + counter + " " + add(local(1 + i % locals), "(i64.const 1)") +
            ") (local.get 0))))";
  }
  return module_of(locals, body + ends);
}
std::string long_block(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) {
    body += "(i64.store offset=" + number(8 * (i % 100)) + " (local.get 0) " +
            add("(i64.load offset=" + number(8 * (i * 7 % 100)) + " (local.get 0))", "(i64.const " + number(i) + ")") +
            ")";
  }
  return module_of(1, body + set(1, "(i64.load offset=8 (local.get 0))"));
}
std::string calls_with_locals(int count, int locals) {
  std::string body;
  for (int i = 0; i < count; ++i) {
    body += set(1 + i % locals, "(call $g " + add(local(1 + i * 7 % locals), local(0)) + ")");
  }
  return module_of(locals, body);
}
std::string conditions_with_locals(int count, int locals) {
  std::string body;
  for (int i = 0; i < count; ++i) {
    body += "(if (i64.gt_s (local.get 0) (i64.const " + number(i) + ")) (then " +
            set(1 + i % locals, add(local(1 + i * 3 % locals), local(0))) + "))";
  }
  return module_of(locals, body);
}

struct outcome {
  std::string text;
  std::int64_t fuel = 0;
};

template <class Config>
outcome run(const std::shared_ptr<const module>& m, std::uint64_t argument, std::shared_ptr<code_provider> tier) {
  store<Config> s;
  constexpr std::int64_t fuel = 100'000;
  if constexpr (Config::metered) s.set_fuel(fuel);
  const bool is_compiled = tier != nullptr;
  if (is_compiled) s.use(std::move(tier));
  instance* const made = s.instantiate(m).value();
  if (is_compiled) CHECK(compiled_functions(*made->code) >= 1);
  const value with = value::i64(static_cast<std::int64_t>(argument));
  vector<value> results;
  const result<void> done = s.call(*made->exported_func("f"), {&with, 1}, results);
  outcome o;
  o.text = done.has_value() ? std::to_string(results[0].bits) : to_string(s.last_trap());
  if constexpr (Config::metered) o.fuel = s.fuel();
  return o;
}

template <class Config>
void check(const std::string& text, std::initializer_list<std::uint64_t> arguments) {
  if (!llvm::load().has_value()) return;
  const auto m = test::compile_wat(text);
  llvm_options options;
  options.in_process = true;
  tier_options with;
  with.request.threads = 2;
  const auto compiled = std::make_shared<tier<llvm_backend>>(llvm_generator(options), with);
  for (const std::uint64_t argument : arguments) {
    const outcome expected = run<Config>(m, argument, nullptr), got = run<Config>(m, argument, compiled);
    CHECK(got.text == expected.text);
    CHECK(got.fuel == expected.fuel);
  }
}

/// With fuel and without.
void check_both(const std::string& text) {
  check<engine_config>(text, {0, 1, 4000, ~std::uint64_t{6}});
  check<metered_engine_config>(text, {0, 1, 4000, ~std::uint64_t{6}});
}

}  // namespace

TEST_CASE("compile bombs: thousands of checks of one address", "[aot][llvm][hostile]") {
  check_both(checked_loads(1100));
}

TEST_CASE("compile bombs: thousands of divisions by one value", "[aot][llvm][hostile]") { check_both(divisions(2500)); }

TEST_CASE("compile bombs: nested loops with many locals", "[aot][llvm][hostile]") {
  const std::string text = nested_loops(100, 200);
  check<engine_config>(text, {0});  // for others it would run for a long time
  check<metered_engine_config>(text, {0, 1, 4000});
}

TEST_CASE("compile bombs: one block of many accesses", "[aot][llvm][hostile]") { check_both(long_block(2500)); }

TEST_CASE("compile bombs: many locals that every call saves", "[aot][llvm][hostile]") {
  check_both(calls_with_locals(400, 600));
}

TEST_CASE("compile bombs: many locals that meet behind every condition", "[aot][llvm][hostile]") {
  check_both(conditions_with_locals(1000, 800));
}
