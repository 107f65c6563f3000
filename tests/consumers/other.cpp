#include <wasm64/wasm64.hpp>

/// The module's function, run in a store with fuel; −1 when it fails.
std::int64_t run_elsewhere(const std::shared_ptr<const wasm64::module>& module, std::int64_t argument) {
  wasm64::store<wasm64::metered_engine_config> store;
  store.set_fuel(100);
  const auto instance = store.instantiate(module);
  if (!instance.has_value()) return -1;
  const auto outcome = store.call<std::int64_t>(*instance.value()->exported_func("square"), argument);
  return outcome.has_value() && store.fuel() < 100 ? outcome.value() : -1;
}
