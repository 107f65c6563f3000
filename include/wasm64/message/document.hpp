#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "wasm64/base/base64url.hpp"
#include "wasm64/binary/utf8.hpp"
#include "wasm64/message/value.hpp"

// Messages out of somebody else's type of trees, such as JSON documents: lookup by key and path, changes, conversion.

namespace wasm64 {

/// How to handle documents of type `D`, which is copyable, and null when default-constructed. An adaptor specializes it
/// with static functions:
///
///     value_kind kind(const D&)                    never unset or host
///     as_bool, as_integer, as_float, as_bytes      for a document of that kind only
///     D make(bool) (integer) (double) (bytes_view)
///     D make_list(), make_map()                    empty ones
///     std::size_t size(const D&)                   of a list or a map
///     D& element(D&, std::size_t)                  and the same for const
///     void append(D& list, D&&), void erase(D& list, std::size_t)
///     D* find(D& map, std::string_view)            and the same for const; the exact key, or null
///     D& insert(D& map, std::string_view)          the value of a new key
///     void erase(D& map, std::string_view)
///     void each(D& map, F f)                       bool f(std::string_view, D&), until it answers false; also const
///
/// and, for JSON texts:
///
///     std::string print(const D&)
///     result<D> parse(std::string_view)
template <class D>
struct document_traits;

/// Whether conversions write as objects what JSON texts cannot say:
///
///     {"$binary": "base64url"}                     bytes that are not UTF-8
///     {"$float": "nan"}, "inf", "-inf"
///     {"$map": {…}}                                a map whose only key is one of these three
enum class json_form : bool { document, text };

namespace detail {

inline bool is_json_tag(std::string_view key) noexcept { return key == "$binary" || key == "$float" || key == "$map"; }

inline bool is_container(value_kind kind) noexcept { return kind == value_kind::list || kind == value_kind::map; }

/// What the key names in a list or a map, or null. A key that is not there exactly costs a walk over the map.
template <class D>
D* document_child(D& in, std::string_view key) {
  using traits = document_traits<std::remove_const_t<D>>;
  const value_kind kind = traits::kind(in);
  if (kind == value_kind::list) {
    const std::size_t position = list_position(key);
    return position < traits::size(in) ? &traits::element(in, position) : nullptr;
  }
  if (kind != value_kind::map || is_private_key(key)) return nullptr;
  D* found = traits::find(in, key);
  if (found != nullptr) return found;
  traits::each(in, [&](std::string_view name, D& item) {
    if (same_key(name, key)) found = &item;
    return found == nullptr;
  });
  return found;
}

template <class D>
D* document_find(D& in, std::string_view path) {
  D* at = &in;
  std::string_view key;
  for (path_segments walk(path); at != nullptr && walk.next(key);) at = document_child(*at, key);
  return at;
}

/// Levels of lists and maps, counted up to `limit` + 1.
template <class D>
std::size_t document_depth(const D& in, std::size_t limit) {
  using traits = document_traits<D>;
  const value_kind kind = traits::kind(in);
  if (!is_container(kind)) return 0;
  std::size_t deepest = 0;
  const auto look = [&](const D& child) {
    const std::size_t below = limit == 0 ? 0 : document_depth(child, limit - 1);
    if (below > deepest) deepest = below;
    return deepest < limit;
  };
  if (kind == value_kind::map) {
    traits::each(in, [&](std::string_view, const D& item) { return look(item); });
  } else {
    for (std::size_t i = 0; i < traits::size(in) && look(traits::element(in, i));) ++i;
  }
  return deepest + 1;
}

/// A key that a map has not exactly, and the key with other case that it has; empty when there is none.
struct missing_key {
  std::string name;
  std::string instead;

