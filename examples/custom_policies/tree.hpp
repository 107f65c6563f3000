#pragma once

#include <map>
#include <string>
#include <vector>

#include "wasm64/message/document_policy.hpp"

/// The messages of a program that has a type of its own for them.
struct tree {
  wasm64::value_kind kind = wasm64::value_kind::null;
  wasm64::integer whole;  ///< an integer, or a boolean as 0 or 1
  double real = 0;
  std::string bytes;
  std::vector<tree> items;
  std::map<std::string, tree, std::less<>> fields;
};

/// All that the device needs to know of it.
template <>
struct wasm64::document_traits<tree> {
  static value_kind kind(const tree& t) noexcept { return t.kind; }
  static bool as_bool(const tree& t) noexcept { return t.whole.bits != 0; }
  static integer as_integer(const tree& t) noexcept { return t.whole; }
  static double as_float(const tree& t) noexcept { return t.real; }
  static bytes_view as_bytes(const tree& t) noexcept { return wasm64::as_bytes(t.bytes); }

  static tree make(bool b) { return {value_kind::boolean, int{b}, 0, {}, {}, {}}; }
  static tree make(integer n) { return {value_kind::integer, n, 0, {}, {}, {}}; }
  static tree make(double d) { return {value_kind::floating, 0, d, {}, {}, {}}; }
  static tree make(bytes_view b) { return {value_kind::binary, 0, 0, std::string(as_text(b)), {}, {}}; }
  static tree make_list() { return {value_kind::list, 0, 0, {}, {}, {}}; }
  static tree make_map() { return {value_kind::map, 0, 0, {}, {}, {}}; }

  static std::size_t size(const tree& t) noexcept { return t.items.size() + t.fields.size(); }
  static auto& element(auto& list, std::size_t i) { return list.items[i]; }
  static void append(tree& list, tree&& t) { list.items.push_back(std::move(t)); }
  static void erase(tree& list, std::size_t i) {
    list.items.erase(list.items.begin() + static_cast<std::ptrdiff_t>(i));
  }

  template <class T>
  static T* find(T& map, std::string_view key) {
    const auto found = map.fields.find(key);
    return found != map.fields.end() ? &found->second : nullptr;
  }
  static tree& insert(tree& map, std::string_view key) { return map.fields[std::string(key)]; }
  static void erase(tree& map, std::string_view key) { map.fields.erase(std::string(key)); }
  static void each(auto& map, auto f) {
    for (auto& [key, item] : map.fields) {
      if (!f(std::string_view(key), item)) return;
    }
  }
};

using tree_message = wasm64::document_message<tree>;
using tree_policy = wasm64::document_message_policy<tree>;
