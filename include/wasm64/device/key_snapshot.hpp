#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::snapshot(const message& base) -> result<message> {
  const std::string prefix = output_prefix(base);
  const std::shared_ptr<guest<Message>> instance = instance_at(base, prefix);
  if (instance == nullptr) return fail(errc::no_instance);
  WASM64_TRY(const bytes_view manifest, instance->save(storage_));
  const std::string path = options_.snapshot_as_state ? join(prefix, "State") : "body";
  return set(Message::make_map({}), path, Message::make_binary(manifest));
}

}  // namespace wasm64
