#pragma once

#include "wasm64/device/device.hpp"

namespace wasm64 {

template <class Message, class Storage, class Config>
auto device<Message, Storage, Config>::import(import_call<Message>& call) -> result<import_answer<Message>> {
  const std::string prefix = output_prefix(call.state);
  const std::string libraries = join(prefix, "stdlib");
  if (const import_handler<Message> f = handler_at(Message::get_private(call.state, libraries), call)) return f(call);
  const message library = Message::get_key(Message::get(call.state, libraries), call.module);
  if (Message::kind(library) == value_kind::map) {
    result<import_answer<Message>> answer = ask(library, call);
    if (answer.has_value() || answer.assume_error().code != errc::unknown_key) return answer;
  }
  return undefined(call, prefix);
}

/// The host's own library, in the private part: names are exact there, whatever they are made of.
template <class Message, class Storage, class Config>
import_handler<Message> device<Message, Storage, Config>::handler_at(const message& libraries,
                                                                     const import_call<Message>& call) {
  if (Message::kind(libraries) == value_kind::null) return {};
  const auto as_handler = [](const message& m) -> import_handler<Message> {
    if (Message::kind(m) != value_kind::host) return {};
    const host_object object = Message::as_host(m);
    const auto* const handler = object.template get<import_handler<Message>>();
    return handler != nullptr ? *handler : import_handler<Message>();
  };
  const message library = Message::get_key(libraries, call.module);
  if (Message::kind(library) == value_kind::host) return as_handler(library);
  return as_handler(Message::get_key(library, call.func));
}

/// A library in the message: a map with a device, which gets the request with the state in its base, or a plain map
/// from names to answers. Fails with `unknown_key` when it lacks the function.
template <class Message, class Storage, class Config>
auto device<Message, Storage, Config>::ask(const message& library, import_call<Message>& call)
    -> result<import_answer<Message>> {
  const std::string name = text_at(library, "device");
  if (name.empty()) {
    const message answer = Message::get_key(library, call.func);
    if (Message::kind(answer) == value_kind::null) return fail(errc::unknown_key);
    return answer_from(answer, call);
  }
  WASM64_TRY(message base, set(library, "state", call.state));
  const message request = Message::make_map(request_of(call, call.func));
  WASM64_TRY(const response done, this->call(name, call.func, std::move(base), request));
  if (done.status != device_status::ok) return fail(errc::malformed_import_response, name);
  return answer_from(done.message, call);
}

template <class Message, class Storage, class Config>
auto device<Message, Storage, Config>::answer_from(const message& response, const import_call<Message>& call)
    -> result<import_answer<Message>> {
  if (Message::kind(response) != value_kind::map) return fail(errc::malformed_import_response);
  import_answer<Message> answer{list_of(Message::get_key(response, "results")), Message::get_key(response, "state")};
  if (Message::kind(answer.state) == value_kind::null) answer.state = call.state;
  return answer;
}

template <class Message, class Storage, class Config>
vector<message_entry_t<Message>> device<Message, Storage, Config>::request_of(const import_call<Message>& call,
                                                                              std::string_view path) {
  vector<message_entry_t<Message>> entries;
  entries.push_back({"args", call.args});
  entries.push_back({"func", text(call.func)});
  entries.push_back({"func-sig", text(call.signature)});
  entries.push_back({"module", text(call.module)});
  entries.push_back({"path", text(path)});
  return entries;
}

/// Stubbed calls are logged, the latest first, at a path in the message that begins with a key `state`.
template <class Message, class Storage, class Config>
auto device<Message, Storage, Config>::undefined(import_call<Message>& call, std::string_view prefix)
    -> result<import_answer<Message>> {
  if constexpr (Config::undefined_imports == undefined_import::trap) {
    return fail(errc::trap_undefined_import);
  } else {
    message state = std::move(call.state);
    if constexpr (Config::max_undefined_calls != 0) {
      const std::string path = join(join("state/results", prefix), "undefined-calls");
      const message before = list_of(Message::get(state, path));
      vector<message> calls;
      calls.push_back(Message::make_map(request_of(call, "import")));
      if (Message::kind(before) == value_kind::list) {
        const std::size_t kept = std::min<std::size_t>(Message::list_size(before), Config::max_undefined_calls - 1);
        for (std::size_t i = 0; i < kept; ++i) calls.push_back(Message::list_element(before, i));
      }
      WASM64_TRY(state, set(std::move(state), path, Message::make_list(std::move(calls))));
    }
    return import_answer<Message>{zero_results<Message>(call.signature), std::move(state)};
  }
}

template <class Message, class Storage, class Config>
auto device<Message, Storage, Config>::import(message base, const message& request) -> result<message> {
  const std::string module_name = text_at(request, "module");
  const std::string func = text_at(request, "func");
  const std::string signature = text_at(request, "func-sig");
  const std::shared_ptr<guest<Message>> instance = instance_of(base);
  import_call<Message> call{std::move(base), module_name, func, signature, list_of(Message::get_key(request, "args")),
                            instance.get()};
  WASM64_TRY(import_answer<Message> answer, import(call));
  vector<message_entry_t<Message>> entries;
  entries.push_back({"results", std::move(answer.results)});
  entries.push_back({"state", std::move(answer.state)});
  return Message::make_map(std::move(entries));
}

}  // namespace wasm64
