#pragma once

#include "wasm64/device/message_device.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::call(std::string_view key, message base, const message& request) -> result<response> {
  const auto respond = [](result<message> done) -> result<response> {
    if (!done.has_value()) return fail(std::move(done).assume_error());
    return response{device_status::ok, std::move(done).assume_value()};
  };
  if (same_device_key(key, "init")) return respond(init(std::move(base)));
  if (same_device_key(key, "compute")) return computed(std::move(base), request);
  if (same_device_key(key, "import")) return respond(import(std::move(base), request));
  if (same_device_key(key, "snapshot")) return respond(snapshot(base));
  if (same_device_key(key, "normalize")) return respond(normalize(std::move(base)));
  if (same_device_key(key, "terminate")) return respond(terminate(std::move(base)));
  return message_device::call<Message>(*this, key, std::move(base), request);
}

template <class Message>
auto device_base<Message>::call(std::string_view device_name, std::string_view key, message base,
                                const message& request) -> result<response> {
  const nesting level(*this);
  WASM64_CHECK(level.check(device_name));
  if (is_device_name(device_name)) return call(key, std::move(base), request);
  if (same_device(device_name, message_device::name)) {
    return message_device::call<Message>(*this, key, std::move(base), request);
  }
  return policies_.call_sibling(*this, device_name, key, std::move(base), request);
}

template <class Message>
key_support device_base<Message>::support(std::string_view device_name, std::string_view key) const {
  if (same_device(device_name, message_device::name)) return key_support::message;
  if (!is_device_name(device_name)) return policies_.support(device_name, key);
  for (const std::string_view own : {"init", "compute", "import", "snapshot", "normalize", "terminate"}) {
    if (same_device_key(key, own)) return key_support::declared;
  }
  return key_support::message;
}

/// The text at a path, or nothing.
template <class Message>
std::string device_base<Message>::text_at(const message& m, std::string_view path) {
  return detail::string_at<Message>(m, path);
}

/// The object of the host at a path in the private part, or none.
template <class Message>
host_object device_base<Message>::object_at(const message& m, std::string_view path) {
  const auto& found = peek_private<Message>(m, path);
  return Message::kind(found) == value_kind::host ? Message::as_host(found) : host_object();
}

template <class Message>
std::shared_ptr<guest<Message>> device_base<Message>::instance_at(const message& m, std::string_view prefix) {
  const host_object object = object_at(m, detail::joined_path({prefix, "instance"}));
  const auto* const made = object.template get<std::shared_ptr<guest<Message>>>();
  return made != nullptr && (*made)->is_alive() ? *made : nullptr;
}

}  // namespace wasm64
