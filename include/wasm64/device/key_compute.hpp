#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::compute(message base, const message& request) -> result<message> {
  WASM64_TRY(response done, computed(std::move(base), request));
  return std::move(done.message);
}

template <class Message>
auto device_base<Message>::computed(message base, const message& request) -> result<response> {
  const std::string prefix = output_prefix(base);
  WASM64_TRY(const std::shared_ptr<guest<Message>> instance, ready(base, prefix));
  const auto& pass = peek_key<Message>(base, "pass");
  const bool is_first = Message::kind(pass) == value_kind::integer && Message::as_integer(pass) == integer(1);
  if (Message::kind(pass) != value_kind::null && !is_first) return response{device_status::ok, std::move(base)};
  const host_object resolver = resolver_at(base, prefix);
  if (const auto& with = peek_key<Message>(request, "resume"); Message::kind(with) != value_kind::null) {
    if (!instance->is_pending()) return fail(errc::not_suspended);
    return answered(instance->resume(with, std::move(base), handler_in(resolver)), prefix, instance);
  }
  if (instance->is_pending()) return fail(errc::instance_busy);
  const message function = wanted(base, request, "function");
  if (Message::kind(function) == value_kind::null) return response{device_status::ok, std::move(base)};
  if (Message::kind(function) != value_kind::binary) {
    return answered({fail(errc::malformed_request, "function"), std::move(base)}, prefix, instance);
  }
  const std::string_view name = as_text(Message::as_bytes(function));
  if (!may_enter(name)) {
    return answered({fail(errc::entry_point_forbidden, std::string(name)), std::move(base)}, prefix, instance);
  }
  const message parameters = list_of(wanted(base, request, "parameters"));
  if (instance->has_libraries()) instance->set_moment(policies_.moment(base, request));
  return answered(instance->call(name, parameters, std::move(base), handler_in(resolver)), prefix, instance);
}

/// The message with the results of a call, or with what it waits for.
template <class Message>
auto device_base<Message>::answered(typename guest<Message>::outcome done, std::string_view prefix,
                                    const std::shared_ptr<guest<Message>>& instance) -> result<response> {
  result<message>& output = done.output;
  const bool is_pending = instance->is_pending();
  if (is_pending) {
    output = instance->waits_for();
  } else if (!output.has_value() && output.assume_error().code == errc::trap_exit && instance->host().exit_code == 0) {
    output = Message::make_list({});
  }
  WASM64_TRY(message base, hold(std::move(done.state), prefix, instance));
  const message type = is_pending ? text("pending") : output.has_value() ? ok_ : text("error");
  WASM64_TRY(base, set(std::move(base), detail::joined_path({"results", prefix, "type"}), type));
  WASM64_TRY(base, set(std::move(base), detail::joined_path({"results", prefix, "output"}),
                       output.has_value() ? std::move(output).assume_value() : text(to_string(output.assume_error()))));
  return response{is_pending ? device_status::pending : device_status::ok, std::move(base)};
}

/// What a request asks for at `body/<key>` or `<key>`. Its body is the message of a user, the request itself that of a
/// scheduler.
template <class Message>
auto device_base<Message>::wanted(const message& base, const message& request, std::string_view key) const -> message {
  if (options_.base_function_first) {
    if (const auto& first = peek_key<Message>(base, key); Message::kind(first) != value_kind::null) return first;
  }
  const auto& of_user = peek<Message>(request, detail::joined_path({"body", key}));
  if (Message::kind(of_user) != value_kind::null) return of_user;
  const auto& of_request = peek_key<Message>(request, key);
  return Message::kind(of_request) != value_kind::null ? of_request : Message::get_key(base, key);
}

template <class Message>
bool device_base<Message>::may_enter(std::string_view function) const noexcept {
  for (const std::string& allowed : options_.entry_points) {
    if (allowed == function) return true;
  }
  return options_.entry_points.empty();
}

/// Lists may arrive as maps with the keys 1, 2, …; nothing is the empty list.
template <class Message>
auto device_base<Message>::list_of(message found) -> message {
  if (Message::kind(found) == value_kind::list) return found;
  vector<message> elements;
  if (Message::kind(found) == value_kind::map) {
    const std::size_t count = Message::keys(found).size();
    for (std::size_t i = 1; i <= count; ++i) {
      message element = Message::get_key(found, std::to_string(i));
      if (Message::kind(element) == value_kind::null) return found;
      elements.push_back(std::move(element));
    }
  } else if (Message::kind(found) != value_kind::null) {
    return found;
  }
  return Message::make_list(std::move(elements));
}

}  // namespace wasm64
