#include <wasm64/wasm64.hpp>

#include <cstdio>

std::int64_t run_elsewhere(const std::shared_ptr<const wasm64::module>& module, std::int64_t argument);

// (module (func (export "square") (param i64) (result i64) local.get 0 local.get 0 i64.mul))
constexpr std::uint8_t square[] = {0,    'a', 's', 'm', 1, 0, 0,  0,    1, 6,    1,   0x60, 1,   0x7e, 1,
                                   0x7e, 3,   2,   1,   0, 7, 10, 1,    6, 's',  'q', 'u',  'a', 'r',  'e',
                                   0,    0,   10,  9,   1, 7, 0,  0x20, 0, 0x20, 0,   0x7e, 0x0b};

// Uses the library here and in another translation unit, on the same module.
int main() {
  const auto module = wasm64::compile(square);
  if (!module.has_value()) {
    std::printf("%s\n", wasm64::message(module.error().code));
    return 1;
  }
  wasm64::store<> store;
  const auto instance = store.instantiate(module.value());
  if (!instance.has_value()) return 2;
  const auto here = store.call<std::int64_t>(*instance.value()->exported_func("square"), std::int64_t{12});
  if (!here.has_value() || here.value() != 144) return 3;
  return run_elsewhere(module.value(), -7) == 49 ? 0 : 4;
}
