#pragma once

#include "wasm64/device/message_device.hpp"
#include "wasm64/device/path_part.hpp"
#include "wasm64/device/typed_value.hpp"

namespace wasm64 {

namespace detail {

/// The request as the steps of a path see it: each finds its own key at `path`. Nothing is copied as long as the
/// request is right as it is.
template <class M>
class step_request {
  using value = message_value_t<M>;

 public:
  step_request(const value& given, bool has_path) noexcept : current_(&given), has_path_(has_path) {}
  step_request(const step_request&) = delete;
  step_request& operator=(const step_request&) = delete;

  value& own() {
    if (current_ != &own_) own_ = *current_;
    current_ = &own_;
    return own_;
  }
  result<const value*> at(std::string_view key) {
    if (has_path_) WASM64_CHECK(put<M>(own(), "path", make_text<M>(key)));
    return current_;
  }
  const value* as_given() const noexcept { return current_; }

 private:
  const value* current_;
  value own_;
  bool has_path_;
};

}  // namespace detail

namespace detail {
inline bool is_id_text(std::string_view text) {
  return text.size() == content_id::text_size && parse_id(text).has_value();
}
}  // namespace detail

template <class Message>
auto device_base<Message>::resolve(message base, const message& request) -> result<response> {
  const message path = Message::get_key(request, "path");
  if (Message::kind(path) == value_kind::binary) {
    return resolve_text(std::move(base), text_of<Message>(path), request, true);
  }
  if (Message::kind(path) == value_kind::list) return resolve_list(std::move(base), path, request);
  WASM64_TRY(const std::string key, key_of<Message>(path, "path"));
  WASM64_TRY(base, loaded(std::move(base)));
  return step(std::move(base), key, request);
}

template <class Message>
auto device_base<Message>::resolve_list(message base, const message& path, const message& request) -> result<response> {
  const nesting level(*this);
  detail::step_request<Message> requests(request, true);
  WASM64_TRY(base, loaded(std::move(base)));
  response at{device_status::ok, std::move(base)};
  const std::size_t count = Message::list_size(path);
  for (std::size_t i = 0; i < count && at.status == device_status::ok; ++i) {
    WASM64_TRY(const std::string key, key_of<Message>(Message::list_element(path, i), "path"));
    if (key.empty()) continue;
    if (i == 0 && Message::kind(at.message) == value_kind::null && detail::is_id_text(key)) {
      at.message = text(key);
      WASM64_TRY(at.message, loaded(std::move(at.message)));
      continue;
    }
    WASM64_TRY(const message* const seen, requests.at(key));
    WASM64_TRY(message found, loaded(std::move(at.message)));
    WASM64_TRY(at, step(std::move(found), key, *seen));
  }
  return at;
}

template <class Message>
auto device_base<Message>::resolve_text(message base, std::string_view path, const message& request, bool has_path)
    -> result<response> {
  const nesting level(*this);
  WASM64_CHECK(level.check(path));
  WASM64_TRY(detail::path_parts parts, detail::path_parts::of(path));
  detail::step_request<Message> requests(request, has_path);
  if (!parts.query().empty()) WASM64_CHECK(put_keys(requests.own(), parts.query()));
  response at{device_status::ok, std::move(base)};
  if (parts.is_done()) {
    WASM64_TRY(at.message, loaded(std::move(at.message)));
  }
  for (bool is_first = true; !parts.is_done() && at.status == device_status::ok; is_first = false) {
    WASM64_TRY(const detail::path_part part, parts.next());
    const bool is_whole = is_first && parts.is_done() && parts.query().empty() && part.key.size() == part.text.size();
    WASM64_TRY(at, resolve_part(std::move(at.message), part, requests, is_whole));
  }
  return at;
}

/// One part of a path. Without a base, an id or a path in parentheses makes one.
template <class Message>
auto device_base<Message>::resolve_part(message base, const detail::path_part& part,
                                        detail::step_request<Message>& requests, bool is_whole) -> result<response> {
  std::string_view key = part.key;
  message inner;  // the result of a path in parentheses: the base, the request or the key of this step
  const bool has_base = Message::kind(base) != value_kind::null;
  if (part.is_nested) {
    WASM64_TRY(response nested, resolve_text({}, part.key, {}, false));
    if (nested.status != device_status::ok) return nested;
    if (has_base) inner = std::move(nested.message);
    else base = std::move(nested.message);
    key = text_of<Message>(inner);
  } else if (!has_base && detail::is_id_text(key)) {
    base = text(key);
    key = {};
  }
  WASM64_TRY(base, loaded(std::move(base)));
  if (Message::kind(base) == value_kind::null) base = Message::make_map({});
  if (!part.device.empty()) WASM64_CHECK(put<Message>(base, "device", text(part.device)));

  if (Message::kind(inner) == value_kind::map) {
    if (!part.keys.empty()) WASM64_CHECK(put_keys(inner, part.keys));
    return resolve(std::move(base), inner);
  }
  if (key.empty()) {
    if (Message::kind(inner) != value_kind::null) return detail::path_parts::malformed(part.text);
    if (!part.keys.empty()) WASM64_CHECK(put_keys(base, part.keys));
    return response{device_status::ok, std::move(base)};
  }
  if (is_whole && part.keys.empty()) return step(std::move(base), key, *requests.as_given());
  WASM64_TRY(const message* const seen, requests.at(key));
  if (part.keys.empty()) return step(std::move(base), key, *seen);
  message with_keys = *seen;
  WASM64_CHECK(put_keys(with_keys, part.keys));
  return step(std::move(base), key, with_keys);
}

/// A key of a message, by the message's own device.
template <class Message>
auto device_base<Message>::step(message base, std::string_view key, const message& request) -> result<response> {
  const message named = Message::get_key(base, "device");
  if (Message::kind(named) == value_kind::null) return call(message_device::name, key, std::move(base), request);
  if (Message::kind(named) != value_kind::binary) return fail(errc::unknown_device, "device");
  return call(text_of<Message>(named), key, std::move(base), request);
}

/// An id stands for what storage has under it: a message, or other bytes as the `body` of one.
template <class Message>
auto device_base<Message>::loaded(message base) -> result<message> {
  const std::string_view name = text_of<Message>(base);
  if (!detail::is_id_text(name)) return result<message>(std::move(base));
  WASM64_TRY(const content_id id, parse_id(name));
  result<shared_bytes> stored = storage_.get(id);
  if (!stored.has_value()) {
    error e = std::move(stored).assume_error();
    return fail(e.code == errc::not_found ? error(errc::not_found, std::string(name)) : std::move(e));
  }
  result<message> decoded = Message::decode(stored.assume_value());
  if (decoded.has_value()) return decoded;
  vector<message_entry_t<Message>> entries;
  entries.push_back({"body", Message::make_binary(stored.assume_value())});
  return Message::make_map(std::move(entries));
}

template <class Message>
result<void> device_base<Message>::put_keys(message& to, std::string_view keys) {
  detail::inline_key key;
  for (std::size_t count = 0; detail::take_key(keys, key); ++count) {
    if (count == max_inline_keys) return fail(errc::resolution_limit, name_in_error(key.text));
    WASM64_TRY(message item, inline_value(key));
    WASM64_CHECK(put<Message>(to, key.name, std::move(item)));
  }
  return success();
}

/// The value of `k+type=v`; a key without '=' is true.
template <class Message>
auto device_base<Message>::inline_value(const detail::inline_key& key) -> result<message> {
  if (key.name.empty()) return detail::path_parts::malformed(key.text);
  if (!key.has_value) return Message::make_bool(true);
  const bool is_nested = key.value.size() >= 2 && key.value.starts_with('(') && key.value.ends_with(')');
  std::string plain(is_nested ? key.value.substr(1, key.value.size() - 2) : key.value);
  if (!is_nested) {
    WASM64_TRY(plain, detail::unescaped(key.value));
  }
  if (is_nested || same_key(key.type, "resolve") || same_key(key.type, "res")) {
    WASM64_TRY(response found, resolve_text({}, plain, {}, false));
    if (found.status != device_status::ok) return detail::path_parts::malformed(key.text);
    return std::move(found.message);
  }
  message item = detail::typed_value<Message>(key.type, plain);
  if (Message::kind(item) == value_kind::null) return detail::path_parts::malformed(key.text);
  return item;
}

}  // namespace wasm64
