#pragma once

#include "wasm64/message/node.hpp"

// Changing values. `set` first checks that nothing can fail, then changes nodes on the way down, copying those that
// others share, and corrects the depths on the way up.

#if WASM64_IMPLEMENTATION

namespace wasm64 {

/// The changes themselves; the preconditions are checked by `value::set` and `value::remove`.
class value_editor {
 public:
  static void set(message_value& where, path_segments path, message_value&& item, set_mode mode) {
    std::string_view key;
    if (!path.next(key)) return assign(where, std::move(item), mode);
    if (where.is_null()) where = message_value::map();
    if (where.kind() == value_kind::list && list_position(key) > where.elements().size()) list_to_map(where);
    if (where.kind() == value_kind::list) {
      detail::list_node& node = own_list(where);
      const std::size_t position = list_position(key);
      if (position == node.elements.size()) node.elements.emplace_back();
      change(node, node.elements[position], [&](message_value& child) { set(child, path, std::move(item), mode); });
    } else {
      detail::map_node& node = own_map(where);
      const detail::key_position at = detail::locate(where.entries(), key);
      if (!at.found) node.entries.insert(node.entries.begin() + offset(at.index), map_entry(shared_bytes(key), {}));
      change(node, node.entries[at.index].item, [&](message_value& child) { set(child, path, std::move(item), mode); });
    }
  }

  static void remove(message_value& where, path_segments path) {
    std::string_view key;
    path.next(key);
    const bool is_last = path.empty();
    if (where.kind() == value_kind::list) {
      detail::list_node& node = own_list(where);
      const std::size_t position = list_position(key);
      change(node, node.elements[position],
             [&](message_value& child) { is_last ? void(child = {}) : remove(child, path); });
      if (is_last) node.elements.erase(node.elements.begin() + offset(position));
    } else {
      detail::map_node& node = own_map(where);
      const std::size_t at = detail::locate(where.entries(), key).index;
      change(node, node.entries[at].item,
             [&](message_value& child) { is_last ? void(child = {}) : remove(child, path); });
      if (is_last) node.entries.erase(node.entries.begin() + offset(at));
    }
  }

  static detail::map_node& own_map(message_value& v) {
    if (!v.payload_.map->is_unique()) {
      message_value copy;
      copy.payload_.map = new detail::map_node(*v.payload_.map);
      copy.kind_ = value_kind::map;
      v = std::move(copy);
    }
    return *v.payload_.map;
  }

 private:
  static std::ptrdiff_t offset(std::size_t index) noexcept { return static_cast<std::ptrdiff_t>(index); }

  static detail::list_node& own_list(message_value& v) {
    if (!v.payload_.list->is_unique()) {
      message_value copy;
      copy.payload_.list = new detail::list_node(*v.payload_.list);
      copy.kind_ = value_kind::list;
      v = std::move(copy);
    }
    return *v.payload_.list;
  }

  static void list_to_map(message_value& v) {
    vector<std::pair<std::string, message_value>> entries;
    entries.reserve(v.elements().size());
    for (std::size_t i = 0; i < v.elements().size(); ++i) entries.push_back({std::to_string(i + 1), v.elements()[i]});
    v = message_value::map(std::move(entries));
  }

  static message_value& item_of(message_value& element) noexcept { return element; }
  static message_value& item_of(map_entry& entry) noexcept { return entry.item; }
  static auto& children(detail::list_node& node) noexcept { return node.elements; }
  static auto& children(detail::map_node& node) noexcept { return node.entries; }

  /// Runs `edit` on a child of `node`; true when the depth of `node` may now be too large.
  template <class Node, class Edit>
  static bool change_only(Node& node, message_value& child, Edit&& edit) {
    const std::size_t before = child.depth();
    edit(child);
    const std::size_t after = child.depth();
    if (after >= node.depth) node.depth = after + 1;
    return after < before && before + 1 == node.depth;
  }

  template <class Node, class Edit>
  static void change(Node& node, message_value& child, Edit&& edit) {
    if (change_only(node, child, edit)) lower_depth(node);
  }

  /// Stops at the first child that still reaches the old depth, so it seldom looks at many.
  template <class Node>
  static void lower_depth(Node& node) {
    std::size_t depth = 1;
    for (auto& child : children(node)) {
      if (item_of(child).depth() >= depth) depth = item_of(child).depth() + 1;
      if (depth == node.depth) return;
    }
    node.depth = depth;
  }

