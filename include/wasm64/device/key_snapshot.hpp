#pragma once

#include "wasm64/device/device.hpp"

namespace wasm64 {

namespace detail {

inline result<std::array<std::uint8_t, 32>> snapshot_digest(bytes_view bytes) {
  WASM64_TRY(const content_id id, sha256(bytes));
  return id.bytes;
}

}  // namespace detail

template <class Message, class Storage, class Config>
auto device<Message, Storage, Config>::snapshot(const message& base) -> result<message> {
  const std::shared_ptr<guest<Message>> instance = instance_of(base);
  if (instance == nullptr) return fail(errc::no_instance);
  WASM64_TRY(const byte_vector bytes, capture(*instance->module_instance(), &detail::snapshot_digest));
  vector<message_entry_t<Message>> entries;
  entries.push_back({"body", Message::make_binary(view_of(bytes))});
  return Message::make_map(std::move(entries));
}

}  // namespace wasm64
