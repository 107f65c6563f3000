#pragma once

#include <algorithm>

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::import(import_call<Message>& call) -> result<import_answer<Message>> {
  const auto is_answer = [](const result<import_answer<Message>>& answer) {
    return answer.has_value() || answer.assume_error().code != errc::unknown_key;
  };
  if (call.bound != nullptr) {
    result<import_answer<Message>> answer = (*call.bound)(call);
    if (is_answer(answer)) return answer;
    return undefined(call, output_prefix(call.state));
  }
  const std::string prefix = output_prefix(call.state);
  const host_object held = handler_at(call, prefix);
  if (const auto* const f = held.template get<import_handler<Message>>(); f != nullptr && *f) return (*f)(call);
  const auto& libraries = peek<Message>(call.state, detail::joined_path({prefix, "stdlib"}));
  const message library = Message::get_key(libraries, call.module);
  if (Message::kind(library) == value_kind::map) {
    result<import_answer<Message>> answer = ask(library, call);
    if (is_answer(answer)) return answer;
  }
  return undefined(call, prefix);
}

/// Gives a new instance the host functions of the devices that its message names as libraries, then those of the node.
/// What the message answers by itself is not the node's to define.
template <class Message>
void device_base<Message>::add_libraries(guest<Message>& to, linker& imports, const module& source, const message& base,
                                         std::string_view prefix) {
  const message libraries = Message::get(base, join(prefix, "stdlib"));
  vector<std::string_view> names;
  for (const import_desc& i : source.imports) names.push_back(i.module);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string_view module_name : names) {
    const std::string device_name = text_at(Message::get_key(libraries, module_name), "device");
    if (device_name.empty()) continue;
    if (auto library = policies_.library_of(*this, device_name)) to.add_library(std::move(library), imports, source);
  }
  auto builtin = policies_.builtin_libraries(*this);
  if (builtin.empty()) return;
  linker of_node;
  for (auto& library : builtin) to.add_library(std::move(library), of_node, source);
  imports.take_hooks(of_node);
  for (const import_desc& i : source.imports) {
    const definition* const offered = of_node.find(i.module, i.name);
    if (offered == nullptr || imports.find(i.module, i.name) != nullptr) continue;
    if (offered->host != nullptr && offered->host->is_machinery) {
      imports.define(i.module, i.name, *offered);
      continue;
    }
    const host_object held = handler_at({base, i.module, i.name, {}, {}}, prefix);
    if (const auto* const f = held.template get<import_handler<Message>>(); f != nullptr && *f) continue;
    const message library = Message::get_key(libraries, i.module);
    const bool is_answered =
        !text_at(library, "device").empty() || Message::kind(Message::get_key(library, i.name)) != value_kind::null;
    if (!is_answered) imports.define(i.module, i.name, *offered);
  }
}

/// The host's own library, in the private part: what is there, which need not be a handler. Names that are no path
/// segments are looked for as keys of maps.
template <class Message>
host_object device_base<Message>::handler_at(const import_call<Message>& call, std::string_view prefix) {
  const auto is_segment = [](std::string_view name) { return !name.empty() && name.find('/') == name.npos; };
  if (is_segment(call.module) && is_segment(call.func)) {
    const auto& of_func =
        peek_private<Message>(call.state, detail::joined_path({prefix, "stdlib", call.module, call.func}));
    if (Message::kind(of_func) == value_kind::host) return Message::as_host(of_func);
    if (Message::kind(of_func) != value_kind::null) return {};
    return object_at(call.state, detail::joined_path({prefix, "stdlib", call.module}));
  }
  const auto& libraries = peek_private<Message>(call.state, detail::joined_path({prefix, "stdlib"}));
  message found = Message::get_key(libraries, call.module);
  if (Message::kind(found) != value_kind::host) found = Message::get_key(found, call.func);
  return Message::kind(found) == value_kind::host ? Message::as_host(found) : host_object();
}