  static void assign(message_value& where, message_value&& item, set_mode mode) {
    if (!item.is_map()) {
      where = std::move(item);
    } else if (mode == set_mode::deep && where.is_map()) {
      merge(where, item);
    } else if (!item.holds_unset()) {
      where = std::move(item);
    } else {
      message_value clean = message_value::map();
      merge(clean, item);
      where = std::move(clean);
    }
  }

  /// Merges map `item` into map `where`, in time proportional to the two of them at each level both have, or to
  /// `item` alone (and logarithmic in `where`) when it brings no key that is new.
  static void merge(message_value& where, const message_value& item) {
    detail::map_node& to = own_map(where);
    const detail::map_node& from = *item.payload_.map;
    if (to.private_part.is_null()) to.private_part = from.private_part;
    vector<map_entry> added;
    bool removes = false;
    bool may_be_lower = false;
    for (const map_entry& entry : from.entries) {
      const detail::key_position at = detail::locate(where.entries(), entry.name());
      if (at.found) {
        may_be_lower |= change_only(to, to.entries[at.index].item, [&](message_value& child) {
          entry.item.kind() == value_kind::unset ? void(child = {})
                                                 : assign(child, message_value(entry.item), set_mode::deep);
        });
        removes |= to.entries[at.index].item.is_null();
      } else if (entry.item.kind() != value_kind::unset) {
        map_entry fresh(entry.key, {});
        change_only(to, fresh.item,
                    [&](message_value& child) { assign(child, message_value(entry.item), set_mode::deep); });
        added.push_back(std::move(fresh));
      }
    }
    if (removes) drop_nulls(to.entries);
    if (!added.empty()) detail::merge_ordered(to.entries, std::move(added));
    if (may_be_lower) lower_depth(to);
  }

  static void drop_nulls(vector<map_entry>& entries) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].item.is_null()) continue;
      if (kept != i) entries[kept] = std::move(entries[i]);
      ++kept;
    }
    entries.resize(kept);
  }
};

/// What the path names below maps that nobody shares, where a change of the same depth is an assignment; else null.
WASM64_INLINE message_value* message_value::find_owned(std::string_view path) noexcept {
  message_value* at = this;
  std::string_view key;
  for (path_segments walk(path); walk.next(key);) {
    if (at->kind_ != value_kind::map || !at->payload_.map->is_unique()) return nullptr;
    const detail::key_position place = detail::locate(at->entries(), key);
    if (!place.found) return nullptr;
    at = &at->payload_.map->entries[place.index].item;
  }
  return at == this ? nullptr : at;
}

WASM64_INLINE result<void> message_value::set(std::string_view path, message_value item, set_mode mode) {
  if (item.is_null()) return success();
  if (item.kind() == value_kind::unset) {
    remove(path);
    return success();
  }
  if (message_value* const place = find_owned(path); place != nullptr && depth() <= max_value_depth) {
    const bool replaces = !item.is_map() || ((mode == set_mode::replace || !place->is_map()) && !item.holds_unset());
    if (replaces && item.depth() == place->depth()) {
      *place = std::move(item);
      return success();
    }
  }
  const auto refuse = [&](errc code) { return fail(code, std::string(path.substr(0, 256))); };
  std::size_t levels = 0;
  const message_value* at = this;
  std::string_view key;
  for (path_segments walk(path); walk.next(key); ++levels) {
    if (levels == max_value_depth) return refuse(errc::nesting_too_deep);
    if (is_private_key(key)) return refuse(errc::malformed_message);
    if (at == nullptr || at->is_null()) continue;
    if (at->kind_ != value_kind::map && at->kind_ != value_kind::list) return refuse(errc::malformed_message);
    at = at->find_key(key);
  }
  if (levels == 0 && !item.is_map()) return refuse(errc::malformed_message);
  if (levels + item.depth() > max_value_depth || depth() > max_value_depth) return refuse(errc::nesting_too_deep);
  value_editor::set(*this, path_segments(path), std::move(item), mode);
  return success();
}

WASM64_INLINE void message_value::remove(std::string_view path) {
  const path_segments walk(path);
  const std::size_t levels = walk.count();
  if (levels == 0 || levels > max_value_depth || find(path) == nullptr) return;
  value_editor::remove(*this, walk);
}

WASM64_INLINE result<void> message_value::set_private(std::string_view path, message_value item) {
  if (is_null()) *this = map();
  if (!is_map()) return fail(errc::malformed_message, std::string(path.substr(0, 256)));
  path = detail::without_private_prefix(path);
  message_value& part = value_editor::own_map(*this).private_part;
  if (!item.is_null()) return part.set(path, std::move(item), set_mode::replace);
  part.remove(path);
  return success();
}

}  // namespace wasm64

#endif
