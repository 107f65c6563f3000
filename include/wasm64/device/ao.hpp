#pragma once

// Optional: not in the umbrella, because json-iface needs nlohmann-json.
#include "wasm64/device/device.hpp"
#include "wasm64/device/json_iface.hpp"
#include "wasm64/device/multipass.hpp"
#include "wasm64/device/patch.hpp"
#include "wasm64/device/process.hpp"
#include "wasm64/device/scheduler.hpp"
#include "wasm64/device/stack.hpp"
#include "wasm64/device/wasi.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

namespace wasm64 {

/// A device for AO processes: all devices of the library by name, and an engine that counts fuel, so that
/// `Compute-Limit` holds.
struct ao_config : default_device_config {
  using engine = metered_engine_config;
  using siblings = device_list<json_iface_device, multipass_device, patch_device, process_device, scheduler_device,
                               stack_device, wasi_device>;
};

/// What AO processes should run with: users' messages cannot choose the function that is called, and a failure in a
/// stack says what the device that failed has said.
inline device_options ao_options() {
  device_options with;
  with.base_function_first = true;
  with.on_stack_failure = stack_failure::stop;
  return with;
}

/// The device that runs AO processes, for example this one, by `process@1.0`:
///
///     device: process@1.0                  image, or WASM-Image: id or bytes of the module
///     execution-device: stack@1.0          Memory-Limit: 1-gb      Compute-Limit: 9000000000000
///     device-stack: WASI@1.0, JSON-Iface@1.0, WASM-64@1.0, Multipass@1.0
///     output-prefix: wasm                  passes: 2
template <class Storage = memory_store, class Message = default_message_policy, class Config = ao_config>
class ao_device : public device<Message, Storage, Config> {
 public:
  explicit ao_device(Storage& storage, device_options options = ao_options())
      : device<Message, Storage, Config>(storage, std::move(options)) {}
};

}  // namespace wasm64