/// A library in the message: a map with a device, which gets the request with the state in its base, or a plain map
/// from names to answers. Fails with `unknown_key` when it lacks the function.
template <class Message>
auto device_base<Message>::ask(const message& library, import_call<Message>& call) -> result<import_answer<Message>> {
  const std::string name = text_at(library, "device");
  if (const import_handler<Message> direct = policies_.imports_of(*this, name)) return direct(call);
  if (name.empty() || support(name, call.func) == key_support::message) {
    const message answer = Message::get_key(library, call.func);
    if (Message::kind(answer) == value_kind::null) return fail(errc::unknown_key);
    return answer_from(answer);
  }
  WASM64_TRY(message base, set(library, "state", call.state));
  const message request = Message::make_map(request_of(call, call.func));
  const std::uint64_t steps = std::exchange(steps_, 0);  // how often a guest calls is not for messages to say
  result<response> asked = this->call(name, call.func, std::move(base), request);
  steps_ = steps;
  WASM64_TRY(const response done, std::move(asked));
  if (done.status != device_status::ok) return fail(errc::malformed_import_response, name);
  return answer_from(done.message);
}

template <class Message>
auto device_base<Message>::answer_from(const message& response) -> result<import_answer<Message>> {
  if (Message::kind(response) != value_kind::map) return fail(errc::malformed_import_response);
  return import_answer<Message>{list_of(Message::get_key(response, "results")), Message::get_key(response, "state")};
}

template <class Message>
vector<message_entry_t<Message>> device_base<Message>::request_of(const import_call<Message>& call,
                                                                  std::string_view path) {
  vector<message_entry_t<Message>> entries;
  entries.reserve(5);
  entries.push_back({"args", call.args});
  entries.push_back({"func", text(call.func)});
  entries.push_back({"func-sig", text(call.signature)});
  entries.push_back({"module", text(call.module)});
  entries.push_back({"path", text(path)});
  return entries;
}

/// Stubbed calls are logged, the latest first, at a path in the message that begins with a key `state`; not where the
/// message has something else than a map on the way, or the path is no path.
template <class Message>
auto device_base<Message>::undefined(import_call<Message>& call, std::string_view prefix)
    -> result<import_answer<Message>> {
  if (policies_.undefined_imports == undefined_import::trap) return fail(errc::trap_undefined_import);
  import_answer<Message> answer{zero_results<Message>(call.signature), {}};
  const std::string path = join(join("state/results", prefix), "undefined-calls");
  // Everything that would make `set` fail, with which the state would be lost.
  constexpr std::size_t levels_of_log = 3;  // a list of requests with a list of arguments
  const value_kind kind_of_state = Message::kind(call.state);
  bool has_place =
      policies_.max_undefined_calls != 0 && (kind_of_state == value_kind::map || kind_of_state == value_kind::null);
  std::size_t levels = 0;
  message at;
  std::string_view key;
  for (path_segments walk(path); has_place && walk.next(key); ++levels) {
    at = Message::get_key(levels == 0 ? call.state : at, key);
    const value_kind kind = Message::kind(at);
    const bool is_way = walk.empty() || kind == value_kind::map || kind == value_kind::null;
    has_place = is_way && !is_private_key(key) && levels < max_value_depth;
  }
  if (!has_place || levels + levels_of_log > max_value_depth) return answer;
  const message before = list_of(Message::get(call.state, path));
  vector<message> calls;
  calls.push_back(Message::make_map(request_of(call, "import")));
  if (Message::kind(before) == value_kind::list) {
    const std::size_t kept = std::min<std::size_t>(Message::list_size(before), policies_.max_undefined_calls - 1);
    for (std::size_t i = 0; i < kept; ++i) calls.push_back(Message::list_element(before, i));
  }
  WASM64_TRY(answer.state, set(std::move(call.state), path, Message::make_list(std::move(calls))));
  return answer;
}

template <class Message>
auto device_base<Message>::import(message base, const message& request) -> result<message> {
  const std::string module_name = text_at(request, "module");
  const std::string func = text_at(request, "func");
  const std::string signature = text_at(request, "func-sig");
  const std::shared_ptr<guest<Message>> instance = instance_of(base);
  import_call<Message> call{std::move(base), module_name, func, signature, list_of(Message::get_key(request, "args")),
                            instance.get()};
  WASM64_TRY(import_answer<Message> answer, import(call));
  vector<message_entry_t<Message>> entries;
  entries.push_back({"results", std::move(answer.results)});
  const bool is_same = Message::kind(answer.state) == value_kind::null;
  entries.push_back({"state", std::move(is_same ? call.state : answer.state)});
  return Message::make_map(std::move(entries));
}

}  // namespace wasm64