  bool operator<(const missing_key& other) const noexcept { return compare_keys(name, other.name) < 0; }
};

template <class D>
bool is_merged(std::string_view key, const D& item) {
  return document_traits<D>::kind(item) != value_kind::null && !is_private_key(key);
}

/// The keys of map `item` that map `where` has not exactly, in order. All are looked for in one walk over `where`.
template <class D>
vector<missing_key> missing_keys(const D& where, const D& item) {
  using traits = document_traits<D>;
  vector<missing_key> missing;
  traits::each(item, [&](std::string_view key, const D& child) {
    if (is_merged(key, child) && traits::find(where, key) == nullptr) missing.push_back({std::string(key), {}});
    return true;
  });
  if (missing.empty()) return missing;
  std::sort(missing.begin(), missing.end());
  traits::each(where, [&](std::string_view name, const D&) {
    missing_key there{std::string(name), {}};
    const auto at = std::lower_bound(missing.begin(), missing.end(), there);
    if (at != missing.end() && !(there < *at) && at->instead.empty()) at->instead = std::move(there.name);
    return true;
  });
  return missing;
}

/// Merges in time proportional to the maps' sizes, as far as the documents themselves find keys in constant time.
template <class D>
void document_assign(D& where, D&& item, set_mode mode) {
  using traits = document_traits<D>;
  if (mode == set_mode::replace || traits::kind(where) != value_kind::map || traits::kind(item) != value_kind::map) {
    where = std::move(item);
    return;
  }
  vector<missing_key> missing = missing_keys<D>(where, item);
  traits::each(item, [&](std::string_view key, D& child) {
    if (!is_merged(key, child)) return true;
    D* found = traits::find(where, key);
    if (found == nullptr) {
      const auto at = std::lower_bound(missing.begin(), missing.end(), missing_key{std::string(key), {}});
      const bool is_new = at->instead.empty();
      if (is_new) at->instead = key;
      found = is_new ? &traits::insert(where, key) : traits::find(where, at->instead);
    }
    document_assign(*found, std::move(child), set_mode::deep);
    return true;
  });
}

/// The place the key names in `where`, made if missing.
template <class D>
D& document_place(D& where, std::string_view key) {
  using traits = document_traits<D>;
  if (traits::kind(where) == value_kind::null) where = traits::make_map();
  if (traits::kind(where) == value_kind::list) {
    const std::size_t position = list_position(key), size = traits::size(where);
    if (position == size) traits::append(where, D());
    if (position <= size) return traits::element(where, position);
    D map = traits::make_map();
    for (std::size_t i = 0; i < size; ++i) {
      traits::insert(map, std::to_string(i + 1)) = std::move(traits::element(where, i));
    }
    where = std::move(map);
  }
  D* const found = document_child(where, key);
  return found != nullptr ? *found : traits::insert(where, key);
}

/// The value that a tagged map stands for.
inline result<message_value> json_untagged(std::string_view tag, message_value item) {
  if (tag == "$map" && item.is_map()) return item;
  if (tag == "$binary" && item.kind() == value_kind::binary) {
    WASM64_TRY(byte_vector bytes, from_base64url(item.as_text()));
    return message_value(shared_bytes(std::move(bytes)));
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (tag == "$float" && item.as_text() == "nan") return message_value(std::numeric_limits<double>::quiet_NaN());
  if (tag == "$float" && item.as_text() == "inf") return message_value(infinity);
  if (tag == "$float" && item.as_text() == "-inf") return message_value(-infinity);
  return fail(errc::malformed_message, std::string(tag));
}

/// The tag and the contents with which a text says `v`; the tag is empty for what needs none.
inline std::pair<std::string_view, message_value> json_tagged(const message_value& v) {
  if (v.kind() == value_kind::binary && !is_utf8(v.as_bytes())) return {"$binary", to_base64url(v.as_bytes())};
  if (v.kind() == value_kind::floating && v.as_float() != v.as_float()) return {"$float", "nan"};
  if (v.kind() == value_kind::floating && v.as_float() - v.as_float() != 0) {
    return {"$float", v.as_float() > 0 ? "inf" : "-inf"};
  }
  if (v.entries().size() == 1 && is_json_tag(v.entries()[0].name())) return {"$map", v};
  return {};
}

}  // namespace detail

/// The same contents in the library's own type; private keys and nulls in maps are left out. Fails with
/// nesting_too_deep, or malformed_message for a tag without its contents. The map behind a tag is an inner one: itself
/// not tagged, and no level of the message.
template <class D>
result<message_value> document_to_value(const D& document, json_form form = json_form::document, std::size_t depth = 0,
                                        bool is_inner = false) {
  using traits = document_traits<D>;
  const value_kind kind = traits::kind(document);
  if (detail::is_container(kind) && depth == max_value_depth) return fail(errc::nesting_too_deep);
  switch (kind) {
    case value_kind::boolean: return message_value(traits::as_bool(document));
    case value_kind::integer: return message_value(traits::as_integer(document));
    case value_kind::floating: return message_value(traits::as_float(document));
    case value_kind::binary: return message_value(traits::as_bytes(document));
    case value_kind::list: {
      vector<message_value> elements;
      for (std::size_t i = 0; i < traits::size(document); ++i) {
        WASM64_TRY(message_value converted, document_to_value(traits::element(document, i), form, depth + 1));
        elements.push_back(std::move(converted));
      }
      return message_value::list(std::move(elements));
    }
    case value_kind::map: break;
    default: return message_value();
  }
  const bool may_be_tagged = form == json_form::text && !is_inner && traits::size(document) == 1;
  vector<std::pair<std::string, message_value>> entries;
  std::string_view tag;
  result<void> done = success();
  traits::each(document, [&](std::string_view key, const D& item) {
    if (may_be_tagged && detail::is_json_tag(key)) tag = key;
    const bool is_map_tag = tag == "$map";
    auto converted = document_to_value(item, form, is_map_tag ? depth : depth + 1, is_map_tag);
    if (!converted.has_value()) done = fail(std::move(converted).assume_error());
    else entries.push_back({std::string(key), std::move(converted).assume_value()});
    return done.has_value();
  });
  WASM64_CHECK(done);
  if (!tag.empty()) return detail::json_untagged(tag, std::move(entries[0].second));
  return message_value::map(std::move(entries));
}

/// The same contents as a document; private parts, and objects of the host, are left out. Fails with nesting_too_deep,
/// and for a text with malformed_utf8 when a key is none.
template <class D>
result<D> document_from_value(const message_value& v, json_form form = json_form::document, bool is_inner = false) {
  using traits = document_traits<D>;
  if (v.depth() > max_value_depth) return fail(errc::nesting_too_deep);
  if (form == json_form::text && !is_inner) {
    if (const auto [tag, contents] = detail::json_tagged(v); !tag.empty()) {
      D map = traits::make_map();
      WASM64_TRY(traits::insert(map, tag), document_from_value<D>(contents, form, true));
      return map;
    }
  }
  switch (v.kind()) {
    case value_kind::null:
    case value_kind::unset:
    case value_kind::host: return D();
    case value_kind::boolean: return traits::make(v.as_bool());
    case value_kind::integer: return traits::make(v.as_integer());
    case value_kind::floating: return traits::make(v.as_float());
    case value_kind::binary: return traits::make(v.as_bytes());
    case value_kind::list: {
      D list = traits::make_list();
      for (const message_value& element : v.elements()) {
        WASM64_TRY(D converted, document_from_value<D>(element, form));
        traits::append(list, std::move(converted));
      }
      return list;
    }
    case value_kind::map: break;
  }
  D map = traits::make_map();
  for (const map_entry& entry : v.entries()) {
    if (entry.item.kind() == value_kind::host || entry.item.kind() == value_kind::unset) continue;
    if (form == json_form::text && !is_utf8(entry.key)) return fail(errc::malformed_utf8, "key");
    WASM64_TRY(D converted, document_from_value<D>(entry.item, form));
    traits::insert(map, entry.name()) = std::move(converted);
  }
  return map;
}

}  // namespace wasm64
