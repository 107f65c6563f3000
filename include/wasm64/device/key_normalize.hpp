#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::normalize(message base) -> result<message> {
  WASM64_CHECK(ready(base, output_prefix(base)));
  return result<message>(std::move(base));
}

/// The instance of a message, restored if need be; the snapshot is no longer in the message then.
template <class Message>
auto device_base<Message>::ready(message& base, std::string_view prefix) -> result<std::shared_ptr<guest<Message>>> {
  std::shared_ptr<guest<Message>> made = instance_at(base, prefix);
  if (made == nullptr) {
    const std::string state = join(prefix, "State");
    const message image = snapshot_in(base, state);
    if (Message::kind(image) != value_kind::binary) return fail(errc::no_instance);
    WASM64_TRY(base, make_instance(std::move(base), start_function::skip));
    made = instance_at(base, prefix);
    WASM64_CHECK(restore(*made, Message::as_bytes(image)));
    if (Message::kind(peek<Message>(base, state)) == value_kind::binary) {
      base = Message::remove(std::move(base), state);
    }
  }
  const bool has_snapshot = Message::kind(peek_key<Message>(base, "snapshot")) != value_kind::null;
  if (has_snapshot) base = Message::remove(std::move(base), "snapshot");
  return made;
}

/// From a manifest, the id of one, or a bare memory, which is whole pages.
template <class Message>
result<void> device_base<Message>::restore(guest<Message>& fresh, bytes_view state) {
  if (is_snapshot(state)) return fresh.restore(state, storage_, options_.restoring);
  if (state.size() != content_id::text_size) return restore_memory_image(*fresh.module_instance(), state);
  WASM64_TRY(const content_id id, parse_id(state));
  return fresh.restore(id, storage_, options_.restoring);
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
