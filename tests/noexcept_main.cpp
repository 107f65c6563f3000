// Built with -fno-exceptions -fno-rtti from headers alone: compiles a module, links a host function, calls, traps.
#include <wasm64/wasm64.hpp>

#include <wasm64/text/parse.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

[[noreturn]] void give_up(const char* what, const wasm64::error& e) {
  std::printf("%s: %s %s\n", what, wasm64::message(e.code), e.detail.c_str());
  std::exit(EXIT_FAILURE);
}

template <class T>
T expect(const char* what, wasm64::result<T> outcome) {
  if (!outcome.has_value()) give_up(what, outcome.error());
  return std::move(outcome).value();
}

constexpr const char* program = R"((module
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $add (local.get 0) (i32.const 2)))
  (func $divide (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))))";

}  // namespace

int main() {
  const auto binary = expect("text", wasm64::text::parse_module(program));
  const auto module = expect("module", wasm64::compile(wasm64::view_of(binary)));
  int host_calls = 0;
  wasm64::linker imports;
  imports.func("host", "add", [&host_calls](std::int32_t a, std::int32_t b) {
    ++host_calls;
    return a + b;
  });
  wasm64::store<> store;
  wasm64::instance& instance = *expect("instantiate", store.instantiate(module, imports));
  const auto sum = expect("run", store.call<std::int32_t>(*instance.exported_func("run"), 40));
  const auto trapped = store.call<std::int32_t>(*instance.exported_func("divide"), 1, 0);
  const bool right = sum == 42 && host_calls == 1 && !trapped.has_value() &&
                     trapped.error().code == wasm64::errc::trap_integer_divide_by_zero &&
                     store.last_trap().frames.size() == 1 && store.last_trap().frames[0].name == "divide";
  std::puts(right ? "OK" : "wrong results");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
