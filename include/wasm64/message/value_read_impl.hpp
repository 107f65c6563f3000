#pragma once

#include "wasm64/message/node.hpp"

// Reading values: contents, lookup by key and path, comparison.

namespace wasm64 {

inline integer message_value::as_integer() const noexcept {
  integer n;
  if (kind_ != value_kind::integer) return n;
  n.bits = payload_.bits;
  n.negative = negative_;
  return n;
}

inline double message_value::as_float() const noexcept { return kind_ == value_kind::floating ? payload_.number : 0; }

inline bytes_view message_value::as_bytes() const noexcept {
  return kind_ == value_kind::binary && payload_.bytes != nullptr
             ? bytes_view(payload_.bytes->data, payload_.bytes->size)
             : bytes_view();
}

inline shared_bytes message_value::as_shared_bytes() const noexcept {
  if (kind_ != value_kind::binary || payload_.bytes == nullptr) return {};
  payload_.bytes->retain();
  return shared_bytes(payload_.bytes);
}

inline host_object message_value::as_host() const noexcept {
  if (kind_ != value_kind::host || payload_.host == nullptr) return {};
  payload_.host->retain();
  return host_object(payload_.host);
}

inline std::span<const message_value> message_value::elements() const noexcept {
  if (kind_ != value_kind::list) return {};
  return {payload_.list->elements.data(), payload_.list->elements.size()};
}

inline std::span<const map_entry> message_value::entries() const noexcept {
  if (kind_ != value_kind::map) return {};
  return {payload_.map->entries.data(), payload_.map->entries.size()};
}

inline std::size_t message_value::depth() const noexcept {
  return kind_ == value_kind::list ? payload_.list->depth : kind_ == value_kind::map ? payload_.map->depth : 0;
}

inline bool message_value::holds_unset() const noexcept {
  return kind_ == value_kind::unset || (kind_ == value_kind::map && payload_.map->has_unset);
}

inline message_value message_value::get(std::string_view path) const noexcept {
  const message_value* at = find(path);
  return at != nullptr ? *at : message_value();
}

inline message_value message_value::get_private(std::string_view path) const noexcept {
  const message_value* at = find_private(path);
  return at != nullptr ? *at : message_value();
}

#if WASM64_IMPLEMENTATION

WASM64_INLINE const message_value* message_value::find_key(std::string_view key) const noexcept {
  if (kind_ == value_kind::list) {
    const std::size_t position = list_position(key);
    return position < elements().size() ? &elements()[position] : nullptr;
  }
  const detail::key_position at = detail::locate(entries(), key);
  return at.found ? &entries()[at.index].item : nullptr;
}

WASM64_INLINE const message_value* message_value::find(std::string_view path) const noexcept {
  const message_value* at = this;
  std::string_view segment;
  for (path_segments walk(path); at != nullptr && walk.next(segment);) at = at->find_key(segment);
  return at;
}

WASM64_INLINE vector<std::string> message_value::keys() const {
  vector<std::string> names;
  names.reserve(elements().size() + entries().size());
  for (std::size_t i = 1; i <= elements().size(); ++i) names.push_back(std::to_string(i));
  for (const map_entry& entry : entries()) names.push_back(std::string(entry.name()));
  return names;
}

WASM64_INLINE const message_value* message_value::find_private(std::string_view path) const noexcept {
  return kind_ == value_kind::map ? payload_.map->private_part.find(detail::without_private_prefix(path)) : nullptr;
}

// A loop rather than recursion, for the same reason as in drop_container.
WASM64_INLINE bool message_value::equal(const message_value& a, const message_value& b) {
  small_vector<std::pair<const message_value*, const message_value*>, 16> pending;
  pending.push_back({&a, &b});
  while (!pending.empty()) {
    const auto [x, y] = pending.back();
    pending.pop_back();
    if (x->kind_ != y->kind_) return false;
    switch (x->kind_) {
      case value_kind::null:
      case value_kind::unset: break;
      case value_kind::boolean:
        if (x->negative_ != y->negative_) return false;
        break;
      case value_kind::integer:
      case value_kind::floating:
        if (x->payload_.bits != y->payload_.bits || x->negative_ != y->negative_) return false;
        break;
      case value_kind::binary:
        if (x->as_text() != y->as_text()) return false;
        break;
      case value_kind::host:
        if (x->payload_.host != y->payload_.host) return false;
        break;
      case value_kind::list: {
        if (x->payload_.list == y->payload_.list) break;
        if (x->depth() != y->depth() || x->elements().size() != y->elements().size()) return false;
        for (std::size_t i = 0; i < x->elements().size(); ++i)
          pending.push_back({&x->elements()[i], &y->elements()[i]});
        break;
      }
      case value_kind::map: {
        if (x->payload_.map == y->payload_.map) break;
        if (x->depth() != y->depth() || x->entries().size() != y->entries().size()) return false;
        for (std::size_t i = 0; i < x->entries().size(); ++i) {
          if (x->entries()[i].name() != y->entries()[i].name()) return false;
          pending.push_back({&x->entries()[i].item, &y->entries()[i].item});
        }
        break;
      }
    }
  }
  return true;
}

#endif

}  // namespace wasm64
