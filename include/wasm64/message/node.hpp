#pragma once

#include "wasm64/message/value_class.hpp"

// What lists and maps point to. Nodes are shared; `value_editor` changes them, and only through their sole owner.

namespace wasm64::detail {

struct container : counted {
  std::size_t depth = 1;   ///< levels below and including this one
  bool has_unset = false;  ///< some map at or below may hold an `unset`
};

struct list_node : container {
  vector<message_value> elements;
};

struct map_node : container {
  vector<map_entry> entries;
  message_value private_part;  ///< null or a map; outside `depth`
};

/// The total order of map entries: as the lookup sees keys, then byte by byte.
inline int order_keys(std::string_view a, std::string_view b) noexcept {
  if (is_id_key(a) || is_id_key(b)) {
    const int seen = compare_keys(a, b);
    return seen != 0 ? seen : a.compare(b);
  }
  int by_bytes = 0;  // that of the first difference in case
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    const auto x = static_cast<std::uint8_t>(ascii_lower(a[i]));
    const auto y = static_cast<std::uint8_t>(ascii_lower(b[i]));
    if (x != y) return x < y ? -1 : 1;
    if (by_bytes == 0) by_bytes = static_cast<std::uint8_t>(a[i]) < static_cast<std::uint8_t>(b[i]) ? -1 : 1;
  }
  return a.size() == b.size() ? by_bytes : a.size() < b.size() ? -1 : 1;
}

inline int order_entry(const map_entry& a, const map_entry& b) noexcept {
  if (a.head != b.head) return a.head < b.head ? -1 : 1;
  return order_keys(a.name(), b.name());
}

struct key_position {
  std::size_t index;  ///< of the entry, or where it belongs
  bool found;
};

/// The entry a key names: the exact one, else the first that differs in case only; such ones are neighbours of the
/// place where the exact one belongs.
inline key_position locate(std::span<const map_entry> entries, std::string_view key) noexcept {
  const std::uint64_t head = key_head(key);
  std::size_t low = 0;
  for (std::size_t high = entries.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    const map_entry& entry = entries[middle];
    bool is_before = entry.head < head;
    if (entry.head == head) {
      if (entry.name() == key) return {middle, true};
      is_before = order_keys(entry.name(), key) < 0;
    }
    if (is_before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const auto is_similar = [&](std::size_t i) {
    return i < entries.size() && entries[i].head == head && same_key(entries[i].name(), key);
  };
  if (low == 0 || !is_similar(low - 1)) return {low, is_similar(low)};
  std::size_t first = 0;  // there may be many that differ in case only
  for (std::size_t high = low; first < high;) {
    const std::size_t middle = first + (high - first) / 2;
    if (compare_keys(entries[middle].name(), key) < 0) {
      first = middle + 1;
    } else {
      high = middle;
    }
  }
  return {first, true};
}

/// Moves the entries of `added` into `entries`; both are ordered and have no exact key in common.
inline void merge_ordered(vector<map_entry>& entries, vector<map_entry>&& added) {
  std::size_t left = entries.size();
  std::size_t right = added.size();
  entries.resize(left + right);
  for (std::size_t to = left + right; right != 0;) {
    const bool take_left = left != 0 && order_entry(entries[left - 1], added[right - 1]) > 0;
    entries[--to] = std::move(take_left ? entries[--left] : added[--right]);
  }
}

}  // namespace wasm64::detail
