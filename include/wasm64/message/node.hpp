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
  // Most keys differ at once.
  if (!a.empty() && !b.empty() && !is_id_key(a) && !is_id_key(b)) {
    const auto x = static_cast<std::uint8_t>(ascii_lower(a.front()));
    const auto y = static_cast<std::uint8_t>(ascii_lower(b.front()));
    if (x != y) return x < y ? -1 : 1;
  }
  const int seen = compare_keys(a, b);
  return seen != 0 ? seen : a.compare(b);
}

struct key_position {
  std::size_t index;  ///< of the entry, or where it belongs
  bool found;
};

/// The entry a key names: the exact one, else the first that differs in case only, for which only the neighbours of the
/// place of the exact one can be a reason to search.
inline key_position locate(std::span<const map_entry> entries, std::string_view key) noexcept {
  const auto first_not_below = [&](auto order) {
    std::size_t low = 0;
    for (std::size_t high = entries.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (order(entries[middle].name(), key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  const std::size_t exact = first_not_below(order_keys);
  const bool is_above = exact < entries.size() && same_key(entries[exact].name(), key);
  if (is_above && entries[exact].name() == key) return {exact, true};
  const bool is_below = exact != 0 && same_key(entries[exact - 1].name(), key);
  if (is_below) return {first_not_below(compare_keys), true};
  return {exact, is_above};
}

/// Moves the entries of `added` into `entries`; both are ordered and have no exact key in common.
inline void merge_ordered(vector<map_entry>& entries, vector<map_entry>&& added) {
  std::size_t left = entries.size();
  std::size_t right = added.size();
  entries.resize(left + right);
  for (std::size_t to = left + right; right != 0;) {
    const bool take_left = left != 0 && order_keys(entries[left - 1].name(), added[right - 1].name()) > 0;
    entries[--to] = std::move(take_left ? entries[--left] : added[--right]);
  }
}

}  // namespace wasm64::detail
