#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::normalize(message base) -> result<message> {
  if (instance_of(base) == nullptr) {
    const message device_key = Message::get_key(base, "device-key");
    std::string path = "snapshot";
    if (Message::kind(device_key) == value_kind::integer) {
      path = join(path, std::to_string(Message::as_integer(device_key).bits));
    } else if (Message::kind(device_key) == value_kind::binary) {
      path = join(path, as_text(Message::as_bytes(device_key)));
    }
    const message image = Message::get(base, join(path, "body"));
    if (Message::kind(image) != value_kind::binary) return fail(errc::no_instance);
    WASM64_TRY(base, make_instance(std::move(base), start_function::skip));
    instance& fresh = *instance_of(base)->module_instance();
    const bytes_view bytes = Message::as_bytes(image);
    WASM64_CHECK(is_snapshot(bytes) ? restore(fresh, bytes, &detail::snapshot_digest)
                                    : restore_memory_image(fresh, bytes));
  }
  if (Message::kind(Message::get_key(base, "snapshot")) == value_kind::null) return result<message>(std::move(base));
  return Message::remove(std::move(base), "snapshot");
}

}  // namespace wasm64
