#pragma once

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
  payload_.bytes = bytes.node_.take();
}

inline message_value::message_value(host_object object) : kind_(value_kind::host) {
  payload_.host = std::exchange(object.node_, nullptr);
}

/// What others may hold as well; null where there is nothing to share.
inline detail::counted* message_value::shared_node() const noexcept {
  if (kind_ < value_kind::binary) return nullptr;  // the kinds behind are those that share
  switch (kind_) {
    case value_kind::binary: return payload_.bytes;
    case value_kind::list: return payload_.list;
    case value_kind::map: return payload_.map;
    default: return payload_.host;
  }
}

inline message_value::message_value(const message_value& other) noexcept
    : payload_(other.payload_), kind_(other.kind_), negative_(other.negative_) {
  if (detail::counted* const node = shared_node(); node != nullptr) node->retain();
}

inline void message_value::release() noexcept {
  if (detail::counted* const node = shared_node(); node != nullptr && node->release()) destroy_node();
}

inline message_value message_value::unset() noexcept {
  message_value made;
  made.kind_ = value_kind::unset;
  return made;
}

#if WASM64_IMPLEMENTATION

// A loop rather than recursion: host code may have nested values to any depth.
WASM64_INLINE void message_value::destroy_node() noexcept {
  if (kind_ == value_kind::binary) return delete payload_.bytes;
  if (kind_ == value_kind::host) return payload_.host->destroy(payload_.host);
  small_vector<message_value, 8> pending;  // lists and maps whose last reference is gone
  pending.push_back(std::move(*this));
  const auto take = [&](message_value& child) {
    if (child.kind_ != value_kind::list && child.kind_ != value_kind::map) return;
    if (child.shared_node()->release()) pending.push_back(std::move(child));
    else child.kind_ = value_kind::null;
  };
  while (!pending.empty()) {
    const payload last = pending.back().payload_;
    const value_kind kind = std::exchange(pending.back().kind_, value_kind::null);
    pending.pop_back();
    if (kind == value_kind::list) {
      for (message_value& element : last.list->elements) take(element);
      delete last.list;
    } else {
      for (map_entry& entry : last.map->entries) take(entry.item);
      take(last.map->private_part);
      delete last.map;
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
    while (l < left.size() && order_entry(left[l], entry) < 0) ordered.push_back(std::move(left[l++]));
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
  bool is_ordered = true;
  for (std::size_t i = 1; i < kept.size(); ++i) is_ordered &= detail::order_entry(kept[i - 1], kept[i]) < 0;
  return map_of(is_ordered ? std::move(kept) : detail::order_entries({kept.data(), kept.size()}));
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
