#include "tests/aot/compilers.hpp"
#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

template <class Backend>
struct compiling : engine_config {
  using backend = Backend;
};

constexpr const char* fibonacci = R"((module (func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                   (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))";

}  // namespace

TEMPLATE_TEST_CASE("a configuration names the backend of its stores", "", aot::llvm_in_process, aot::c_backend) {
  static_cast<void>(test::shared_tier<TestType>(typename TestType::generator()));  // ends here without a compiler
  test::engine<compiling<TestType>> e;
  const instance& in = e.add(fibonacci);
  CHECK(aot::compiled_functions(*in.code) == 1);
  CHECK(e.template call<std::int32_t>(in, "fib", 20) == 6765);
}

TEMPLATE_LIST_TEST_CASE("code arrives while programs run", "", test::compilers) {
  test::engine<> e;
  e.st.use(TestType::background());
  const instance& in = e.add(fibonacci);
  for (int calls = 0; aot::compiled_functions(*in.code) == 0; ++calls) {
    REQUIRE(calls < 1'000'000);
    CHECK(e.template call<std::int32_t>(in, "fib", 12) == 144);
  }
  CHECK(e.template call<std::int32_t>(in, "fib", 20) == 6765);
}
