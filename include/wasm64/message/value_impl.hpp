#pragma once

#include <new>

#include "wasm64/message/node.hpp"

// Ownership of values: construction, sharing and release.

namespace wasm64 {

inline message_value::message_value(double d) noexcept : kind_(value_kind::floating) {
  if (d != d) {
    payload_.bits = 0x7ff8'0000'0000'0000;
  } else {
    payload_.number = d;
  }
}

inline message_value::message_value(shared_bytes bytes) : kind_(value_kind::binary) {
  new (&payload_.bytes) shared_bytes(std::move(bytes));
}

inline message_value::message_value(host_object object) : kind_(value_kind::host) {
  new (&payload_.host) host_object(std::move(object));
}

inline message_value::message_value(const message_value& other) noexcept
    : kind_(other.kind_), negative_(other.negative_) {
  switch (kind_) {
    case value_kind::binary: new (&payload_.bytes) shared_bytes(other.payload_.bytes); break;
    case value_kind::host: new (&payload_.host) host_object(other.payload_.host); break;
    case value_kind::list: (payload_.list = other.payload_.list)->retain(); break;
    case value_kind::map: (payload_.map = other.payload_.map)->retain(); break;
    default: payload_.bits = other.payload_.bits; break;
  }
}

inline message_value::message_value(message_value&& other) noexcept : kind_(other.kind_), negative_(other.negative_) {
  switch (kind_) {
    case value_kind::binary: new (&payload_.bytes) shared_bytes(std::move(other.payload_.bytes)); break;
    case value_kind::host: new (&payload_.host) host_object(std::move(other.payload_.host)); break;
    case value_kind::list: payload_.list = std::exchange(other.payload_.list, nullptr); break;
    case value_kind::map: payload_.map = std::exchange(other.payload_.map, nullptr); break;
    default: payload_.bits = other.payload_.bits; break;
  }
  if (kind_ == value_kind::binary) other.payload_.bytes.~shared_bytes();
  if (kind_ == value_kind::host) other.payload_.host.~host_object();
  other.kind_ = value_kind::null;
}

inline message_value& message_value::operator=(message_value other) noexcept {
  message_value old(std::move(*this));
  new (this) message_value(std::move(other));
  return *this;
}

inline message_value::~message_value() { release(); }

inline void message_value::release() noexcept {
  switch (kind_) {
    case value_kind::binary: payload_.bytes.~shared_bytes(); break;
    case value_kind::host: payload_.host.~host_object(); break;
    case value_kind::list:
    case value_kind::map: drop_container(); break;
    default: break;
  }
  kind_ = value_kind::null;
}

inline message_value message_value::unset() noexcept {
  message_value made;
  made.kind_ = value_kind::unset;
  return made;
}

#if WASM64_IMPLEMENTATION

// A loop rather than recursion: host code may have nested values to any depth.
WASM64_INLINE void message_value::drop_container() noexcept {
  small_vector<message_value, 8> pending;
  pending.push_back(std::move(*this));
  const auto take_containers = [&](message_value& child) {
    if (child.kind_ == value_kind::list || child.kind_ == value_kind::map) pending.push_back(std::move(child));
  };
  while (!pending.empty()) {
    message_value last = std::move(pending.back());
    pending.pop_back();
    const value_kind kind = std::exchange(last.kind_, value_kind::null);
    if (kind == value_kind::list) {
      if (!last.payload_.list->release()) continue;
      for (message_value& element : last.payload_.list->elements) take_containers(element);
      delete last.payload_.list;
    } else {
      if (!last.payload_.map->release()) continue;
      for (map_entry& entry : last.payload_.map->entries) take_containers(entry.item);
      take_containers(last.payload_.map->private_part);
      delete last.payload_.map;
    }
  }
}

WASM64_INLINE message_value message_value::list(vector<message_value> elements) {
  message_value made;
  made.payload_.list = new detail::list_node;
  made.kind_ = value_kind::list;
  for (const message_value& element : elements) {
    if (element.depth() >= made.payload_.list->depth) made.payload_.list->depth = element.depth() + 1;
  }
  made.payload_.list->elements = std::move(elements);
  return made;
}

namespace detail {

/// Orders entries by merging halves; of equal keys the later one wins.
WASM64_INLINE vector<map_entry> order_entries(std::span<map_entry> entries) {
  vector<map_entry> ordered;
  if (entries.size() == 1) ordered.push_back(std::move(entries.front()));
  if (entries.size() < 2) return ordered;
  const std::size_t half = entries.size() / 2;
  vector<map_entry> left = order_entries(entries.first(half));
  vector<map_entry> right = order_entries(entries.subspan(half));
  ordered.reserve(left.size() + right.size());
  std::size_t l = 0;
  for (map_entry& entry : right) {
    while (l < left.size() && order_keys(left[l].name(), entry.name()) < 0) ordered.push_back(std::move(left[l++]));
    if (l < left.size() && left[l].name() == entry.name()) ++l;
    ordered.push_back(std::move(entry));
  }
  while (l < left.size()) ordered.push_back(std::move(left[l++]));
  return ordered;
}

}  // namespace detail

WASM64_INLINE message_value message_value::map(vector<std::pair<std::string, message_value>> entries) {
  vector<map_entry> kept;
  kept.reserve(entries.size());
  for (auto& [key, item] : entries) {
    if (!item.is_null() && !is_private_key(key)) kept.push_back({shared_bytes(std::string_view(key)), std::move(item)});
  }
  return map_of(detail::order_entries({kept.data(), kept.size()}));
}

WASM64_INLINE message_value message_value::map_of(vector<map_entry> ordered) {
  message_value made;
  made.payload_.map = new detail::map_node;
  made.kind_ = value_kind::map;
  detail::map_node& node = *made.payload_.map;
  for (const map_entry& entry : ordered) {
    if (entry.item.depth() >= node.depth) node.depth = entry.item.depth() + 1;
    if (entry.item.holds_unset()) node.has_unset = true;
  }
  node.entries = std::move(ordered);
  return made;
}

#endif

}  // namespace wasm64
