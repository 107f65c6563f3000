#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::normalize(message base) -> result<message> {
  if (instance_of(base) == nullptr) {
    const std::string state = join(output_prefix(base), "State");
    const message image = snapshot_in(base, state);
    if (Message::kind(image) != value_kind::binary) return fail(errc::no_instance);
    WASM64_TRY(base, make_instance(std::move(base), start_function::skip));
    instance& fresh = *instance_of(base)->module_instance();
    const bytes_view bytes = Message::as_bytes(image);
    WASM64_CHECK(is_snapshot(bytes) ? restore(fresh, bytes, &detail::snapshot_digest)
                                    : restore_memory_image(fresh, bytes));
    if (Message::kind(Message::get(base, state)) == value_kind::binary) {
      base = Message::remove(std::move(base), state);
    }
  }
  if (Message::kind(Message::get_key(base, "snapshot")) == value_kind::null) return result<message>(std::move(base));
  return Message::remove(std::move(base), "snapshot");
}

/// A device in a stack has its part of the snapshot under its number there.
template <class Message>
auto device_base<Message>::snapshot_in(const message& base, std::string_view state) -> message {
  const message device_key = Message::get_key(base, "device-key");
  std::string part = "snapshot";
  if (Message::kind(device_key) == value_kind::integer) {
    part = join(part, std::to_string(Message::as_integer(device_key).bits));
  } else if (Message::kind(device_key) == value_kind::binary) {
    part = join(part, as_text(Message::as_bytes(device_key)));
  }
  for (const std::string& path : {join(part, "body"), join(part, state), std::string(state)}) {
    message found = Message::get(base, path);
    if (Message::kind(found) == value_kind::binary) return found;
  }
  return {};
}

}  // namespace wasm64
