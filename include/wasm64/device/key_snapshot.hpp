#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::snapshot(const message& base) -> result<message> {
  const std::shared_ptr<guest<Message>> instance = instance_of(base);
  if (instance == nullptr) return fail(errc::no_instance);
  WASM64_TRY(const byte_vector bytes, capture(*instance->module_instance(), &detail::snapshot_digest));
  vector<message_entry_t<Message>> entries;
  entries.push_back({"body", Message::make_binary(view_of(bytes))});
  return Message::make_map(std::move(entries));
}

}  // namespace wasm64
