#include <cstdio>

#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

int main() {
  const auto wasm = wasm64::text::parse_module(R"((module (import "host" "scale" (func $scale (param f64) (result f64)))
    (func (export "area") (param f64) (result f64)
      (call $scale (f64.mul (local.get 0) (local.get 0))))))");
  if (!wasm.has_value()) return 1;
  const auto module = wasm64::compile(wasm64::view_of(wasm.value()));  // decodes and validates
  if (!module.has_value()) return std::puts(wasm64::to_string(module.error()).c_str()), 1;

  wasm64::linker imports;
  imports.func("host", "scale", [](double x) { return 3.5 * x; });  // the signature is deduced
  wasm64::store<> store;                                            // owns instances; one thread at a time
  const auto instance = store.instantiate(module.value(), imports);
  if (!instance.has_value()) return std::puts(wasm64::to_string(instance.error()).c_str()), 1;

  const auto area = store.call<double>(*instance.value()->exported_func("area"), 2.0);
  if (!area.has_value()) return std::puts(wasm64::to_string(store.last_trap()).c_str()), 1;
  std::printf("%g\n", area.value());  // 14
}
