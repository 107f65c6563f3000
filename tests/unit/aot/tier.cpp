#include "wasm64/aot/tier.hpp"

#include "examples/aot_backend/constant_backend.hpp"
#include "tests/support/wat.hpp"
#include "wasm64/aot/authenticator.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

/// Compiles functions that answer a constant, and counts modules.
struct counting_generator : constant_generator {
  int* modules;
  errc failure;

  explicit counting_generator(int& count, errc fails_with = {}) noexcept : modules(&count), failure(fails_with) {}
  result<native_code> compile(const module& m, const compile_request& request) {
    ++*modules;
    if (failure != errc{}) return fail(failure, "on purpose");
    return constant_generator::compile(m, request);
  }
};
struct counting_backend {
  using generator = counting_generator;
  using loader = native_loader;
};

constexpr std::string_view program = R"((module
  (table 1 funcref) (elem (i32.const 0) $six) (type $answers (func (result i32)))
  (func $six (export "six") (result i32) (i32.const 6))
  (func (export "minus") (result i32) (i32.const -5))
  (func (export "indirect") (result i32) (call_indirect (type $answers) (i32.const 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (call $six))
      (else (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))))))";

template <class Cache = no_cache>
std::shared_ptr<code_provider> make_tier(counting_generator compiler, tier_options options = {}, Cache cache = {}) {
  return std::make_shared<tier<counting_backend, Cache>>(compiler, options, std::move(cache));
}

}  // namespace

TEST_CASE("tiers: a module is compiled once for all stores", "[aot]") {
  int modules = 0;
  auto compiled = make_tier(counting_generator(modules));
  const auto m = test::compile_wat(program);
  test::engine<> first, second;
  first.st.use(compiled);
  second.st.use(compiled);
  instance& one = first.add(m);
  instance& other = first.add(m);
  instance& far = second.add(m);
  compiled.reset();  // stores keep what they run
  CHECK(modules == 1);
  for (const instance* in : {&one, &other, &far}) CHECK(compiled_functions(*in->code) == 2);
  CHECK(first.call<std::int32_t>(one, "six") == 6);
  CHECK(first.call<std::int32_t>(other, "minus") == -5);
  CHECK(second.call<std::int32_t>(far, "indirect") == 6);
  CHECK(second.call<std::int32_t>(far, "deep", 100) == 106);
}

TEST_CASE("tiers: the call depth is exhausted at the same call", "[aot]") {
  int modules = 0;
  const auto compiled = make_tier(counting_generator(modules));
  limits few;
  few.call_depth = 40;
  test::engine<> interpreting(few), compiling(few);
  compiling.st.use(compiled);
  const auto m = test::compile_wat(program);
  instance& slow = interpreting.add(m);
  instance& fast = compiling.add(m);
  for (std::int32_t depth = 30; depth < 50; ++depth) {
    CAPTURE(depth);
    const auto wanted = interpreting.st.call<std::int32_t>(interpreting.func(slow, "deep"), depth);
    const auto got = compiling.st.call<std::int32_t>(compiling.func(fast, "deep"), depth);
    REQUIRE(got.has_value() == wanted.has_value());
    if (got.has_value()) CHECK(got.value() == wanted.value());
    else CHECK(to_string(compiling.st.last_trap()) == to_string(interpreting.st.last_trap()));
  }
}

TEST_CASE("tiers: another process of the node takes the artifact from the store", "[aot]") {
  int modules = 0;
  memory_store artifacts;
  const hmac_authenticator node(node_key::make().value());
  const hmac_authenticator other(node_key::make().value());
  const auto m = test::compile_wat(program);
  const auto run = [&](const hmac_authenticator& who) {
    test::engine<> e;
    e.st.use(
        make_tier(counting_generator(modules), {}, artifact_cache<memory_store, hmac_authenticator>(artifacts, who)));
    CHECK(e.call<std::int32_t>(e.add(m), "six") == 6);
  };
  run(node);
  run(node);
  CHECK(modules == 1);
  run(other);
  CHECK(modules == 2);
}

TEST_CASE("tiers: what cannot be compiled is interpreted, unless it must not be", "[aot]") {
  int modules = 0;
  const auto m = test::compile_wat(program);
  {
    test::engine<> e;
    e.st.use(make_tier(counting_generator(modules, errc::aot_compiler_failed)));
    instance& in = e.add(m);
    CHECK(compiled_functions(*in.code) == 0);
    CHECK(e.call<std::int32_t>(in, "six") == 6);
  }
  tier_options options;
  options.is_required = true;
  {
    test::engine<> e;
    e.st.use(make_tier(counting_generator(modules, errc::aot_compiler_failed), options));
    const auto made = e.st.instantiate(m, e.imports);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == errc::aot_compiler_failed);
  }
  {
    // Where fuel is counted, this generator has nothing to offer.
    test::engine<metered_engine_config> e;
    e.st.use(make_tier(counting_generator(modules), options));
    const auto made = e.st.instantiate(m, e.imports);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == errc::aot_nothing_compiled);
  }
  CHECK(modules == 3);
}
