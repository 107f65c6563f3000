#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::terminate(message base) -> result<message> {
  const std::string prefix = output_prefix(base);
  const std::shared_ptr<guest<Message>> instance = instance_at(base, prefix);
  if (instance == nullptr) return fail(errc::no_instance);
  WASM64_CHECK(instance->close());
  for (const std::string_view name : {"instance", "read", "write", "import-resolver"}) {
    WASM64_TRY(base, Message::set_private(std::move(base), join(prefix, name), message()));
  }
  return result<message>(std::move(base));
}

}  // namespace wasm64
