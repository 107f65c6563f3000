#pragma once

#include "wasm64/device/device_base.hpp"

namespace wasm64 {

namespace detail {

/// Images of these lengths are ids, unless they begin as modules do: a raw id, an Ethereum address, base64url.
inline bool is_image_id(bytes_view image) noexcept {
  constexpr std::uint8_t magic[] = {0, 'a', 's', 'm'};
  if (image.size() != 32 && image.size() != 42 && image.size() != content_id::text_size) return false;
  return std::memcmp(image.data(), magic, sizeof magic) != 0;
}

}  // namespace detail

template <class Message>
result<std::shared_ptr<const module>> device_base<Message>::image_of(const message& base) {
  const std::string path = join(text_at(base, "input-prefix"), "image");
  message image = Message::get(base, path);
  if (Message::kind(image) == value_kind::null) {
    image = Message::get(base, join(text_at(base, "input-prefix"), "WASM-Image"));
  }
  if (Message::kind(image) == value_kind::null) image = Message::get_key(base, "body");
  else if (Message::kind(image) == value_kind::map) image = Message::get_key(image, "body");
  else if (Message::kind(image) == value_kind::binary && detail::is_image_id(Message::as_bytes(image))) {
    WASM64_TRY(const content_id id, parse_id(Message::as_bytes(image)));
    if (std::shared_ptr<const module> known = modules_.find(id)) return known;
    result<shared_bytes> stored = storage_.get(id);
    if (!stored.has_value()) {
      error e = std::move(stored).assume_error();
      return fail(e.code == errc::not_found ? error(errc::image_not_found, to_text(id)) : std::move(e));
    }
    const result<message> decoded = Message::decode(stored.assume_value());
    if (!decoded.has_value()) return load(stored.assume_value());
    image = Message::get_key(decoded.assume_value(), "body");
  }
  if (Message::kind(image) != value_kind::binary) return fail(errc::no_image, path);
  return load(Message::as_bytes(image));
}

template <class Message>
result<std::shared_ptr<const module>> device_base<Message>::load(bytes_view wasm) {
  WASM64_TRY(const content_id id, sha256(wasm));
  if (std::shared_ptr<const module> known = modules_.find(id)) return known;
  WASM64_TRY(module m, compile_unshared(wasm, policies_.features, options_.image_limits));
  m.id = id.bytes;
  auto shared_module = std::make_shared<const module>(std::move(m));
  modules_.add(id, shared_module);
  return std::shared_ptr<const module>(std::move(shared_module));
}

}  // namespace wasm64
