#include "wasm64/aot/backends/llvm.hpp"

#include "tests/support/wat.hpp"
#include "wasm64/aot/llvm_api.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

bool is_installed() {
  const auto found = llvm::load();
  if (!found.has_value()) CHECK(found.assume_error().code == errc::aot_compiler_missing);
  return found.has_value();
}

llvm_options in_process() {
  llvm_options options;
  options.in_process = true;
  return options;
}

native_code compile_all(const module& m, unsigned threads = 1, const llvm_options& options = in_process()) {
  compile_request request;
  request.threads = threads;
  return llvm_generator(options).compile(m, request).value();
}

}  // namespace

TEST_CASE("code does not depend on how many threads made it", "[aot][llvm]") {
  if (!is_installed()) return;
  std::string text = "(module (memory 1)";
  for (int i = 0; i < 400; ++i) {
    const std::string next = std::to_string((i * 7 + 1) % 400);
    text +=
        "(func (param i32 i64) (result i64) (local i64) (loop (local.set 2 (i64.add (local.get 2) (i64.load offset=" +
        std::to_string(i) + " (local.get 0)))) (br_if 0 (i64.eqz (local.get 2))))";
    for (int j = 0; j < 8; ++j) text += "(i64.store (local.get 0) (i64.mul (local.get 1) (i64.load (i32.const 8))))";
    text += "(call " + next + " (i32.const 3) (local.get 2)))";
  }
  const auto m = test::compile_wat(text + ")");
  const native_code one = compile_all(*m, 1), more = compile_all(*m, 3);
  CHECK(one.code == more.code);
  CHECK(one.entries == more.entries);
  CHECK(one.bodies == more.bodies);
  CHECK(one.sites == more.sites);
  for (const std::uint32_t entry : one.entries) CHECK(entry != 0);
}

TEST_CASE("functions that would need a C library are interpreted", "[aot][llvm]") {
  if (!is_installed()) return;
#if defined(__x86_64__)
  const auto m = test::compile_wat(R"((module
    (func $rounds (param f64) (result f64) (f64.ceil (local.get 0)))
    (func $calls (param f64) (result f64) (f64.add (call $rounds (local.get 0)) (f64.const 1)))))");
  llvm_options plain = in_process();
  plain.target = baseline_target();  // without instructions that round
  const native_code made = compile_all(*m, 1, plain);
  CHECK(made.entries[0] == 0);
  CHECK(made.bodies[0] == 0);
  CHECK(made.entries[1] != 0);
  CHECK(made.bodies[1] != 0);
#endif
}

TEST_CASE("functions beyond the budget are interpreted", "[aot][llvm]") {
  if (!is_installed()) return;
  std::string text = "(module (func (result i32) (i32.const 0))(func (result i32) (i32.const 0)";
  for (int i = 0; i < 100; ++i) text += "(i32.add (i32.const 1))";
  const auto m = test::compile_wat(text + "))");
  compile_request request;
  request.budgets.operations = 100;
  const native_code made = llvm_generator(in_process()).compile(*m, request).value();
  CHECK(made.entries[0] != 0);
  CHECK(made.entries[1] == 0);
}

TEST_CASE("what code depends on is in the fingerprint", "[aot][llvm]") {
  if (!is_installed()) return;
  const content_id id = llvm_generator(in_process()).fingerprint().value();
  CHECK(llvm_generator(in_process()).fingerprint().value() == id);
  llvm_options options = in_process();
  options.target = baseline_target();
  CHECK_FALSE(llvm_generator(options).fingerprint().value() == id);
  options.target = {};
  CHECK_FALSE(llvm_generator(options).fingerprint().has_value());
  options = {};
  options.library = "/nowhere/libLLVM.so";
  CHECK(llvm_generator(options).fingerprint().assume_error().code == errc::aot_compiler_missing);
  const auto m = test::compile_wat("(module (func))");
  CHECK(llvm_generator(options).compile(*m, {}).assume_error().code == errc::aot_compiler_missing);
}

TEST_CASE("a module without functions has no code", "[aot][llvm]") {
  if (!is_installed()) return;
  const auto m = test::compile_wat("(module (memory 1))");
  const native_code made = compile_all(*m, 4);
  CHECK(made.entries.empty());
  CHECK(made.code.empty());
}
